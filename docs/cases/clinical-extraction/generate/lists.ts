// Lists inside a report: antecedents and findings, treatments with dose and frequency; in a sentence, after a label, or
// one item a line; with negated, stopped or merely proposed items in between that the answer must leave out.
import { MAX_ITEMS } from './answer.ts';
import { type Draft, openWithCapital, write } from './draft.ts';
import { diagnosis, finding, term, treatment, vital } from './facts.ts';
import { definiteArticle, indefiniteArticle, startsWithVowel } from './french.ts';
import type { Layout } from './layout.ts';
import { pickWord } from './words.ts';

export type Register = 'narrative' | 'headed' | 'terse' | 'tabular' | 'dictated' | 'turned' | 'question';
export type ListPlace = { register: Register; layout: Layout };

type Marks = { bullets: boolean; between: string; last: string };
const LABEL_END = /([:=\-→—?|>~§]|\[x\]|\.{2,})\s*$|[\n\t]$/;

function lastText(draft: Draft): string {
  const last = draft.pieces.at(-1);
  return last === undefined ? '\n' : last.value === null ? last.text : 'x';
}

function chooseMarks(draft: Draft, place: ListPlace): Marks {
  const { random } = draft;
  const afterLabel = LABEL_END.test(lastText(draft));
  const bullets = afterLabel && (place.register === 'headed' || place.register === 'tabular') && random.chance(0.5);
  if (bullets || /:$/.test(lastText(draft)))
    return { bullets: true, between: place.layout.bullet, last: place.layout.bullet };
  if (place.register === 'dictated') {
    const between = random.pick([' virgule ', ' virgule ', ', ', ' point ']);
    return { bullets: false, between, last: random.pick([between, ' et ']) };
  }
  const prose = !afterLabel && place.register !== 'terse';
  const between = prose && random.chance(0.9) ? ', ' : place.layout.listMark;
  const joined = random.pick([' et ', ' et ', ' et ', ', ', ' ainsi que ', ' puis ', ' associé à ', ', et ', ' avec ']);
  const last = prose || (between === ', ' && random.chance(0.4)) ? joined : between;
  return { bullets: false, between: prose && random.chance(0.08) ? ' et ' : between, last };
}

/** Writes the mark before an item; a numbered bullet counts on. Returns the number of the next one. */
function writeMark(draft: Draft, marks: Marks, index: number, isLast: boolean, number: number): number {
  const { random } = draft;
  if (index === 0 && !marks.bullets) return number;
  if (index === 0 && /^\n\W*$/.test(marks.between) && lastText(draft).endsWith('\n')) {
    write(draft, marks.between.replace('\n', ''));
    return number + 1;
  }
  let mark = isLast ? marks.last : marks.between;
  if (!marks.bullets && index > 1 && random.chance(0.04)) mark = random.pick([', ', ' ; ', ' / ', ' + ', '. ']);
  write(
    draft,
    index === 0 && lastText(draft).endsWith('\n')
      ? mark.replace('\n', '').replace('1', String(number))
      : mark.replace('1', String(number)),
  );
  return number + 1;
}

const NEGATIONS = [
  'pas de ',
  'pas de ',
  'absence de ',
  'sans ',
  "pas d'argument pour ",
  'ni ',
  'Ø ',
  'pas de ',
  'aucun signe de ',
];

function articleFor(draft: Draft, item: string, withArticle: boolean, findings: boolean): string {
  if (!withArticle || /^([A-Z<\d]|T[° ]|à )/.test(item) || draft.random.chance(0.1)) return '';
  return findings && /^(tens|temp|satu|fréq|[a-z]+émie|créat|poids)/.test(item)
    ? definiteArticle(item)
    : indefiniteArticle(item);
}

export function writeItems(
  draft: Draft,
  field: 'antecedents' | 'constats',
  withArticle: boolean,
  place: ListPlace,
): void {
  const { random, settings } = draft;
  const findings = field === 'constats';
  const marks = chooseMarks(draft, place);
  const wanted = marks.bullets ? random.pick([1, 2, 2, 3, 3, 4, 5, 6]) : random.pick([1, 2, 2, 3, 3, 4, 5]);
  const size = Math.min(wanted, MAX_ITEMS - draft.counts[field]);
  const vitalsOnly = findings && !withArticle && !marks.bullets && random.chance(0.12);
  const articles = withArticle && random.chance(0.75);
  let number = 1;
  for (let i = 0; i < size; i++) {
    if (vitalsOnly) {
      if (i > 0) write(draft, random.chance(0.75) ? ' ' : marks.between);
      write(draft, vital(random, settings.heldOutPhrases), { field, item: draft.counts[field]++ });
      continue;
    }
    number = writeMark(draft, marks, i, i === size - 1, number);
    if (i > 0 && i < size - 1 && random.chance(0.08)) {
      write(draft, random.pick(NEGATIONS) + term(random, findings ? 'signs' : 'diagnoses', settings));
      write(draft, marks.between.replace('1', String(number++)));
    }
    const item = findings ? finding(random, settings, settings.heldOutPhrases) : diagnosis(random, settings);
    const article = articleFor(draft, item, articles, findings);
    write(draft, article);
    const capital = marks.bullets && random.chance(0.5);
    write(
      draft,
      capital ? item.charAt(0).toUpperCase() + item.slice(1) : article === '' ? openWithCapital(draft, item) : item,
      {
        field,
        item: draft.counts[field]++,
      },
    );
  }
  if (!marks.bullets && random.chance(0.07)) {
    write(
      draft,
      random.pick([', pas de ', ' sans ', ', absence de ', ', ni ']) +
        term(random, findings ? 'signs' : 'diagnoses', settings),
    );
  }
}

const LEFT_OUT = [
  'arrêt de {}',
  '{} arrêté',
  '{} (arrêté)',
  'STOP {}',
  '{} suspendu',
  '{} : arrêt',
  '{} à discuter',
  '{} stoppé',
  'pas de {}',
  'arrêt {}',
  '{} interrompu',
  '{} contre-indiqué',
  'plus de {}',
];
const AFTERWARDS = [' (relais)', ' à réévaluer', ' en cours', ' en relais', ' (ALD)', ' à poursuivre'];

/** How one line of treatment is laid out; `dose first` and `frequency first` turn the order round. */
function writeTreatment(draft: Draft, shape: number, bullets: boolean, between: string): void {
  const { random, settings } = draft;
  const { drug, dose, frequency } = treatment(random, settings);
  const item = draft.counts.traitements++;
  const put = (part: 'medicament' | 'dose' | 'frequence', text: string): void =>
    write(draft, text, { field: 'traitements', item, part });
  if (shape === 6 && dose !== null && /^(\d|un|deux)/.test(dose)) {
    put('dose', dose);
    write(draft, startsWithVowel(drug) ? " d'" : ' de ');
    put('medicament', drug);
  } else if (shape === 9 && frequency !== null) {
    put('frequence', frequency);
    write(draft, random.pick([' : ', ', ']));
    put('medicament', drug);
  } else
    put(
      'medicament',
      bullets && random.chance(0.4) ? drug.charAt(0).toUpperCase() + drug.slice(1) : openWithCapital(draft, drug),
    );
  if (dose !== null && !(shape === 6 && /^(\d|un|deux)/.test(dose))) {
    write(
      draft,
      { 1: ' ', 3: ' : ', 4: ' (', 7: ' à la dose de ', 8: ' à ', 5: ', ' }[
        shape === 5 && between === ', ' ? 1 : shape
      ] ?? ' ',
    );
    put('dose', dose);
  }
  if (random.chance(0.18)) write(draft, ` ${pickWord(random, 'routes', 0)}`);
  if (frequency !== null && shape !== 9) {
    write(
      draft,
      { 2: between === ', ' ? ' ' : ', ', 4: ' ', 5: bullets ? ' : ' : ' ', 3: ' ', 8: bullets ? ' - ' : ' ' }[shape] ??
        ' ',
    );
    put('frequence', frequency);
  }
  if (dose !== null && shape === 4) write(draft, ')');
  if (random.chance(0.05)) write(draft, random.pick(AFTERWARDS));
}

export function writeTreatments(draft: Draft, place: ListPlace): void {
  const { random, settings } = draft;
  const marks = chooseMarks(draft, place);
  const wanted = marks.bullets ? random.pick([1, 2, 3, 3, 4, 5, 6]) : random.pick([1, 1, 2, 2, 3, 4]);
  const size = Math.min(wanted, MAX_ITEMS - draft.counts.traitements);
  let shape = random.pick([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  if (shape === 9 && !settings.newStyle && random.chance(0.6)) shape = 0;
  let number = 1;
  for (let i = 0; i < size; i++) {
    number = writeMark(draft, marks, i, i === size - 1, number);
    if (i > 0 && i < size - 1 && random.chance(0.1)) {
      const { drug, dose } = treatment(random, settings);
      write(draft, random.pick(LEFT_OUT).replace('{}', dose !== null && random.chance(0.4) ? `${drug} ${dose}` : drug));
      write(draft, marks.between.replace('1', String(number++)));
    }
    writeTreatment(draft, random.chance(0.85) ? shape : 0, marks.bullets, marks.between);
  }
}
