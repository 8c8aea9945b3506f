// Renders one phrase into a draft: agreements by the patient's sex, values, facts, lists. Imports what it fills in.
import { type Draft, type Mark, newValue, openWithCapital, sharedValue, write, writeValue } from './draft.ts';
import { diagnosis, discharge, reason, term, treatment } from './facts.ts';
import { indefiniteArticle } from './french.ts';
import { type ListPlace, writeItems, writeTreatments } from './lists.ts';
import { expandPhrase } from './phrases.ts';
import { clearDate, clockTime, type SurrogateLabel } from './values.ts';

const AGREEMENT = /\{([^{}:]*):([^{}]*)\}/g;
const SLOT = /(\{\w+\})/;
export function renderPhrase(draft: Draft, phrase: string, place: ListPlace, field: 'sortie' | null = null): void {
  const mark = field === null ? null : { field };
  const { random, settings } = draft;
  const expanded = expandPhrase(random, phrase, settings.heldOutPhrases);
  const agreed = expanded.replace(AGREEMENT, (_, masculine: string, feminine: string) => {
    draft.sexShown = true;
    return draft.male ? masculine : feminine;
  });
  for (const part of agreed.split(SLOT)) {
    if (!SLOT.test(part)) write(draft, part, mark);
    else renderSlot(draft, part.slice(1, -1), place, mark);
  }
}

type Slot = (draft: Draft, place: ListPlace, mark: Mark | null) => void;

const plain =
  (text: (draft: Draft) => string): Slot =>
  (draft, _, mark) =>
    write(draft, text(draft), mark);
const shared =
  (role: string, label: SurrogateLabel): Slot =>
  (draft, _, mark) =>
    writeValue(draft, sharedValue(draft, role, label), mark);
const fresh =
  (label: SurrogateLabel): Slot =>
  (draft, _, mark) =>
    writeValue(draft, newValue(draft, label), mark);

function deniedTerm(draft: Draft): string {
  const { random, settings } = draft;
  const kind = random.pick(['signs', 'reasons', 'diagnoses'] as const);
  return openWithCapital(draft, kind === 'diagnoses' ? diagnosis(random, settings) : term(random, kind, settings));
}

function deniedDrug(draft: Draft): string {
  const { random } = draft;
  const { drug, dose } = treatment(random, draft.settings);
  return openWithCapital(draft, dose !== null && random.chance(0.4) ? `${drug} ${dose}` : drug);
}

/** Another doctor: now and then the same one again. */
function otherDoctor(draft: Draft, _: ListPlace, mark: Mark | null): void {
  const role = draft.random.chance(0.3) ? 'other' : `other ${draft.random.next()}`;
  writeValue(draft, sharedValue(draft, role, 'PERSON'), mark);
}

const SLOTS: Record<string, Slot> = {
  P: shared('patient', 'PERSON'),
  M: shared('doctor', 'PERSON'),
  B: shared('birth', 'DATE_OF_BIRTH'),
  X: otherDoctor,
  R: fresh('PERSON'),
  L: fresh('LOCATION'),
  H1: fresh('ORGANIZATION'),
  TEL: fresh('PHONE'),
  MAIL: fresh('EMAIL'),
  NIR: fresh('FR_NIR'),
  ADR: fresh('ADDRESS'),
  RPPS: fresh('FR_RPPS'),
  D: plain(({ random }) => clearDate(random, 2015, 2026)),
  T: plain(({ random }) => clockTime(random)),
  n: plain(({ random }) => String(random.between(1, 9))),
  N: plain(({ random }) => String(random.between(1, 60))),
  IPP: plain(({ random }) => String(random.between(100000, 99999999))),
  NEG: plain(deniedTerm),
  DRG: plain(deniedDrug),
  AGE: (draft) => renderAge(draft),
  MOTIF: (draft) => renderReason(draft, false),
  MOTIFu: (draft) => renderReason(draft, true),
  SORTIE: (draft, place) => renderDischarge(draft, place),
  ANTS: (draft, place) => writeItems(draft, 'antecedents', false, place),
  ANTSu: (draft, place) => writeItems(draft, 'antecedents', true, place),
  CONS: (draft, place) => writeItems(draft, 'constats', false, place),
  CONSu: (draft, place) => writeItems(draft, 'constats', true, place),
  TRTS: (draft, place) => writeTreatments(draft, place),
};

function renderSlot(draft: Draft, name: string, place: ListPlace, mark: Mark | null): void {
  const slot = SLOTS[name];
  if (slot === undefined) throw new RangeError(`no slot named ${name}`);
  slot(draft, place, mark);
}

function renderAge(draft: Draft): void {
  const { random } = draft;
  draft.age ??= random.chance(0.2) ? random.between(1, 99) : random.between(18, 97);
  write(draft, `${draft.age}${random.chance(0.12) ? random.pick(['ans', ' ANS', ' a', 'a']) : ' ans'}`);
}

function renderReason(draft: Draft, withArticle: boolean): void {
  const { random, settings } = draft;
  const text = reason(random, settings);
  const last = draft.pieces.at(-1);
  const elides = last?.value === null && /d'$/.test(last.text);
  if (withArticle && (elides || random.chance(0.8))) {
    const article = indefiniteArticle(text);
    if (elides && article === 'des ') last.text = last.text.replace(/d'$/, 'de ');
    else write(draft, article);
  }
  // A report gives its reason once: a second mention is not another field.
  write(draft, openWithCapital(draft, text), draft.hasReason ? null : { field: 'motif' });
  draft.hasReason = true;
}

function renderDischarge(draft: Draft, place: ListPlace): void {
  const phrase = openWithCapital(draft, discharge(draft.random, draft.settings));
  renderPhrase(draft, phrase, place, 'sortie');
}
