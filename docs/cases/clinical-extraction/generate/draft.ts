// A report while it is being written: pieces of text, each marked with the field of the answer it belongs to, and the
// values it holds. Noise is applied piece by piece, so that the answer copies exactly what the report says.
// Imports the words, values and answer shape only.
import type { Answer, Drug } from './answer.ts';
import type { WordSettings } from './facts.ts';
import type { Random } from './random.ts';
import { createValue, type SurrogateLabel, type Value } from './values.ts';

export type Mark =
  | { field: 'motif' | 'sortie' }
  | { field: 'antecedents' | 'constats'; item: number }
  | { field: 'traitements'; item: number; part: keyof Drug };
export type Piece = { text: string; value: Value | null; mark: Mark | null };

export type Settings = WordSettings & {
  /** Share of phrases taken from those held out of training, 0 to 1. */
  heldOutPhrases: number;
  /** Whole layouts and separators never seen in training. */
  newStyle: boolean;
};
type Noise = { plainLetters: boolean; upper: boolean; lower: boolean; slipShare: number };

export type Draft = {
  random: Random;
  settings: Settings;
  pieces: Piece[];
  male: boolean;
  sexShown: boolean;
  age: number | null;
  people: Map<string, Value>;
  clearShare: number;
  noise: Noise;
  hasReason: boolean;
  counts: { antecedents: number; constats: number; traitements: number };
};

function applySlips(random: Random, text: string, share: number): string {
  return text.replace(/\p{L}{4,}/gu, (word) => {
    if (!random.chance(share)) return word;
    const at = random.between(1, word.length - 2);
    if (random.chance(0.5)) return word.slice(0, at) + word.slice(at + 1);
    return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
  });
}

function applyNoise(draft: Draft, text: string): string {
  const { noise, random } = draft;
  let noisy = text;
  if (noise.slipShare > 0) noisy = applySlips(random, noisy, noise.slipShare);
  if (noise.plainLetters)
    noisy = noisy.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('œ', 'oe').replaceAll('Œ', 'OE');
  if (noise.upper) return noisy.toUpperCase();
  return noise.lower ? noisy.toLowerCase() : noisy;
}

export function write(draft: Draft, text: string, mark: Mark | null = null): void {
  if (text !== '') draft.pieces.push({ text: applyNoise(draft, text), value: null, mark });
}

export function writeValue(draft: Draft, value: Value, mark: Mark | null = null): void {
  draft.pieces.push({ text: '', value, mark });
}

/** Upper case for a term that opens a line or a sentence. */
export function openWithCapital(draft: Draft, text: string): string {
  const before = draft.pieces.at(-1)?.text ?? '\n';
  const opens = draft.pieces.at(-1)?.value === null ? /([.!?]\s+|\n\W*)$/.test(before) : draft.pieces.length === 0;
  return opens && draft.random.chance(0.75) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

const UNREDACTED_SHARE: Partial<Record<SurrogateLabel, number>> = { LOCATION: 0.5, ORGANIZATION: 0.6 };

export function newValue(draft: Draft, label: SurrogateLabel, male = draft.random.chance(0.5)): Value {
  const clear = draft.random.chance(Math.max(draft.clearShare, UNREDACTED_SHARE[label] ?? 0));
  return createValue(draft.random, label, !clear, male);
}

/** A person or date that a report names several times is the same value each time. */
export function sharedValue(draft: Draft, role: string, label: SurrogateLabel): Value {
  const known = draft.people.get(role);
  if (known !== undefined) return known;
  const value = newValue(draft, label, role === 'patient' ? draft.male : draft.random.chance(0.5));
  draft.people.set(role, value);
  return value;
}

export type ValueForm = 'mixed' | 'redacted' | 'clear';
const IDENTITY: ReadonlySet<SurrogateLabel> = new Set(['LOCATION', 'ORGANIZATION']);

/** Puts the pieces together: numbers the surrogates by first appearance and reads the answer off the marks. */
export function assemble(
  draft: Draft,
  nonce: string,
  hints: boolean,
  form: ValueForm,
): { text: string; answer: Answer } {
  const names = new Map<Value, string>();
  const counts = new Map<SurrogateLabel, number>();
  const nameOf = (value: Value): string => {
    const redacted =
      form === 'redacted' && !IDENTITY.has(value.label) ? true : form === 'clear' ? false : value.redacted;
    if (!redacted) return value.clear;
    const known = names.get(value);
    if (known !== undefined) return known;
    const number = (counts.get(value.label) ?? 0) + 1;
    counts.set(value.label, number);
    const name = `<${value.label}_${number}${nonce}${hints && value.hint !== '' ? `:${value.hint}` : ''}>`;
    names.set(value, name);
    return name;
  };
  const answer: Answer = {
    patient: null,
    date_naissance: null,
    medecin: null,
    age: draft.age,
    sexe: draft.sexShown ? (draft.male ? 'M' : 'F') : null,
    motif: null,
    antecedents: [],
    constats: [],
    traitements: [],
    sortie: null,
  };
  let text = '';
  for (const { text: plain, value, mark } of draft.pieces) {
    const piece = value === null ? plain : nameOf(value);
    text += piece;
    if (mark !== null) record(answer, mark, piece.replace(/\s*\n\s*/g, ' '));
  }
  for (const [role, field] of [
    ['patient', 'patient'],
    ['birth', 'date_naissance'],
    ['doctor', 'medecin'],
  ] as const) {
    const value = draft.people.get(role);
    if (value !== undefined) answer[field] = nameOf(value);
  }
  const patient = draft.people.get('patient');
  if (hints && patient !== undefined && names.has(patient)) answer.sexe = draft.male ? 'M' : 'F';
  return { text, answer };
}

function record(answer: Answer, mark: Mark, piece: string): void {
  switch (mark.field) {
    case 'motif':
    case 'sortie':
      answer[mark.field] = (answer[mark.field] ?? '') + piece;
      break;
    case 'antecedents':
    case 'constats':
      answer[mark.field][mark.item] = (answer[mark.field][mark.item] ?? '') + piece;
      break;
    case 'traitements': {
      answer.traitements[mark.item] ??= { medicament: '', dose: null, frequence: null };
      const drug = answer.traitements[mark.item] as Drug;
      drug[mark.part] = (drug[mark.part] ?? '') + piece;
    }
  }
}
