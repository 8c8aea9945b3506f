// What a recogniser is. To add one: write a file beside this one, add it to the list in index.ts, and add a row to the
// table of recognisers.test.ts. The scanner calls it only where one of its triggers stands, so that it can afford to look closely.
import type { EntityType } from '../entities.ts';
import type { DigitRun } from './digit-run.ts';

export interface Match {
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly hint?: string;
}

/** Where the scanner calls a recogniser. At least one. */
export interface Triggers {
  /** At the first digit of a group, if at least this many digits follow with single separators between them. */
  readonly digits?: number;
  /** Call it for digits also where a letter stands right before them: `FR76`, `AB123CD`. */
  readonly afterLetters?: true;
  /** At each of these ASCII characters. */
  readonly characters?: string;
  /** At the beginning of these whole words, in any case. */
  readonly words?: readonly string[];
  /** At the beginning of a word that begins exactly so: `ghp_`. Two characters or more. */
  readonly prefixes?: readonly string[];
}

export interface Recogniser {
  /** Stable name, as it stands in findings. */
  readonly name: string;
  readonly type: EntityType;
  /** One line for the reference page: what it finds. */
  readonly finds: string;
  /** One line for the reference page: what it checks, with the standard or law behind it. */
  readonly checks: string;
  readonly triggers: Triggers;
  /** No match is longer, in characters of the folded view: what makes bounded look-ahead possible. */
  readonly maxLength: number;
  /**
   * Looks at the folded view around `at`, where a trigger stands; must look at a bounded number of characters. `digits` is the
   * run that begins there, for digit triggers. Several matches: `MM. Vasseur et Roux`.
   */
  match(text: string, at: number, digits: DigitRun): Match | readonly Match[] | undefined;
}

/** Whether `cue` occurs on the way to `at`: within the 48 characters before it, unless told otherwise. */
export function hasCueBefore(text: string, at: number, cue: RegExp, within = 48): boolean {
  return cue.test(text.slice(Math.max(0, at - within), at));
}
