// One table: what each recogniser finds, and what looks like it and is left alone. «…» marks what must be found in a text.
// Values are made at run time where they have check digits; the oracle for those is stdnum, not our own code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stdnum } from 'stdnum';
import type { EntityType } from '../entities.ts';
import { inspect } from '../inspect.ts';
import { RECOGNISERS } from './index.ts';

interface Row {
  readonly recogniser: string;
  readonly type: EntityType;
  readonly finds: readonly string[];
  readonly leaves: readonly string[];
}

const oracle = stdnum['FR'] ?? {};

/** Appends the check digits that the oracle accepts. */
function complete(name: string, body: string, width: number, make = (check: string) => body + check): string {
  for (let check = 0; check < 10 ** width; check += 1) {
    const candidate = make(String(check).padStart(width, '0'));
    if (oracle[name]?.validate(candidate).isValid === true) return candidate;
  }
  throw new Error(`no check digits for ${name}`);
}

const spaced = (digits: string, ...sizes: readonly number[]): string => {
  let at = 0;
  return sizes
    .map((size) => {
      at += size;
      return digits.slice(at - size, at);
    })
    .join(' ');
};

const nir = complete('nir', '1850578006084', 2);
const corsican = complete('nir', '185052A006084', 2);
const siren = complete('siren', '73282932', 1);
const siret = complete('siret', `${siren}0007`, 1);
const vat = complete('tva', siren, 2, (key) => `FR${key}${siren}`);
const tax = complete('nif', '0123456789', 3);
const laPoste = '35600000049837'; // public: La Poste's head office
const rpps = luhn('1000123456');
const card = luhn('453914880343646');

function luhn(body: string): string {
  return (
    body +
    String(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find(
        (check) => stdnum['FR']?.['siren'] !== undefined && luhnSum(body + String(check)) % 10 === 0,
      ),
    )
  );
}

function luhnSum(digits: string): number {
  return Array.from(digits)
    .reverse()
    .map((digit, index) => Number(digit) * (index % 2 === 0 ? 1 : 2))
    .reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0);
}

const TABLE: readonly Row[] = [
  {
    recogniser: 'fr-nir',
    type: 'FR_NIR',
    finds: [
      `NIR «${spaced(nir, 1, 2, 2, 2, 3, 3, 2)}»`,
      `N° SS «${nir}»`,
      `sans autre mot «${spaced(nir, 1, 2, 2, 2, 3, 3, 2)}» ici`,
      `«${spaced(corsican, 1, 2, 2, 2, 3, 3, 2)}»`,
      `Corse «${corsican}»`,
      `sécu : «${spaced(nir, 1, 2, 2, 2, 3, 3, 2).replaceAll(' ', '.')}»`,
      `«${nir.slice(0, 13)} / ${nir.slice(13)}»`,
      `sécu «${nir.slice(0, 13)} clé ${nir.slice(13)}»`,
      `sans clé, NIR «${spaced(nir, 1, 2, 2, 2, 3, 3)}»`,
      `mal tapé : sécurité sociale «${spaced(nir.slice(0, 13) + String((Number(nir.slice(13)) % 97) + 1).padStart(2, '0'), 1, 2, 2, 2, 3, 3, 2)}»`,
    ],
    leaves: ['commande 185057800608400 du jour', 'le 1 85 05 78', 'IMEI 490154203237518'],
  },
  {
    recogniser: 'fr-siren',
    type: 'FR_SIREN',
    finds: [
      `SIREN «${siren}»`,
      `RCS Lyon «${spaced(siren, 3, 3, 3)}»`,
      `la société «${siren}» est dissoute`,
      `SIREN : «${siren.slice(0, 8)}${(Number(siren.slice(8)) + 1) % 10}»`,
    ],
    leaves: [
      '123 456 789 habitants',
      'total 732 829 320 €',
      `pid ${siren} exited`,
      `un budget de 2 ${spaced(siren, 3, 3, 3)} euros`,
    ],
  },
  {
    recogniser: 'fr-siret',
    type: 'FR_SIRET',
    finds: [
      `SIRET «${siret}»`,
      `«${spaced(siret, 3, 3, 3, 5)}»`,
      `La Poste : «${spaced(laPoste, 3, 3, 3, 5)}»`,
      `siret «${siret.slice(0, 13)}${(Number(siret.slice(13)) + 1) % 10}»`,
    ],
    leaves: ['backup-20240512093011.tar', 'le 20240512093011 à Paris', '12345678901234'],
  },
  {
    recogniser: 'fr-vat',
    type: 'FR_VAT',
    finds: [`TVA «${vat}»`, `«${spaced(vat, 4, 3, 3, 3)}»`, `tva «${vat.toLowerCase()}»`],
    leaves: ['FR-75 Paris', 'modèle FR12', 'en FR 2024'],
  },
  {
    recogniser: 'fr-tax',
    type: 'FR_TAX',
    finds: [`numéro fiscal «${tax}»`, `«${spaced(tax, 2, 2, 3, 3, 3)}»`, 'SPI «0123456789012»'],
    leaves: ['"time":1716400000000', '1234567890123 octets'],
  },
  {
    recogniser: 'fr-rpps',
    type: 'FR_RPPS',
    finds: [`RPPS «${rpps}»`, `RPPS : «${spaced(rpps, 2, 3, 3, 3)}»`, `le médecin («${rpps}»)`],
    leaves: [`identifiant ${rpps.slice(0, 10)}`, '10001234567 lignes'],
  },
  {
    recogniser: 'fr-plate',
    type: 'PLATE',
    finds: ['garé : «AB-123-CD»', 'véhicule «AB 123 CD»', 'plaque «ab123cd»', 'voiture immatriculée «1234 AB 75»'],
    leaves: ['RX 570 GB', 'le SS-123-AA', 'AB-1234-CD', 'id AB123CD', 'ISO-123-AB-9'],
  },
  {
    recogniser: 'phone',
    type: 'PHONE',
    finds: [
      '«06 12 34 56 78»',
      '«06\u202f12\u202f34\u202f56\u202f78»',
      '«0612345678»',
      '«06.12.34.56.78»',
      '«06-12-34-56-78»',
      '«06/12/34/56/78»',
      '«0 6 1 2 3 4 5 6 7 8»',
      '«+33 6 12 34 56 78»',
      '«+33 (0)6 12 34 56 78»',
      '«+33612345678»',
      '«0033 6 12 34 56 78»',
      '«００３３ ６１２３４５６７８»',
      '«+32 470 12 34 56»',
      '«+41 79 123 45 67»',
      '«+1 415 555 0123»',
      '«+44 20 7946 0958»',
      '«+221 77 123 45 67»',
      '«+86 138 1234 5678»',
      'call «(415) 555-0123»',
      'Tel: «020 7946 0958»',
      '«0 800 123 456»',
      'et «01 23 45 67 89».',
      '«06 123 456 78»',
      '«061 234 5678»',
      '«(06) 12 34 56 78»',
      'Tél:«+33612345678»',
      'Durand,«+33612345678»,Lyon',
      '[appeler](tel:«+33612345678»)',
    ],
    leaves: [
      '3.0612345678',
      'facture n° 2024-0612345678',
      'dump 01 02 03 04 05 06 07 08',
      'x = a + 946684800000',
      '2024-05-12T10:00:00+0200',
      'référence 0612345678',
      'id_0612345678',
      '0012345678',
      '+0200',
      '10:00:+33612345678',
      '06 12345678',
    ],
  },
  {
    recogniser: 'email',
    type: 'EMAIL',
    finds: [
      'à «zoe.roux@exemple.fr».',
      '«jérôme@société-générale.example»',
      '«zoe (at) exemple (dot) fr»',
      '«zoe[at]exemple[.]fr»',
      '«zoe [arobase] exemple [point] fr»',
      '?m=«zoe%40exemple.fr»&x',
      '«zoe@\nexemple.fr»',
      '<«zoe+tag@mail.exemple.fr»>',
      '«zoe@xn--exmple-cva.fr»',
      '«zoe at exemple dot fr»',
      '«zoe arobase exemple.fr»',
      '«zoe.roux at exemple.fr»',
    ],
    leaves: [
      'logo@2x.png',
      'npm i @types/node@24.19.2',
      'git@github.com:a/b.git',
      'it was at this point in time',
      'look at exemple.fr',
      'arobase exemple.fr',
      'a @ b',
      '@param name',
    ],
  },
  {
    recogniser: 'iban',
    type: 'IBAN',
    finds: [
      '«FR76 3000 6000 0112 3456 7890 189»',
      '«fr7630006000011234567890189»',
      '«FR76-3000-6000-0112-3456-7890-189»',
      '«GB29 NWBK 6016 1331 9268 19»',
      '«DE89 3704 0044 0532 0130 00»',
      'IBAN«FR7630006000011234567890189»',
      'IBAN «FR77 3000 6000 0112 3456 7890 189»',
    ],
    leaves: ['FR77 3000 6000 0112 3456 7890 189', 'de 12 à 14', 'commit be12abcd'],
  },
  {
    recogniser: 'card',
    type: 'CARD',
    finds: [
      `«${spaced(card, 4, 4, 4, 4)}»`,
      `CB «${card}»`,
      `«${spaced(card, 4, 4, 4, 4).replaceAll(' ', '.')}»`,
      `carte «${spaced(card.slice(0, 15) + String((Number(card.slice(15)) + 1) % 10), 4, 4, 4, 4)}»`,
    ],
    leaves: ['"responseTime":4.719986734967973', 'commande 4512-3378-9021', '0000 0000 0000 0000', `0.${card}`],
  },
  {
    recogniser: 'ip',
    type: 'IP',
    finds: [
      '«203.0.113.42»',
      '«203[.]0[.]113[.]42»',
      '«2001:db8:85a3::8a2e:370:7334»',
      '«fe80::1ff:fe23:4567:890a»',
      'http «10.0.0.1»:80',
      '«::ffff:203.0.113.9»',
    ],
    leaves: [
      'version 10.4.2.1',
      '127.0.0.1',
      '12:30:45',
      'std::abc::def',
      '§ 3.2.1.4',
      '300.1.2.3',
      '1.3.6.1.4.1.311',
      'Chrome/120.0.6099.71',
    ],
  },
  {
    recogniser: 'url',
    type: 'URL',
    finds: ['(«https://exemple.fr/a?b=c»).', '«www.exemple.fr/profil»', '«HTTP://Exemple.fr/été»'],
    leaves: ['http://', 'www', 'le protocole http: est vieux'],
  },
  {
    recogniser: 'secret-token',
    type: 'SECRET',
    finds: [
      `«sk-${'a1B2'.repeat(10)}»`,
      `«ghp_${'a1B2'.repeat(9)}»`,
      `«AKIA${'A1B2'.repeat(4)}»`,
      `«eyJhbGciOiJIUzI1NiJ9.eyJ${'a1'.repeat(9)}.${'b2'.repeat(9)}»`,
      `«im_${'a1B2'.repeat(2)}_${'a1B2'.repeat(8)}»`,
    ],
    leaves: ['sk-learn-contrib-something-else', 'npm_config_registry', 'hf_hub_download', 'task-1'],
  },
  {
    recogniser: 'secret-pem',
    type: 'SECRET',
    finds: [
      `«-----BEGIN PRIVATE KEY-----\n${'Ab1+'.repeat(16)}\n-----END PRIVATE KEY-----»`,
      `«-----BEGIN RSA PRIVATE KEY-----\n${'Ab1+'.repeat(16)}»`,
    ],
    leaves: ['-----BEGIN CERTIFICATE-----', 'BEGIN; SELECT 1; END'],
  },
  {
    recogniser: 'secret-cue',
    type: 'SECRET',
    finds: [
      'password: «Xy7!kk9Q»',
      'Mot de passe : «soleil42!»',
      'mdp=«Tr0ub4dor»',
      '{"password": "«Xy7kk9Q»"}',
      'API_KEY=«a1b2c3d4e5f6a7b8c9d0»',
      'AWS_SECRET_ACCESS_KEY=«aB1/cD2eF3gH4/iJ5kL6mN7oP8qR9sT0uV1wX2yZ»',
      'Authorization: Bearer «a1b2c3d4e5f6a7b8c9d0»',
    ],
    leaves: [
      'password: string;',
      'const token = await fetchToken(options.token1);',
      'password: process.env.PASSWORD1',
      'key: ${API_KEY_1}',
      'mot de passe : obligatoire',
      'password=****',
      'token: <your-token-1>',
      'the key is under the mat',
    ],
  },
  {
    recogniser: 'secret-url',
    type: 'SECRET',
    finds: [
      'DATABASE_URL=«postgres://app:Sup3rS3cret@db.exemple.fr:5432/prod»',
      'git clone «https://zoe:Xy7kk9Q@git.exemple.fr/a.git»',
    ],
    leaves: ['https://exemple.fr/a:b@c', 'postgres://db.exemple.fr/prod', 'redis://localhost:6379'],
  },
  {
    recogniser: 'date-of-birth',
    type: 'DATE_OF_BIRTH',
    finds: [
      'né le «12/03/1958»',
      'née le «1er mars 1958»',
      'né(e) le «12-03-1958»',
      'DDN : «12.03.58»',
      'Date de naissance : «1958-03-12»',
      'née à Lyon (69) le «12 mars 1958»',
      'né DUPONT le «12/03/1958»',
      'born on «March 12, 1958»',
      'DOB «12 Mar 1958»',
      '"dateOfBirth":"«1958-03-12»"',
      'birth_date: «1958-03-12»',
      'né en Bretagne le «3 août 1990»',
    ],
    leaves: [
      'le 12/03/2024',
      'né en France, il arrive le 12 mars 2020',
      'née le 45/45/1990',
      'il ne le 12',
      'born to run 12/03',
    ],
  },
  {
    recogniser: 'address-fr',
    type: 'ADDRESS',
    finds: [
      'au «12 bis rue de la République, 69003 Lyon» svp',
      '«12, avenue Jean-Jaurès\n75011 Paris»',
      '«3 rue du 8 mai 1945» demain',
      '«4 impasse des lilas»',
      '«place de la Mairie, 35000 Rennes»',
      '«1 quai de la Loire, bâtiment C, 17000 La Rochelle Cedex 2»',
      '«15 rue de l’Église, 42000 Saint-Étienne»',
      '«12 RUE DES LILAS 31000 TOULOUSE»',
      '«3 allée des Peupliers, Bât. A2, 31400 Toulouse»',
      '«12 ZA des Alouettes, 35000 RENNES»',
    ],
    leaves: ['3 cours de piano', '2 places de parking', 'la route est longue', 'rue barrée', 'chemin faisant'],
  },
  {
    recogniser: 'address-en',
    type: 'ADDRESS',
    finds: [
      'at «221B Baker Street, London NW1 6XE» please',
      '«10 Downing Street»',
      '«742 Evergreen Terrace, Springfield, IL 62704»',
      '«12 Elm Drive, Apt 4, Portland, OR 97201»',
    ],
    leaves: ['3 people on the street', 'on the way', '50 cm. Le Dr', 'in 5 steps. Place it'],
  },
  {
    recogniser: 'name-cue',
    type: 'PERSON',
    finds: [
      'Je m’appelle «Élodie Marchand» et',
      'je m’appelle «élodie marchand» et',
      'MME «MARCHAND ÉLODIE», DOSSIER',
      'M. «de La Rochette»',
      'Madame «Le Goff»',
      'Dr «E\u0301lodie Marchand»',
      'Patient : «Youssef Benabdallah», 54 ans',
      'Nom : «Nguyễn Thị Hồng Nhung»',
      'Cordialement,\n«Zoé Roux»\n',
      'Chère «Zoé»,',
      'My name is «John McKenzie» and',
      'Dear «Anne-Marie»,',
      'Mr. «O’Hara»',
      '"lastName": "«Roux»"',
      'Signé : «J.-P. Roux»',
      'née «Roux»',
      'Me «Kowalczyk» plaide',
      'Mrs «Thornbury»’s house',
      'Patient : M. «Gérard LEMOINE», né',
      'Je suis «Karim Haddad», client',
      'Regards, «John Doe»',
      'née «Le Gall» le 1er',
      'il s’appelle «Jean-Pierre».',
      'Personne de confiance : «Solange Vasseur»',
      'Personne à prévenir en cas d’urgence : sa fille, «Solange Vasseur» (Lyon)',
      'Nom de naissance : «VASSEUR»',
      'Nom d’usage : «Vasseur»',
      'Médecin traitant : «Solange Vasseur»',
      'Médecin traitant : Dr «Vasseur»',
      'Adressée par : «Solange Vasseur»',
      'Rédacteur : «S. Vasseur»',
      'Rédigé par : «Solange VASSEUR»',
      'Emergency contact: «Solange Vasseur»',
      'Next of kin: husband, «Paul Vasseur»',
      'M. et Mme «Vasseur»',
      'Mr and Mrs «Thornbury»',
      'Patient : M. «Vasseur»',
      'Patient : M «Vasseur»',
      'Patient : Mme «VASSEUR Solange»',
    ],
    leaves: [
      'Monsieur le Directeur',
      'Madame la Présidente',
      'Dear Sir or Madam,',
      'Hello World!',
      'Bonjour à tous,',
      'Nom : le nom du fichier',
      'née le 3',
      'const client: ReturnType',
      'Le Petit Prince',
      'Notre-Dame des Champs',
      'DR Congo',
      'Cher client,',
      'hello there',
      'Personne de confiance : aucune',
      'Personne à prévenir : Mère',
      'Médecin traitant : Non déclaré',
      'Rédacteur : Service des archives',
      'Adressé par : SAS',
      'Emergency contact: none',
      'Messieurs les Directeurs, Mesdames et Messieurs,',
    ],
  },
  {
    recogniser: 'surrogate-like',
    type: 'SURROGATE',
    finds: [
      '«<PERSON_1kt>»',
      '«< email_12 bc >»',
      '«\\<FR\\_NIR\\_1kt\\>»',
      '«&lt;PERSON_2kt:F&gt;»',
      '«\\u003cPERSON_1kt\\u003e»',
    ],
    leaves: ['<PERSON>', '<div class="a_1kt">', '<PERSON_kt>', 'a < b_1kt > c'],
  },
];

for (const { recogniser, type, finds, leaves } of TABLE) {
  for (const marked of finds) {
    test(`${recogniser} finds ${JSON.stringify(marked)}`, () => {
      const start = marked.indexOf('«');
      const end = marked.lastIndexOf('»') - 1;
      const text = marked.slice(0, start) + marked.slice(start + 1, end + 1) + marked.slice(end + 2);
      const spans = (inspect([{ path: 'text', text }]).fields[0]?.spans ?? []).filter((span) => span.type === type);
      assert.deepEqual(
        spans.map((span) => text.slice(span.start, span.end)),
        [text.slice(start, end)],
      );
    });
  }
  for (const text of leaves) {
    test(`${recogniser} leaves ${JSON.stringify(text)}`, () => {
      const spans = (inspect([{ path: 'text', text }]).fields[0]?.spans ?? []).filter(
        (span) => span.recogniser === recogniser,
      );
      assert.deepEqual(
        spans.map((span) => text.slice(span.start, span.end)),
        [],
      );
    });
  }
}

test('every recogniser has its rows, a trigger, and lines for the reference page', () => {
  assert.deepEqual(
    [...new Set(RECOGNISERS.map(({ name }) => name))].sort(),
    TABLE.map(({ recogniser }) => recogniser).sort(),
  );
  for (const { finds, checks, triggers, maxLength, name } of RECOGNISERS) {
    assert.ok(finds !== '' && checks !== '' && maxLength > 0, name);
    assert.ok(Object.values(triggers).length > 0, name);
  }
});
