// The word lists and their split: one word in seven never appears in training ("held-out words"). Pseudo-words, made
// of French syllables, teach the model to copy what it has never seen. Reads words/*.txt beside this file.
import { readFileSync } from 'node:fs';
import type { Random } from './random.ts';

export const WORD_KINDS = [
  'drugs',
  'diagnoses',
  'reasons',
  'signs',
  'labs',
  'qualifiers',
  'reason-qualifiers',
  'frequencies',
  'routes',
  'units',
  'services',
  'destinations',
  'follow-ups',
  'discharge-moves',
] as const;
export type WordKind = (typeof WORD_KINDS)[number];
type Split = { trained: readonly string[]; heldOut: readonly string[] };

const HELD_OUT_ONE_IN = 7;

function load(kind: WordKind): Split {
  const file = new URL(`words/${kind}.txt`, import.meta.url);
  const all = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const heldOut = all.filter((_, index) => index % HELD_OUT_ONE_IN === 3);
  const keepsAll = kind === 'routes' || kind === 'units';
  return keepsAll
    ? { trained: all, heldOut: all }
    : { trained: all.filter((word) => !heldOut.includes(word)), heldOut };
}

export const WORDS: Record<WordKind, Split> = Object.fromEntries(
  WORD_KINDS.map((kind) => [kind, load(kind)]),
) as Record<WordKind, Split>;

export function pickWord(random: Random, kind: WordKind, heldOutShare: number): string {
  const split = WORDS[kind];
  return random.pick(random.chance(heldOutShare) ? split.heldOut : split.trained);
}

const ONSETS = 'b c ch cl cr d dr f fl fr g gl gr j l m n p ph pl pr qu r s st t th tr v vr z'.split(' ');
const NUCLEI = 'a e é è i o u ou au eu oi ai an en in on un ia io ié'.split(' ');
const CODAS = ['', '', '', '', '', 'l', 'r', 'n', 's', 't', 'x', 'm', 'c', 'nt', 'rt', 'st'];
const ENDINGS =
  'ite ose ie ine ique ase al ol ane ium ate éine ème oïde algie ectomie pathie mycine prazole sartan olol pril'.split(
    ' ',
  );

export function pseudoWord(random: Random): string {
  let word = '';
  const syllables = random.between(1, 3);
  for (let i = 0; i < syllables; i++) word += random.pick(ONSETS) + random.pick(NUCLEI) + random.pick(CODAS);
  if (random.chance(0.5)) word = word.replace(/[aeiouéè]+[a-z]?$/, '') + random.pick(ENDINGS);
  return random.chance(0.12) ? word.slice(0, random.between(2, 4)).toUpperCase() : word;
}

export function pseudoPhrase(random: Random): string {
  let phrase = pseudoWord(random);
  while (random.chance(0.45) && phrase.length < 34) {
    phrase += random.pick([' ', ' ', ' ', ' de ', ' du ', ' à ', ' des ', '-', ' en ', ' de la ']) + pseudoWord(random);
  }
  return phrase;
}
