// Renders one phrase into a draft: agreements by the patient's sex, values, facts, lists. Imports what it fills in.
import { type Draft, newValue, openWithCapital, sharedValue, write, writeValue } from './draft.ts';
import { diagnosis, discharge, reason, term, treatment } from './facts.ts';
import { indefiniteArticle } from './french.ts';
import { type ListPlace, writeItems, writeTreatments } from './lists.ts';
import { expandPhrase } from './phrases.ts';
import { clearDate, clockTime, type SurrogateLabel } from './values.ts';

const AGREEMENT = /\{([^{}:]*):([^{}]*)\}/g;
const SLOT = /(\{\w+\})/;
const VALUE_SLOTS: Record<string, SurrogateLabel> = {
  L: 'LOCATION', H1: 'ORGANIZATION', TEL: 'PHONE', MAIL: 'EMAIL', NIR: 'FR_NIR', ADR: 'ADDRESS', RPPS: 'FR_RPPS',
};

export function renderPhrase(draft: Draft, phrase: string, place: ListPlace, mark: 'sortie' | null = null): void {
  const { random, settings } = draft;
  const expanded = expandPhrase(random, phrase, settings.heldOutPhrases);
  const agreed = expanded.replace(AGREEMENT, (_, masculine: string, feminine: string) => {
    draft.sexShown = true;
    return draft.male ? masculine : feminine;
  });
  for (const part of agreed.split(SLOT)) {
    if (!SLOT.test(part)) write(draft, part, mark === null ? null : { field: mark });
    else renderSlot(draft, part.slice(1, -1), place, mark);
  }
}

function renderSlot(draft: Draft, slot: string, place: ListPlace, mark: 'sortie' | null): void {
  const { random, settings } = draft;
  const marked = mark === null ? null : { field: mark };
  const label = VALUE_SLOTS[slot];
  if (label !== undefined) return writeValue(draft, newValue(draft, label), marked);
  switch (slot) {
    case 'P': return writeValue(draft, sharedValue(draft, 'patient', 'PERSON'), marked);
    case 'M': return writeValue(draft, sharedValue(draft, 'doctor', 'PERSON'), marked);
    case 'B': return writeValue(draft, sharedValue(draft, 'birth', 'DATE_OF_BIRTH'), marked);
    case 'X': return writeValue(draft, sharedValue(draft, random.chance(0.3) ? 'other' : `other ${random.next()}`, 'PERSON'), marked);
    case 'R': return writeValue(draft, newValue(draft, 'PERSON'), marked);
    case 'D': return write(draft, clearDate(random, 2015, 2026), marked);
    case 'T': return write(draft, clockTime(random), marked);
    case 'n': return write(draft, String(random.between(1, 9)), marked);
    case 'N': return write(draft, String(random.between(1, 60)));
    case 'IPP': return write(draft, String(random.between(100000, 99999999)));
    case 'NEG': {
      const kind = random.pick(['signs', 'reasons', 'diagnoses'] as const);
      return write(draft, openWithCapital(draft, kind === 'diagnoses' ? diagnosis(random, settings) : term(random, kind, settings)));
    }
    case 'DRG': {
      const { drug, dose } = treatment(random, settings);
      return write(draft, openWithCapital(draft, dose !== null && random.chance(0.4) ? `${drug} ${dose}` : drug));
    }
    case 'AGE': return renderAge(draft);
    case 'MOTIF': return renderReason(draft, false);
    case 'MOTIFu': return renderReason(draft, true);
    case 'SORTIE': return renderDischarge(draft, place);
    case 'ANTS': return writeItems(draft, 'antecedents', false, place);
    case 'ANTSu': return writeItems(draft, 'antecedents', true, place);
    case 'CONS': return writeItems(draft, 'constats', false, place);
    case 'CONSu': return writeItems(draft, 'constats', true, place);
    case 'TRTS': return writeTreatments(draft, place);
    default: throw new RangeError(`no slot named ${slot}`);
  }
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
