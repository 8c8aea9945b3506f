// What a report says, before it is put into sentences: diagnoses, reasons, findings, treatments, discharges. Each is a
// short French phrase (a discharge may hold slots). Imports words and random numbers.
import type { Random } from './random.ts';
import { pickWord, pseudoPhrase, pseudoWord, WORDS } from './words.ts';

/** How far the words of a sample lie from training: the share of held-out words and of invented ones, 0 to 1. */
export type WordSettings = { heldOutWords: number; pseudoWords: number };
export type Treatment = { drug: string; dose: string | null; frequency: string | null };

export function term(random: Random, kind: 'diagnoses' | 'reasons' | 'signs', settings: WordSettings): string {
  return random.chance(settings.pseudoWords) ? pseudoPhrase(random) : pickWord(random, kind, settings.heldOutWords);
}

const fill = (random: Random, text: string): string => text.replace('{n}', String(random.between(1, 9)));

export function diagnosis(random: Random, settings: WordSettings): string {
  const base = term(random, 'diagnoses', settings);
  const shape = random.next();
  if (shape < 0.72) return base;
  if (shape < 0.88) return `${base} ${pickWord(random, 'qualifiers', settings.heldOutWords)}`;
  const year = random.between(1975, 2025);
  return random.pick([
    `${base} en ${year}`,
    `${base} (${year})`,
    `${base} ${year}`,
    `${base} depuis ${year}`,
    `${base} (${pseudoWord(random)})`,
  ]);
}

export function reason(random: Random, settings: WordSettings): string {
  let text = term(random, 'reasons', settings);
  if (random.chance(0.36)) text += ` ${fill(random, pickWord(random, 'reason-qualifiers', settings.heldOutWords))}`;
  if (random.chance(0.1))
    text += random.pick([' et ', ' avec ', ' associé à ', ' sur ']) + term(random, 'reasons', settings);
  return text;
}

const VITALS = [
  'TA {a}/{b} mmHg',
  'TA à {a}/{b}',
  'TA {a}/{b}',
  'PA {a}/{b} mmHg',
  'PA {a}/{b}',
  'tension artérielle à {a}/{b} mmHg',
  'tension à {c}/{d}',
  'TA {c}/{d}',
  'FC {f} bpm',
  'FC à {f}/min',
  'FC {f}',
  'fréquence cardiaque à {f} bpm',
  'pouls à {f}',
  'SpO2 {s} %',
  'SpO2 à {s}%',
  'sat {s}%',
  'Sat {s} % AA',
  'saturation à {s} % en air ambiant',
  'SaO2 {s} % AA',
  'SpO2 {s} % sous {e} L',
  'T° {t}',
  'T {t}',
  'température à {t} °C',
  'T {t}°C',
  'T° à {t}°',
  'fièvre à {t}',
  'apyrétique à {t}',
  'FR {r}/min',
  'FR {r}',
  'fréquence respiratoire à {r}/min',
  'EVA à {e}/10',
  'EVA {e}/10',
  'EVA {e}',
  'EN {e}/10',
  'poids {k} kg',
  'poids à {k} kg',
  'FEVG à {p} %',
  'FEVG {p}%',
  'glycémie capillaire à {g} g/L',
  'dextro {g} g/L',
  'dextro à {g}',
  'HGT {g}',
  'diurèse {u} mL',
  'Glasgow {w}',
  'GCS {w}',
  'score de Glasgow à {w}',
  'IMC {i}',
  'IMC à {i} kg/m2',
  'taille {h} cm',
  'NIHSS {e}',
  'NIHSS à {e}',
  'MMS {m}/30',
  'MMSE à {m}/30',
] as const;
// The phrases of one vital in ten stay out of training, like those of the sentences.
const vitalShapes = (heldOut: boolean): readonly string[] =>
  VITALS.filter((_, index) => (index % 10 === 7) === heldOut);

export function vital(random: Random, heldOutPhrases: number): string {
  const one = (low: number, high: number): string =>
    `${random.between(low, high)}${random.pick([',', ',', '.'])}${random.between(0, 9)}`;
  const values: Record<string, () => string> = {
    a: () => String(random.between(80, 210)),
    b: () => String(random.between(40, 115)),
    c: () => String(random.between(8, 21)),
    d: () => String(random.between(4, 11)),
    f: () => String(random.between(38, 165)),
    s: () => String(random.between(72, 100)),
    t: () => (random.chance(0.25) ? String(random.between(36, 40)) : one(35, 40)),
    r: () => String(random.between(10, 44)),
    e: () => String(random.between(1, 10)),
    k: () => String(random.between(40, 130)),
    p: () => String(random.between(15, 70)),
    g: () => `${random.between(0, 4)},${random.between(10, 99)}`,
    u: () => String(random.between(1, 40) * 50),
    w: () => String(random.between(3, 15)),
    i: () => String(random.between(16, 48)),
    h: () => String(random.between(148, 196)),
    m: () => String(random.between(8, 30)),
  };
  const shape = random.pick(vitalShapes(random.chance(heldOutPhrases)));
  return shape.replace(/\{(\w)\}/g, (_, key: string) => values[key]?.() ?? '');
}

function amount(random: Random): string {
  const shape = random.next();
  if (shape < 0.45) return String(random.between(1, 320));
  if (shape < 0.75) return `${random.between(0, 19)},${random.between(1, 99)}`;
  return shape < 0.85
    ? `${random.between(1, 30)} ${random.between(100, 999)}`
    : `${random.between(0, 9)}.${random.between(1, 9)}`;
}

function laboratory(random: Random, settings: WordSettings): string {
  const name = random.chance(settings.pseudoWords * 0.6)
    ? pseudoWord(random)
    : pickWord(random, 'labs', settings.heldOutWords);
  const link = random.pick([
    ' à ',
    ' à ',
    ' à ',
    ' ',
    ' ',
    ' = ',
    ' : ',
    ' était à ',
    ' est à ',
    ' mesurée à ',
    ' dosé à ',
    ' élevée à ',
    ' de ',
  ]);
  const unit = random.pick(WORDS.units.trained);
  return (
    name + link + amount(random) + (random.chance(0.22) ? '' : unit === '%' || random.chance(0.85) ? ` ${unit}` : unit)
  );
}

export function finding(random: Random, settings: WordSettings, heldOutPhrases: number): string {
  const shape = random.next();
  if (shape < 0.54) {
    const sign = term(random, 'signs', settings);
    return random.chance(0.12) ? `${sign} ${pickWord(random, 'qualifiers', settings.heldOutWords)}` : sign;
  }
  return shape < 0.78 ? vital(random, heldOutPhrases) : laboratory(random, settings);
}

const DOSES: readonly [RegExp, readonly string[]][] = [
  [/^(paracétamol|Doliprane|Dafalgan|Efferalgan)/, ['1 g', '500 mg', '1000 mg', '1g', '1 000 mg']],
  [/(pril|Coversyl|Triatec|bisoprolol|amlodipine|nébivolol|Amlor)$/, ['1,25 mg', '2,5 mg', '5 mg', '10 mg', '5mg']],
  [/^(furosémide|Lasilix)/, ['20 mg', '40 mg', '60 mg', '80 mg', '500 mg', '125 mg']],
  [/(statine|Tahor|Crestor|Zocor|prazole|Inexium|Mopral|Pariet|Nexium)$/, ['10 mg', '20 mg', '40 mg', '80 mg']],
  [/^(metformine|Glucophage)/, ['500 mg', '850 mg', '1000 mg', '1 g', '1g']],
  [/^(aspirine|Kardégic|clopidogrel|Plavix)/, ['75 mg', '100 mg', '160 mg', '75mg']],
  [/(xaban|Eliquis|Xarelto|gatran|Pradaxa)$/, ['2,5 mg', '5 mg', '15 mg', '20 mg', '110 mg', '150 mg']],
  [
    /^(énoxaparine|Lovenox|tinzaparine|fondaparinux)/,
    ['4000 UI', '6000 UI', '0,4 mL', '0,6 mL', '40 mg', '2,5 mg', '0,4'],
  ],
  [/^(lévothyroxine|Levothyrox)/, ['75 µg', '50 µg', '100 µg', '25 µg', '75 microgrammes', '75']],
  [/(cilline|Augmentin|Clamoxyl|^cef|^Rocé)/, ['1 g', '500 mg', '2 g', '1g', '3 g', '4 g']],
  [
    /^(salbutamol|Ventoline|Symbicort|Seretide|formotérol|Bricanyl|Atrovent|Spiriva)/,
    ['100 µg', '2 bouffées', '1 bouffée', 'deux bouffées', '5 mg', '200 µg'],
  ],
  [/(prednis|Solupred|Cortancyl)/, ['5 mg', '20 mg', '40 mg', '60 mg', '1 mg/kg']],
  [/^(insuline|Lantus|Novorapid)/, ['10 UI', '12 UI', '20 UI', '16 unités', '8 U', '14']],
  [/(sartan|Aprovel|Cozaar)$/, ['150 mg', '300 mg', '80 mg', '160 mg', '8 mg', '16 mg']],
];
const UNITS_OF_DOSE = 'mg mg mg mg g µg UI mL gouttes comprimé gélule cp bouffées mg/kg sachet ampoule mg/j'.split(' ');
const WORDY_DOSES = [
  'un comprimé',
  'deux comprimés',
  '1 cp',
  '1/2 cp',
  'une ampoule',
  '1 amp',
  '2 gél',
  '1 inj',
  '2 pulvérisations',
  '10 gttes',
  '1 comprimé',
  '2 comprimés',
  '1 gélule',
  '20 gouttes',
  '1 ampoule',
  '1 sachet',
  '2 x 500 mg',
  '1.000 mg',
  '0,5g',
  'une dose',
];

function dose(random: Random, drug: string): string {
  const usual = DOSES.find(([pattern]) => pattern.test(drug))?.[1];
  if (usual !== undefined && random.chance(0.8)) return random.pick(usual);
  if (random.chance(0.14)) return random.pick(WORDY_DOSES);
  const number = random.pick([
    '1',
    '2',
    '5',
    '10',
    '20',
    '25',
    '50',
    '75',
    '100',
    '150',
    '200',
    '250',
    '300',
    '400',
    '500',
    '0,5',
    '2,5',
    '7,5',
    '1,5',
    '37,5',
  ]);
  return number + (random.chance(0.2) ? '' : ' ') + random.pick(UNITS_OF_DOSE);
}

export function treatment(random: Random, settings: WordSettings): Treatment {
  const invented = random.chance(settings.pseudoWords * 0.8);
  const drug = invented ? pseudoWord(random) : pickWord(random, 'drugs', settings.heldOutWords);
  return {
    drug: random.chance(0.12)
      ? drug.charAt(0).toUpperCase() + drug.slice(1)
      : random.chance(0.06)
        ? drug.toUpperCase()
        : drug,
    dose: random.chance(0.84) ? dose(random, drug) : null,
    frequency: random.chance(0.72) ? pickWord(random, 'frequencies', settings.heldOutWords) : null,
  };
}

/** A discharge, possibly with slots (`{D}`, `{X}`, ...) still to be rendered. */
export function discharge(random: Random, settings: WordSettings): string {
  let text: string;
  if (random.chance(0.42)) {
    const place = random.chance(settings.pseudoWords * 0.5)
      ? pseudoWord(random)
      : pickWord(random, 'services', settings.heldOutWords);
    text = `${pickWord(random, 'discharge-moves', settings.heldOutWords)} ${place}`;
  } else text = pickWord(random, 'destinations', settings.heldOutWords);
  if (random.chance(0.38)) {
    const more = pickWord(random, 'follow-ups', settings.heldOutWords);
    text += /^[,;]/.test(more) ? more : ` ${more}`;
  }
  return text;
}
