// One report and its answer, as a pure function of (seed, index, settings): which sections, in which order and register,
// with which noise of real letters. Imports the rest of the generator; no input or output of its own.
import { type Answer, isWithinBounds } from './answer.ts';
import { assemble, type Draft, type Settings, type ValueForm, write } from './draft.ts';
import { createLayout, type Layout, sectionLabel } from './layout.ts';
import type { Register } from './lists.ts';
import { createRandom, type Random } from './random.ts';
import { renderPhrase } from './render.ts';
import { createNonce } from './values.ts';

export type Report = { text: string; answer: Answer };
export type { Settings, ValueForm } from './draft.ts';

type Section = {
  name: 'identity' | 'reason' | 'history' | 'findings' | 'treatment' | 'discharge' | 'aside';
  phrase: string;
  register: Register;
};

const SLOTS = {
  identity: '',
  reason: '{MOTIF}',
  history: '{ANTS}',
  findings: '{CONS}',
  treatment: '{TRTS}',
  discharge: '{SORTIE}',
  aside: '',
};
const SUFFIX: Record<Register, string> = {
  narrative: 'narrative',
  terse: 'terse',
  turned: 'turned',
  question: 'question',
  headed: 'headed',
  tabular: 'headed',
  dictated: 'narrative',
};
type Main = Register | 'mixed';
const MAIN: readonly Main[] = [
  'narrative',
  'narrative',
  'narrative',
  'headed',
  'headed',
  'headed',
  'terse',
  'terse',
  'tabular',
  'tabular',
  'dictated',
  'mixed',
  'mixed',
  'mixed',
  'mixed',
];

function phraseFor(random: Random, name: Section['name'], register: Register): string {
  const labelled = register === 'headed' || register === 'tabular' || register === 'dictated';
  if (name === 'identity') return `@identity_${SUFFIX[register]}`;
  if (labelled) return '';
  // One draw is kept for a choice of phrasings: without it, every published sample of a seed would be another.
  random.next();
  return `@${name}_${SUFFIX[register]}`;
}

function planSections(random: Random, main: Main): Section[] {
  const register = (): Register =>
    main === 'mixed' ? random.pick(['narrative', 'narrative', 'headed', 'terse'] as const) : main;
  const section = (name: Section['name']): Section => {
    const own = register();
    return { name, register: own, phrase: phraseFor(random, name, own) };
  };
  const sections: Section[] = [];
  const first = register();
  const joint = (first === 'narrative' || first === 'terse' || first === 'dictated') && random.chance(0.32);
  if (joint)
    sections.push({
      name: 'identity',
      register: first,
      phrase: `@identity_reason_${first === 'terse' ? 'terse' : 'narrative'}`,
    });
  else {
    if (random.chance(0.97))
      sections.push({ name: 'identity', register: first, phrase: phraseFor(random, 'identity', first) });
    if (random.chance(0.92)) sections.push(section('reason'));
  }
  if (random.chance(0.86))
    sections.push(random.chance(0.12) ? { ...section('history'), phrase: '@history_none' } : section('history'));
  if (sections.at(-1)?.phrase !== '@history_none' && random.chance(0.1)) sections.push(section('history'));
  for (let n = random.pick([0, 1, 1, 1, 1, 2, 2]); n > 0; n--) sections.push(section('findings'));
  if (random.chance(0.82)) sections.push(section('treatment'));
  let ordered = sections;
  if (random.chance(0.25)) ordered = [...sections.slice(0, 1), ...random.shuffle(sections.slice(1))];
  if (random.chance(0.84)) ordered.splice(random.chance(0.93) ? ordered.length : 1, 0, section('discharge'));
  for (let n = random.pick([0, 0, 1, 1, 2, 3]); n > 0; n--) {
    const kind = random.pick([
      'chatter',
      'chatter',
      'chatter',
      'negation',
      'family_history',
      'stopped_drug',
      'stopped_drug',
    ]);
    ordered.splice(random.between(ordered.length > 1 ? 1 : 0, ordered.length), 0, {
      name: 'aside',
      register: 'narrative',
      phrase: `@${kind}`,
    });
  }
  return ordered;
}

const LABELS = {
  reason: 'reason_label',
  history: 'history_label',
  findings: 'findings_label',
  treatment: 'treatment_label',
  discharge: 'discharge_label',
};

function writeSection(draft: Draft, section: Section, layout: Layout): void {
  const place = { register: section.register, layout };
  if (section.phrase !== '' || section.name === 'identity' || section.name === 'aside') {
    renderPhrase(draft, section.phrase, place);
    return;
  }
  const { random, settings } = draft;
  let label = sectionLabel(random, LABELS[section.name], layout, settings.heldOutPhrases);
  if (section.register === 'dictated')
    label = label.replace(/[\s:=\-—→.]+$/, '') + random.pick([' deux points ', ' deux points ', ' : ', ' ']);
  write(draft, label);
  renderPhrase(draft, SLOTS[section.name], place);
  write(
    draft,
    section.register === 'dictated' ? random.pick([' point', ' point à la ligne', '.', ' point']) : layout.lineEnd,
  );
}

const INTERRUPTIONS = ['Page 1/2', '- 2 -', '[illisible]', '***', '(suite)', '--', '...'];

function writeBetween(draft: Draft, separator: string | null, register: Register): void {
  const { random } = draft;
  const last = draft.pieces.at(-1);
  const own = separator ?? random.pick(['\n', ' ', '\n\n', ' ']);
  const ended = last?.value === null && /[.!?:;,|\n]$/.test(last.text);
  if (own === ' ' && !ended)
    write(
      draft,
      random.pick(['. ', '. ', '\n', register === 'terse' ? ' ; ' : '. ', register === 'terse' ? ', ' : '. ']),
    );
  else write(draft, own);
  if (random.chance(0.012)) write(draft, `${random.pick(INTERRUPTIONS)}\n`);
}

function wrapLines(draft: Draft): void {
  const width = draft.random.between(42, 95);
  let column = 0;
  for (const piece of draft.pieces) {
    let wrapped = '';
    for (const character of piece.value === null ? piece.text : '') {
      const breaks = character === ' ' && column > width;
      wrapped += breaks ? '\n' : character;
      column = breaks || character === '\n' ? 0 : column + 1;
    }
    if (piece.value === null) piece.text = wrapped;
    else column += 14;
  }
}

function createDraft(random: Random, settings: Settings): Draft {
  const upper = random.chance(0.04);
  return {
    random,
    settings,
    pieces: [],
    male: random.chance(0.5),
    sexShown: false,
    age: null,
    people: new Map(),
    clearShare: random.chance(0.07) ? 1 : 0.08,
    noise: {
      plainLetters: random.chance(0.06),
      upper,
      lower: !upper && random.chance(0.05),
      slipShare: random.chance(0.25) ? 0.03 : 0,
    },
    hasReason: false,
    counts: { antecedents: 0, constats: 0, traitements: 0 },
  };
}

function createReport(seed: number, index: number, settings: Settings, form: ValueForm): Report {
  const random = createRandom(seed, index);
  const draft = createDraft(random, settings);
  const main = settings.newStyle
    ? random.pick(['turned', 'turned', 'question', 'question', 'headed', 'tabular'] as const)
    : random.pick(MAIN);
  const layout = createLayout(random, settings.newStyle);
  const stacked = main === 'headed' || main === 'tabular' || main === 'question';
  const separator =
    stacked || random.chance(0.4) ? (random.chance(0.2) ? '\n\n' : '\n') : random.chance(0.6) ? ' ' : null;
  const place = { register: 'narrative' as const, layout };
  if (random.chance(0.6)) {
    renderPhrase(draft, '@heading', place);
    write(draft, random.chance(0.85) ? '\n' : '\n\n');
  }
  for (const [i, section] of planSections(random, main).entries()) {
    if (i > 0) writeBetween(draft, separator, section.register);
    writeSection(draft, section, layout);
  }
  if (random.chance(0.55)) {
    write(draft, '\n');
    renderPhrase(draft, '@closing', place);
  }
  if (random.chance(0.15)) wrapLines(draft);
  return assemble(draft, createNonce(random), random.chance(0.1), form);
}

/** The report number `index` of a seed. One that breaks the answer's bounds or is too long is drawn again. */
export function generateReport(seed: number, index: number, settings: Settings, form: ValueForm = 'mixed'): Report {
  for (let attempt = 0; ; attempt++) {
    const report = createReport(seed + attempt * 7919, index, settings, form);
    if (isWithinBounds(report.answer) && report.text.length <= 1500) return report;
  }
}
