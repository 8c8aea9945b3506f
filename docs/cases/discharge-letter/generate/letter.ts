// One discharge letter of one hospital, with its answer, as a pure function of (seed, index, settings). The hospital has
// a layout of its own that no report of the base model's training had: coded lines, sexes as numbers, items joined by
// `++`, doses and frequencies behind `@`, and coded lines whose content does not belong into the answer. Words, values
// and answers are those of the clinical-extraction case. Imports its generator.
import { isWithinBounds } from '../../clinical-extraction/generate/answer.ts';
import { assemble, type Draft, sharedValue, write, writeValue } from '../../clinical-extraction/generate/draft.ts';
import {
  diagnosis,
  discharge,
  finding,
  reason,
  term,
  treatment,
  type WordSettings,
} from '../../clinical-extraction/generate/facts.ts';
import type { Layout } from '../../clinical-extraction/generate/layout.ts';
import { createRandom, type Random } from '../../clinical-extraction/generate/random.ts';
import { renderPhrase } from '../../clinical-extraction/generate/render.ts';
import type { Report } from '../../clinical-extraction/generate/report.ts';
import { createNonce } from '../../clinical-extraction/generate/values.ts';

const BETWEEN = ' ++ ';
const LONGEST_CHARACTERS = 1100;

/** Only slots of a discharge are rendered by it: they need no marks. */
const LAYOUT: Layout = { afterLabel: ' ', decorate: (label) => label, lineEnd: '', bullet: BETWEEN, listMark: BETWEEN };

/** The letter number `index` of a seed. One that breaks the answer's bounds or is too long is drawn again. */
export function generateLetter(seed: number, index: number, words: WordSettings): Report {
  for (let attempt = 0; ; attempt++) {
    const letter = createLetter(createRandom(seed + attempt * 7919, index), words);
    if (isWithinBounds(letter.answer) && letter.text.length <= LONGEST_CHARACTERS) return letter;
  }
}

function createLetter(random: Random, words: WordSettings): Report {
  const draft = createDraft(random, words);
  write(draft, `CLINIQUE DES TILLEULS / LETTRE DE SORTIE ${random.between(1000, 99_999)}`);
  writeIdentity(draft);
  line(draft, 'ENT');
  write(draft, reason(random, draft.settings), { field: 'motif' });
  if (random.chance(0.9)) writeItems(draft, 'TER', 'antecedents', () => diagnosis(random, words));
  if (random.chance(0.4)) writeLeftOut(draft, 'FAM', () => diagnosis(random, words));
  if (random.chance(0.95)) writeItems(draft, 'EXA', 'constats', () => finding(random, words, 0));
  if (random.chance(0.5)) writeLeftOut(draft, 'ABS', () => term(random, 'signs', words));
  if (random.chance(0.5)) writeLeftOut(draft, 'ARR', () => treatment(random, words).drug);
  if (random.chance(0.9)) writeTreatments(draft);
  line(draft, 'DEV');
  renderPhrase(draft, discharge(random, words), { register: 'terse', layout: LAYOUT }, 'sortie');
  return assemble(draft, createNonce(random), false, 'mixed');
}

function line(draft: Draft, code: string): void {
  write(draft, `\n#${code} `);
}

/** `#PAT name +DN date +S 1|2 +A years`, then who wrote. */
function writeIdentity(draft: Draft): void {
  const { random } = draft;
  line(draft, 'PAT');
  writeValue(draft, sharedValue(draft, 'patient', 'PERSON'));
  if (random.chance(0.85)) {
    write(draft, ' +DN ');
    writeValue(draft, sharedValue(draft, 'birth', 'DATE_OF_BIRTH'));
  }
  draft.sexShown = true;
  write(draft, ` +S ${draft.male ? 1 : 2}`);
  draft.age = random.between(18, 97);
  write(draft, ` +A ${draft.age}`);
  if (!random.chance(0.85)) return;
  line(draft, 'MED');
  writeValue(draft, sharedValue(draft, 'doctor', 'PERSON'));
}

function writeItems(draft: Draft, code: string, field: 'antecedents' | 'constats', draw: () => string): void {
  line(draft, code);
  const size = draft.random.pick([1, 1, 2, 2, 3, 3, 4, 5]);
  for (let item = 0; item < size; item++) {
    if (item > 0) write(draft, BETWEEN);
    write(draft, draw(), { field, item });
  }
}

/** What relatives have, what was looked for and not found, what was stopped: no part of the answer. */
function writeLeftOut(draft: Draft, code: string, draw: () => string): void {
  line(draft, code);
  const size = draft.random.pick([1, 1, 2, 3]);
  write(draft, Array.from({ length: size }, draw).join(BETWEEN));
}

/** `drug @dose @frequency`, with `-` for what is not said. */
function writeTreatments(draft: Draft): void {
  const { random, settings } = draft;
  line(draft, 'TRT');
  const size = random.pick([1, 2, 2, 3, 3, 4]);
  for (let item = 0; item < size; item++) {
    const { drug, dose, frequency } = treatment(random, settings);
    if (item > 0) write(draft, BETWEEN);
    write(draft, drug, { field: 'traitements', item, part: 'medicament' });
    write(draft, ' @');
    write(draft, dose ?? '-', dose === null ? null : { field: 'traitements', item, part: 'dose' });
    write(draft, ' @');
    write(draft, frequency ?? '-', frequency === null ? null : { field: 'traitements', item, part: 'frequence' });
  }
}

function createDraft(random: Random, words: WordSettings): Draft {
  return {
    random,
    settings: { ...words, heldOutPhrases: 0, newStyle: false },
    pieces: [],
    male: random.chance(0.5),
    sexShown: false,
    age: null,
    people: new Map(),
    clearShare: 0.08,
    noise: { plainLetters: random.chance(0.06), upper: false, lower: false, slipShare: 0 },
    hasReason: false,
    counts: { antecedents: 0, constats: 0, traitements: 0 },
  };
}
