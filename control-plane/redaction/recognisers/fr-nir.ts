import { hasCueBefore, type Recogniser } from './recogniser.ts';

// Sex, year, month, department (Corsica: 2A, 2B), commune, order, key. Single separators anywhere, even between digits.
const S = '[ ./-]?';
/** Before the key: also a slash between spaces, or the word. */
const KEY = '(?:[ ./-]?| [/-] |[ ]?,?[ ]?cl[ée][ ]?:?[ ]?)';
const NIR = new RegExp(
  `([1-478])${S}(\\d${S}\\d)${S}(\\d${S}\\d)${S}(\\d${S}[\\dABab])${S}(\\d${S}\\d${S}\\d)${S}(\\d${S}\\d${S}\\d)(?:${KEY}(\\d${S}\\d))?(?![\\p{L}\\d_]|[./-]\\d)`,
  'uy',
);
const CUE =
  /(?:s[ée]cu(?:rit[ée])?(?: sociale)?|\bNIR\b|\bINS\b|\bN?SS\b|\bN°? ?SS\b|num[ée]ro (?:d')?(?:inscription|assur[ée])|immatriculation|social security|assur[ée](?:\(?e\)?)? sociale?|NIA)/i;

export const frNir: Recogniser = {
  name: 'fr-nir',
  type: 'FR_NIR',
  finds: 'French social security numbers (NIR, NIA), with or without key, Corsica included',
  checks: 'key 97 - N mod 97 (INSEE; décret n° 82-103), month, department',
  triggers: { digits: 6 },
  maxLength: 40,
  match(text, at, digits) {
    if (!SEXES.has(text.charCodeAt(at)) || !digits.beginsApart) return undefined;
    if (digits.count < 13) {
      if (!hasCorsica(text, at)) return undefined;
    } else if (!mayBeNir(digits.digits)) return undefined;
    NIR.lastIndex = at;
    const match = NIR.exec(text);
    if (match === null) return undefined;
    const body = digits.count >= 13 ? digits.digits.slice(0, 13) : compact(match.slice(1, 7).join(''));
    if (!mayBeNir(body)) return undefined;
    const key = match[7] === undefined ? undefined : compact(match[7]);
    const end = at + match[0].length;
    const hasCue = hasCueBefore(text, at, CUE);
    const isGrouped = /^\d([ ./-])\d\d\1?\d\d\1?\d[\dABab]\1?\d{3}\1?\d{3}(?:\1?\d\d)?$/.test(match[0]);
    if (key === undefined) {
      return hasCue || isGrouped ? { start: at, end, score: hasCue ? 0.85 : 0.6 } : undefined;
    }
    if (expectedKey(body) === Number(key)) return { start: at, end, score: hasCue || isGrouped ? 0.99 : 0.9 };
    // A mistyped number still points at a person, where the text says what it is or it is written as one.
    return hasCue ? { start: at, end, score: 0.75 } : isGrouped ? { start: at, end, score: 0.6 } : undefined;
  },
};

/** First digits of a NIR or NIA: 1, 2, 3, 4, 7, 8. */
const SEXES: ReadonlySet<number> = new Set([49, 50, 51, 52, 55, 56]);

/** Month, department and order of the first thirteen digits: most numbers fail here. */
function mayBeNir(digits: string): boolean {
  return isMonth(Number(digits.slice(3, 5))) && !digits.startsWith('00', 5) && !digits.startsWith('000', 10);
}

function compact(part: string): string {
  return part.replace(/[ ./-]/g, '').toUpperCase();
}

function hasCorsica(text: string, at: number): boolean {
  // Almost every number fails at the letter.
  for (let index = at + 6; index < at + 14; index += 1) {
    const letter = text.charCodeAt(index) | 32;
    if (letter === 97 || letter === 98) return /2[ ./-]?[ABab]/.test(text.slice(at + 5, at + 14));
  }
  return false;
}

/** 01-12; 20-42 and 50-99 stand for unknown months and overflow. */
function isMonth(month: number): boolean {
  return (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
}

/** 2A counts as 19 and 2B as 18. */
function expectedKey(body: string): number {
  const digits = body.replace('2A', '19').replace('2B', '18');
  // Thirteen digits are exact as a number.
  return 97 - (Number(digits) % 97);
}
