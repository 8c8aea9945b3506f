import { isLetter, isWord } from '../characters.ts';
import { ibanRemainder } from './checksums.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

/** Length by country: SWIFT IBAN registry. */
const LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BI: 27,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DJ: 27,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FK: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HN: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MN: 20,
  MR: 27,
  MT: 31,
  MU: 30,
  NI: 28,
  NL: 18,
  NO: 15,
  OM: 23,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  SO: 23,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
  YE: 30,
};
const CUE = /(?:\biban\b|\brib\b|compte|virement|\bbank|account|pr[ée]l[èe]vement|coordonn[ée]es bancaires)/i;
/** Two letters that begin a word, or stand right behind `IBAN`. */
const LETTERS = /(?:^|[^\p{L}\d_]|iban)([A-Za-z]{2})[ ]?$/iu;

const SPACE = 32;

export const iban: Recogniser = {
  name: 'iban',
  type: 'IBAN',
  finds: 'IBANs of all countries, in groups, in one piece, with dashes or dots, in lower case',
  checks: 'length of the country and remainder modulo 97 (ISO 13616, ISO/IEC 7064)',
  triggers: { digits: 2, afterLetters: true },
  maxLength: 72,
  match(text, at, digits) {
    if (digits.endOf(2) !== at + 2) return undefined;
    const before = text.charCodeAt(at - 1) === SPACE ? at - 1 : at;
    if (!isLetter(text.charCodeAt(before - 1)) || !isLetter(text.charCodeAt(before - 2))) return undefined;
    const country = text.slice(before - 2, before).toUpperCase();
    const length = LENGTHS[country];
    if (length === undefined || !LETTERS.test(text.slice(Math.max(0, at - 7), at))) return undefined;
    const start = at - (text.charAt(at - 1) === ' ' ? 3 : 2);
    const read = readAlphanumerics(text, at, length - 2);
    if (read === undefined) return undefined;
    const hasCue = hasCueBefore(text, start, CUE);
    if (ibanRemainder(country + read.characters.toUpperCase()) === 1)
      return { start, end: read.end, score: hasCue ? 0.99 : 0.97 };
    // A mistyped one is believed where the text announces it and it is grouped as IBANs are.
    const isGrouped =
      /^[A-Za-z]{2}[ ]?\d\d(?:([ .-]?)[A-Za-z0-9]{4}(?:\1[A-Za-z0-9]{4})*)?[ .-]?[A-Za-z0-9]{1,4}$/.test(
        text.slice(start, read.end),
      );
    return hasCue && isGrouped ? { start, end: read.end, score: 0.75 } : undefined;
  },
};

/** `total` letters and digits with single separators between them, ending where a word ends. */
function readAlphanumerics(text: string, at: number, total: number): { characters: string; end: number } | undefined {
  let characters = '';
  let index = at;
  while (characters.length < total) {
    const character = text.charAt(index);
    if (/[A-Za-z0-9]/.test(character)) characters += character;
    else if (!/[ ./-]/.test(character) || /[ ./-]/.test(text.charAt(index - 1))) return undefined;
    index += 1;
  }
  return isWord(text.charCodeAt(index)) ? undefined : { characters, end: index };
}
