// What the quality measurement plants: for each entity and language, how a value is written and which sentences it stands in.
// Sentences never say more than a person would: the cue stands where it stands in letters, forms, logs and chats.
import type { Random } from './random.ts';
import { defangIp, disguiseEmail, joinOddly, joinPlainly } from './spellings.ts';
import * as values from './values.ts';
import { DOMAINS, ENGLISH_STREETS, FIRST, LAST, MONTHS_EN, MONTHS_FR, STREETS, TOWNS } from './words.ts';

export type Language = 'fr' | 'en';

export interface Planted {
  readonly type: string;
  /** Sentences with `{}` where the value stands. */
  readonly frames: Readonly<Record<Language, readonly string[]>>;
  readonly plain: (random: Random, language: Language) => string;
  readonly odd: (random: Random, language: Language) => string;
}

const plainAscii = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
const grouped = (digits: string, ...sizes: readonly number[]): string[] => {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return digits.slice(from - size, from);
  });
};

function number(type: string, groups: (random: Random) => string[], frames: Planted['frames']): Planted {
  return {
    type,
    frames,
    plain: (random) => joinPlainly(random, groups(random)),
    odd: (random) => joinOddly(random, groups(random)),
  };
}

function email(random: Random): string {
  const first = plainAscii(random.pick(FIRST));
  const last = plainAscii(random.pick(LAST));
  return random.pick([
    `${first}.${last}@${random.pick(DOMAINS)}`,
    `${first.charAt(0)}${last}${random.digits(2)}@${random.pick(DOMAINS)}`,
    `${first}-${last}+news@${random.pick(DOMAINS)}`,
    `jérôme.${last}@société-générale.example`,
    `${first}_${last}@xn--exmple-cva.fr`,
    `${first.toUpperCase()}.${last.toUpperCase()}@EXEMPLE.FR`,
  ]);
}

function frenchAddress(random: Random): string {
  const house = `${1 + random.below(180)}${random.pick(['', '', '', ' bis', ' ter', 'B'])}${random.pick(['', '', ','])}`;
  const [code, town] = random.pick(TOWNS);
  const complement = random.pick(['', '', '', ', bâtiment C', ', appt 12', ', 3e étage']);
  const joint = random.pick([', ', '\n', ' ', ', ', ' - ', ',\n']);
  return `${house} ${random.pick(STREETS)}${complement}${joint}${code} ${town}${random.chance(0.15) ? ` Cedex ${1 + random.below(19)}` : ''}`;
}

function englishAddress(random: Random): string {
  const street = `${1 + random.below(400)}${random.pick(['', '', 'B'])} ${random.pick(ENGLISH_STREETS)}`;
  return random.pick([
    `${street}, London NW${1 + random.below(9)} ${random.below(10)}XE`,
    `${street}, Springfield, IL ${random.digits(5)}`,
    `${street}, Leeds LS${1 + random.below(9)} ${random.below(10)}AB`,
    `${street}, Apt ${1 + random.below(30)}, Portland, OR ${random.digits(5)}`,
  ]);
}

function date(random: Random, language: Language): string {
  const day = 1 + random.below(28);
  const month = random.below(12);
  const year = 1925 + random.below(90);
  const two = (value: number): string => String(value).padStart(2, '0');
  const numeric = [
    `${two(day)}/${two(month + 1)}/${year}`,
    `${two(day)}-${two(month + 1)}-${year}`,
    `${two(day)}.${two(month + 1)}.${year}`,
    `${year}-${two(month + 1)}-${two(day)}`,
    `${two(day)}/${two(month + 1)}/${two(year % 100)}`,
  ];
  const spelled =
    language === 'fr'
      ? [`${day === 1 ? '1er' : day} ${MONTHS_FR[month]} ${year}`]
      : [`${day} ${MONTHS_EN[month]} ${year}`, `${MONTHS_EN[month]} ${day}, ${year}`];
  return random.pick([...numeric, ...spelled, ...spelled]);
}

const oddDate = (random: Random, language: Language): string => {
  const text = date(random, language);
  return random.pick([
    () => text.replaceAll(' ', '\u00a0'),
    () => text.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
    () => text.replace('é', 'e\u0301').replace(/(\d)(\d)/, '$1\u200b$2'),
  ])();
};

function name(random: Random): string {
  const [first, last] = [random.pick(FIRST), random.pick(LAST)];
  return random.pick([
    `${first} ${last}`,
    `${first} ${last}`,
    `${first} ${last.toUpperCase()}`,
    `${last.toUpperCase()} ${first}`,
    `${first.charAt(0)}. ${last}`,
    last,
  ]);
}

export const PLANTED: readonly Planted[] = [
  number('FR_NIR', values.nirParts, {
    fr: [
      'N° de sécurité sociale : {}',
      'NIR {} (régime général)',
      'Assuré sous le {} depuis 2019.',
      'Numéro SS : {}.',
      'Son numéro de sécu est le {} je crois',
      'immatriculation {}',
    ],
    en: ['French social security number: {}', 'NIR: {}', 'She gave {} as her NIR.'],
  }),
  number('FR_SIREN', (random) => grouped(values.sirenDigits(random), 3, 3, 3), {
    fr: [
      'SIREN {}',
      'immatriculée au RCS de Lyon sous le numéro {}.',
      'RCS Paris {}',
      'La société (SIREN : {}) est dissoute.',
      'n° SIREN : {}',
    ],
    en: ['The company (SIREN {}) is registered in France.', 'Registered under SIREN number {}.'],
  }),
  number('FR_SIRET', (random) => grouped(values.siretDigits(random), 3, 3, 3, 5), {
    fr: ['SIRET {}', 'N° SIRET : {} – APE 6201Z', "L'établissement {} a fermé.", 'siret={}'],
    en: ['SIRET number {}', 'Their SIRET is {}.'],
  }),
  number('FR_VAT', (random) => grouped(values.vat(random), 4, 3, 3, 3), {
    fr: ['TVA intracommunautaire : {}', 'N° TVA {}', 'facturé à {} en 2024'],
    en: ['VAT number {}', 'VAT ID: {}.'],
  }),
  number('FR_TAX', (random) => grouped(values.taxDigits(random), 2, 2, 3, 3, 3), {
    fr: ['Numéro fiscal : {}', 'n° fiscal de référence {}', 'SPI {}', 'Votre identifiant fiscal est {}.'],
    en: ['Tax number (SPI): {}', 'His French tax id is {}.'],
  }),
  number('FR_RPPS', (random) => grouped(values.rppsDigits(random), 2, 3, 3, 3), {
    fr: ['RPPS {}', 'N° RPPS : {}', 'Médecin traitant (RPPS {})'],
    en: ['RPPS number {}', 'RPPS: {}'],
  }),
  {
    type: 'PLATE',
    frames: {
      fr: ['Véhicule immatriculé {}', 'plaque {}', 'la voiture {} est mal garée', 'Immatriculation : {}'],
      en: ['license plate {}', 'The car with plate {} left.', 'Vehicle registration: {}'],
    },
    plain: (random) => values.plateParts(random).join(random.pick(['-', '-', ' '])),
    odd: (random) =>
      random.pick([
        (parts: string[]) => parts.join('\u2011'),
        (parts: string[]) => parts.join(''),
        (parts: string[]) => parts.join('\u00a0'),
        (parts: string[]) => parts.join('-').toLowerCase(),
        (parts: string[]) => parts.join('.'),
      ])(values.plateParts(random)),
  },
  number('CARD', values.cardGroups, {
    fr: ['CB {} exp. 09/27', 'payé avec la carte {}.', 'Numéro de carte : {}', 'ma carte bleue est la {} merci'],
    en: ['card {} expires 09/27', 'Please charge my Visa {}.', 'Card number: {}'],
  }),
  {
    type: 'IBAN',
    frames: {
      fr: ['IBAN {} merci', 'Virement sur le compte {}', 'Mes coordonnées bancaires : {}', 'iban : {}.'],
      en: ['IBAN {}', 'Transfer it to account {}.', 'My bank details are {}'],
    },
    plain: (random) => joinPlainly(random, values.ibanCharacters(random).match(/.{1,4}/g) ?? []),
    odd: (random) => {
      const groups = values.ibanCharacters(random).match(/.{1,4}/g) ?? [];
      return random.pick([
        () => groups.join('').toLowerCase(),
        () => groups.join(' ').toLowerCase(),
        () => groups.join('\u00a0'),
        () => groups.join('\u202f'),
        () => groups.join('-'),
        () => `${groups.join(' ').slice(0, 9)}\u200b${groups.join(' ').slice(9)}`,
      ])();
    },
  },
  {
    type: 'PHONE',
    frames: {
      fr: [
        'Tél. {} le soir',
        'Appelez-moi au {}.',
        'Mobile : {}',
        'mon 06 : {} !',
        '{} (bureau)',
        'Contact {} ou par courrier',
        'Fax : {}',
      ],
      en: ['Call me at {}.', 'Phone: {}', 'You can reach me on {} after six', 'mobile {}', '{} (office)'],
    },
    plain: (random) => {
      if (random.chance(0.35)) return values.foreignPhone(random);
      const pairs = values.phonePairs(random);
      const national = pairs.join('').slice(1);
      return random.pick([
        () => joinPlainly(random, pairs),
        () => joinPlainly(random, pairs),
        () => `+33 ${[national.slice(0, 1), ...pairs.slice(1)].join(' ')}`,
        () => `+33${national}`,
        () => `0033 ${[national.slice(0, 1), ...pairs.slice(1)].join(' ')}`,
        () => `+33 (0)${[national.slice(0, 1), ...pairs.slice(1)].join(' ')}`,
      ])();
    },
    odd: (random) => joinOddly(random, values.phonePairs(random)),
  },
  {
    type: 'EMAIL',
    frames: {
      fr: ['Écris à {} demain', 'Courriel : {}', 'mon adresse est {}, merci', 'Contact ({})', 'De : <{}>'],
      en: ['Write to {} tomorrow', 'E-mail: {}', 'My address is {}, thanks', 'contact={}'],
    },
    plain: email,
    odd: (random) => disguiseEmail(random, email(random)),
  },
  {
    type: 'IP',
    frames: {
      fr: ['depuis {} ce matin', 'adresse IP : {}', 'connexion refusée de {}', 'le serveur {} ne répond plus.'],
      en: ['from {} this morning', 'client IP {}', 'host {} is down.', '{} - - "GET / HTTP/1.1" 200'],
    },
    plain: (random) => (random.chance(0.4) ? values.ipv6(random) : values.ipv4(random)),
    odd: (random) => defangIp(random, values.ipv4(random)),
  },
  {
    type: 'URL',
    frames: {
      fr: ['Voir {} pour la suite.', 'mon profil : {}', 'lien ({})'],
      en: ['See {} for more.', 'my profile: {}', 'link ({})'],
    },
    plain: (random) =>
      random.pick([
        `https://example.org/u/${random.digits(6)}?tab=photos`,
        `http://intranet.example.com/dossiers/${random.digits(5)}/fiche.html`,
        `www.exemple.fr/profil-${random.digits(4)}`,
        `https://xn--exmple-cva.fr/a#${random.digits(3)}`,
      ]),
    odd: (random) =>
      random.pick([
        `HTTPS://Example.org/u/${random.digits(6)}`,
        `https://example.org/\u200bu/${random.digits(6)}`,
        `https://exémple.fr/été/${random.digits(4)}`,
      ]),
  },
  {
    type: 'SECRET',
    frames: {
      fr: ['voici la valeur {} svp', 'export CLE={}', 'clé API : {}'],
      en: ['here is {} for you', 'api_key = {}', 'Authorization: Bearer {}'],
    },
    plain: (random) => (random.chance(0.1) ? values.pem(random) : values.token(random)),
    odd: (random) => {
      const text = values.token(random);
      return `${text.slice(0, 12)}\u200b${text.slice(12)}`;
    },
  },
  {
    type: 'SECRET',
    frames: {
      fr: [
        'mot de passe : {}',
        'Mon mot de passe est {} depuis hier',
        'mdp: {}',
        'identifiant admin, mot de passe « {} »',
      ],
      en: ['password: {}', 'My password is {} since yesterday', 'PASSWORD={}', '"password": "{}"'],
    },
    plain: values.password,
    odd: (random) => `\u200b${values.password(random)}`.slice(1),
  },
  {
    type: 'DATE_OF_BIRTH',
    frames: {
      fr: [
        'né le {} à Lyon',
        'née le {}',
        'Date de naissance : {}',
        'DDN : {}',
        'né(e) le : {}',
        'né à Saint-Malo le {}',
        'Patiente née le {}, suivie depuis',
        '"date_naissance": "{}"',
      ],
      en: ['born on {}', 'DOB: {}', 'Date of birth: {}', 'She was born {} in Leeds', '"dateOfBirth": "{}"'],
    },
    plain: date,
    odd: oddDate,
  },
  {
    type: 'ADDRESS',
    frames: {
      fr: ['Livrer au {} svp', 'Adresse : {}', 'domicilié {}.', 'Elle habite {} depuis 2010'],
      en: ['Send it to {} please', 'Address: {}', 'She lives at {}.'],
    },
    plain: (random, language) => (language === 'fr' ? frenchAddress(random) : englishAddress(random)),
    odd: (random, language) => {
      const text = language === 'fr' ? frenchAddress(random) : englishAddress(random);
      return random.pick([
        text.replaceAll(' ', '\u00a0'),
        text.normalize('NFD'),
        text.replace(/(\d)(\d)/, '$1\u200b$2'),
        text.replace(', ', ',\n'),
      ]);
    },
  },
];

/** Names after a cue. Published without a bar: full coverage of names needs more than cues. */
export const CUED_NAMES: Planted = {
  type: 'PERSON',
  frames: {
    fr: [
      'Je m’appelle {} et je vis ici.',
      'Mme {} est venue hier.',
      'M. {} a signé le contrat.',
      'Patient : {}, 54 ans',
      'Nom : {}',
      'Le Dr {} confirme.',
      'Signé : {}',
      'Cordialement,\n{}\n',
      'Bonjour {},',
      'Chère {},',
      'Me {} plaidera.',
      'Personne de confiance : {}\n',
      'Personne à prévenir : {} (voisin)',
      'Adressé par : {}\n',
      'Médecin traitant : {}\n',
      'Rédacteur : {}\n',
    ],
    en: [
      'My name is {} and I live here.',
      'Mrs {} came yesterday.',
      'Mr. {} signed the contract.',
      'Patient: {}, aged 54',
      'Full name: {}',
      'Dr. {} confirms.',
      'Best regards,\n{}\n',
      'Dear {},',
      'Emergency contact: {}\n',
      'Next of kin: {} (neighbour)',
    ],
  },
  plain: name,
  odd: (random) => {
    const text = name(random);
    return random.pick([
      text.normalize('NFD'),
      text.toUpperCase(),
      text.replaceAll(' ', '\u00a0'),
      `${text.slice(0, 2)}\u200b${text.slice(2)}`,
    ]);
  },
};
