// Character classes as one table lookup: the scanner asks this question once per character, and a regular expression
// per character would be slower than all the recognisers together.

export const DIGIT = 1;
export const UPPER = 2;
export const LOWER = 4;
/** A letter without case (Arabic, Chinese...) or a combining mark. */
export const CASELESS = 8;
/** Characters that recognisers asked to be called at (`@`, `+`, `<`...) are marked in a copy of the table by the scanner. */
export const LETTER = UPPER | LOWER | CASELESS;
export const WORD = LETTER | DIGIT;

/** Class of every UTF-16 unit. Halves of surrogate pairs and everything else that is no letter or digit are 0. */
export const CLASS: Uint8Array = buildTable();

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isLetter = (code: number): boolean => ((CLASS[code] ?? 0) & LETTER) !== 0;
export const isUpper = (code: number): boolean => ((CLASS[code] ?? 0) & UPPER) !== 0;
/** Letter, digit or underscore: what an identifier or a word is made of. NaN (past the end of a text) is not. */
export const isWord = (code: number): boolean => code === 95 || ((CLASS[code] ?? 0) & WORD) !== 0;

function buildTable(): Uint8Array {
  const table = new Uint8Array(0x10000);
  // One pass of each expression over all units at once: a test per unit would cost 50 ms at every start.
  const units = Array.from({ length: 0x10000 }, (_, code) =>
    code >= 0xd800 && code <= 0xdfff ? ' ' : String.fromCharCode(code),
  ).join('');
  const mark = (pattern: RegExp, bit: number): void => {
    for (const run of units.matchAll(pattern)) table.fill(bit, run.index, run.index + run[0].length);
  };
  mark(/[\p{Lo}\p{Lm}\p{M}]+/gu, CASELESS);
  mark(/\p{Ll}+/gu, LOWER);
  mark(/[\p{Lu}\p{Lt}]+/gu, UPPER);
  mark(/[0-9]+/g, DIGIT);
  return table;
}
