// The texts of `npm run bench -- detect`: one generated value in a sentence each, French and English, plain spellings;
// sentences without personal data; and text by the kilobyte. The same in every run.

import { PLANTED } from '../quality/entities.ts';
import { fillIn, INNOCENT, logLines, prose } from '../quality/innocent.ts';
import { seededRandom } from '../quality/random.ts';

export interface PlantedText {
  readonly kind: 'structured' | 'names';
  readonly text: string;
  readonly value: string;
}

export interface DetectionSet {
  readonly planted: readonly PlantedText[];
  readonly innocent: readonly string[];
  /** Text to be timed on, by kind. */
  readonly timed: Readonly<Record<string, readonly string[]>>;
}

const LANGUAGES = ['fr', 'en'] as const;
const TIMED_CHARS = 4_096;

export function detectionSet(perFrame: number, timedChars: number): DetectionSet {
  const random = seededRandom(3);
  const planted: PlantedText[] = [];
  for (const { type, frames, plain } of PLANTED) {
    const kind = type === 'PERSON' ? 'names' : 'structured';
    for (const language of LANGUAGES) {
      for (let at = 0; at < perFrame; at += 1) {
        const value = plain(random, language);
        planted.push({ kind, value, text: random.pick(frames[language]).replace('{}', () => value) });
      }
    }
  }
  const innocent = LANGUAGES.flatMap((language) => INNOCENT[language].map((sentence) => fillIn(random, sentence)));
  const dense = Array.from({ length: Math.ceil(timedChars / 100) }, () => {
    const { frames, plain } = random.pick(PLANTED);
    return `${random.pick(frames.fr).replace('{}', () => plain(random, 'fr'))} ${fillIn(random, random.pick(INNOCENT.fr))}`;
  }).join('\n');
  const sources = { prose: prose('fr'), logs: logLines(random, 5_000), 'a value in every sentence': dense };
  const timed = Object.fromEntries(Object.entries(sources).map(([name, text]) => [name, cut(text, timedChars)]));
  return { planted, innocent, timed };
}

function cut(text: string, chars: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < Math.min(chars, text.length); at += TIMED_CHARS) pieces.push(text.slice(at, at + TIMED_CHARS));
  return pieces;
}

/**
 * Whether a value is gone: every word and number of it occurs less often in what is left than in the text, by as often
 * as it stands in the value. Asks nothing of how a redactor writes what it found.
 */
export function isGone(text: string, value: string, left: string): boolean {
  const words = value.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.every((word) => count(left, word) <= count(text, word) - count(value, word));
}

function count(text: string, word: string): number {
  let found = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) found += 1;
  return found;
}
