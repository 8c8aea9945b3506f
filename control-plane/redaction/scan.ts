// The scanner: one pass over a folded text, a table lookup a character, and recognisers called only where one of their
// triggers stands. Linear: every recogniser looks at a bounded stretch around its trigger.
import { CLASS, DIGIT, LETTER, LOWER, UPPER, WORD } from './characters.ts';
import { MIN_SCORE, type Span } from './entities.ts';
import { DigitRun } from './recognisers/digit-run.ts';
import { RECOGNISERS } from './recognisers/index.ts';
import type { Match, Recogniser } from './recognisers/recogniser.ts';

/** Bit that marks, in the scanner's copy of the class table, a character that triggers by itself. */
const TRIGGER = 64;

interface WordTrigger {
  /** Lower case for whole words, as it stands for prefixes. */
  readonly text: string;
  readonly isWhole: boolean;
  readonly recogniser: Recogniser;
}

const classes = CLASS.slice();
const byCharacter: Recogniser[][] = Array.from({ length: 128 }, () => []);
const byDigits = RECOGNISERS.filter(({ triggers }) => triggers.digits !== undefined).sort(
  (a, b) => (a.triggers.digits ?? 0) - (b.triggers.digits ?? 0),
);
/** Digits inside identifiers and hashes concern few. */
const afterLetters = byDigits.filter(({ triggers }) => triggers.afterLetters === true);
/** Words by their first two characters, so that an ordinary word costs one lookup. */
const byWord: (WordTrigger[] | undefined)[] = Array.from({ length: 4096 }, () => undefined);

for (const recogniser of RECOGNISERS) {
  for (const character of recogniser.triggers.characters ?? '') {
    const code = character.charCodeAt(0);
    classes[code] = (classes[code] ?? 0) | TRIGGER;
    byCharacter[code]?.push(recogniser);
  }
  for (const word of recogniser.triggers.words ?? []) addWord(word.toLowerCase(), true, recogniser);
  for (const prefix of recogniser.triggers.prefixes ?? []) addWord(prefix, false, recogniser);
}

/** Findings in a folded text, in no particular order, overlaps included. Offsets are those of the folded text. */
export function scan(text: string): Span[] {
  const found: Span[] = [];
  const digits = new DigitRun();
  const length = text.length;
  let previous = 0;
  for (let at = 0; at < length; at += 1) {
    const kind = classes[text.charCodeAt(at)] as number;
    if (kind === previous && kind !== 0 && (kind & TRIGGER) === 0) continue;
    if ((kind & LETTER) !== 0) {
      // A word begins after anything that is no letter or digit, and at a hump: `dateOfBirth`.
      if ((previous & WORD) === 0 || ((previous & LOWER) !== 0 && (kind & UPPER) !== 0))
        callWords(text, at, digits, found);
    } else if ((kind & DIGIT) !== 0) {
      if ((previous & DIGIT) === 0)
        callDigits(text, at, (previous & LETTER) === 0 ? byDigits : afterLetters, digits, found);
    }
    if ((kind & TRIGGER) !== 0) {
      for (const recogniser of byCharacter[text.charCodeAt(at)] ?? []) call(recogniser, text, at, digits, found);
    }
    previous = kind;
  }
  return found;
}

function callDigits(
  text: string,
  at: number,
  recognisers: readonly Recogniser[],
  digits: DigitRun,
  found: Span[],
): void {
  digits.read(text, at);
  for (const recogniser of recognisers) {
    if (digits.count < (recogniser.triggers.digits ?? 0)) return;
    call(recogniser, text, at, digits, found);
  }
}

function callWords(text: string, at: number, digits: DigitRun, found: Span[]): void {
  const triggers = byWord[bucketOf(text.charCodeAt(at), text.charCodeAt(at + 1))];
  if (triggers === undefined) return;
  for (const { text: word, isWhole, recogniser } of triggers) {
    const end = at + word.length;
    if (isWhole ? isSameWord(text, at, word) && isWordEnd(text, end) : text.startsWith(word, at)) {
      call(recogniser, text, at, digits, found);
    }
  }
}

/** In any case; `word` is in lower case. */
function isSameWord(text: string, at: number, word: string): boolean {
  for (let index = 0; index < word.length; index += 1) {
    const code = text.charCodeAt(at + index);
    const wanted = word.charCodeAt(index);
    if (code === wanted || (code >= 65 && code <= 90 && (code | 32) === wanted)) continue;
    // Accented capitals are few: É, À, Ç.
    if (code < 128 || String.fromCharCode(code).toLowerCase() !== word.charAt(index)) return false;
  }
  return true;
}

/** A whole word ends where no letter follows, or at a hump: `dateOfBirth` holds `date`. */
function isWordEnd(text: string, end: number): boolean {
  const after = CLASS[text.charCodeAt(end)] ?? 0;
  if ((after & LETTER) === 0) return true;
  return (after & UPPER) !== 0 && ((CLASS[text.charCodeAt(end - 1)] ?? 0) & LOWER) !== 0;
}

function call(recogniser: Recogniser, text: string, at: number, digits: DigitRun, found: Span[]): void {
  const match = recogniser.match(text, at, digits);
  if (match === undefined) return;
  if ('start' in match) add(recogniser, match, found);
  else for (const one of match) add(recogniser, one, found);
}

function add(recogniser: Recogniser, match: Match, found: Span[]): void {
  if (match.score < MIN_SCORE || match.end <= match.start) return;
  found.push({ ...match, type: recogniser.type, recogniser: recogniser.name });
}

function addWord(text: string, isWhole: boolean, recogniser: Recogniser): void {
  const bucket = bucketOf(text.charCodeAt(0), text.charCodeAt(1));
  byWord[bucket] = [...(byWord[bucket] ?? []), { text, isWhole, recogniser }];
}

/** Case is folded by setting bit 5, which is enough to choose a bucket. One-letter words are their letter and what follows: `m.`. */
function bucketOf(first: number, second: number): number {
  return ((first | 32) * 67 + (second | 32)) & 4095;
}
