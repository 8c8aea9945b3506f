// Digits with single separators between them, read once for all recognisers that begin at the same place:
// `1 85 05 78 006 084 91` is the fifteen digits 185057800608491 in groups of 1-2-2-2-3-3-2.
import { isWord } from '../characters.ts';

const MAX_DIGITS = 34;
const SPACE = 32;

export class DigitRun {
  #text = '';
  #digits: string | undefined;
  #count = 0;
  /** Offset after each digit. */
  readonly #ends: number[] = [];
  #start = 0;

  get start(): number {
    return this.#start;
  }

  /** Number of digits read, at most 34. */
  get count(): number {
    return this.#count;
  }

  /** The digits alone. */
  get digits(): string {
    this.#digits ??= this.#join();
    return this.#digits;
  }

  /** Group by group, without the separators: asked for at every number, so not by an expression. */
  #join(): string {
    let digits = '';
    let from = this.#start;
    for (let digit = 1; digit <= this.#count; digit += 1) {
      const end = this.endOf(digit);
      if (digit < this.#count && this.endOf(digit + 1) - end === 1) continue;
      digits += this.#text.slice(from, end);
      from = end + 1;
    }
    return digits;
  }

  /** Reads the run that begins at `at`, a digit. */
  read(text: string, at: number): void {
    this.#text = text;
    this.#start = at;
    this.#digits = undefined;
    let count = 0;
    for (let index = at; count < MAX_DIGITS; index += 1) {
      const code = text.charCodeAt(index);
      if (code >= 48 && code <= 57) {
        this.#ends[count] = index + 1;
        count += 1;
        continue;
      }
      if (!isSeparator(code) || !isDigitAt(text, index + 1)) break;
    }
    this.#count = count;
  }

  /** Offset after the digit with this number, counted from 1. */
  endOf(digit: number): number {
    return this.#ends[digit - 1] ?? this.#start;
  }

  /** Sizes of the groups of the first `total` digits, joined by dashes: `2-2-2-2-2`. */
  shape(total: number): string {
    const sizes: number[] = [];
    let size = 0;
    for (let digit = 1; digit <= total; digit += 1) {
      size += 1;
      if (digit === total || this.endOf(digit + 1) - this.endOf(digit) > 1) {
        sizes.push(size);
        size = 0;
      }
    }
    return sizes.join('-');
  }

  /** Whether the first `total` digits have one kind of separator, or none. */
  isUniform(total: number): boolean {
    let separator = '';
    for (let digit = 1; digit < total; digit += 1) {
      const end = this.endOf(digit);
      if (this.endOf(digit + 1) - end === 1) continue;
      const here = this.#text.charAt(end);
      if (separator !== '' && here !== separator) return false;
      separator = here;
    }
    return true;
  }

  /** Whether nothing before the run belongs to it: no letter, no digit, no decimal point. */
  get beginsApart(): boolean {
    const before = this.#text.charCodeAt(this.#start - 1);
    if (isWord(before)) return false;
    // `3.0612345678` and `2024-0612345678` are other numbers; `12 06 12 34 56 78` may be two.
    return !(
      before !== SPACE &&
      (isSeparator(before) || before === 44 || before === 58) &&
      isDigitAt(this.#text, this.#start - 2)
    );
  }

  /** Whether the first `total` digits end where a number ends: at the end of a group, and not in the middle of a decimal or an identifier. */
  endsApart(total: number): boolean {
    if (this.#count < total) return false;
    const end = this.endOf(total);
    const after = this.#text.charCodeAt(end);
    if (isWord(after)) return false;
    return !(isSeparator(after) && after !== SPACE && isDigitAt(this.#text, end + 1));
  }

  /** Whether more digits follow the first `total` after a single space. */
  continues(total: number): boolean {
    const end = this.endOf(total);
    return this.#text.charCodeAt(end) === SPACE && isDigitAt(this.#text, end + 1);
  }
}

function isDigitAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** Space, dot, dash, slash: what people write between groups. */
function isSeparator(code: number): boolean {
  return code === SPACE || code === 46 || code === 45 || code === 47;
}
