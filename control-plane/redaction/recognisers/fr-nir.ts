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
    if (digits.count < 13 && !hasCorsica(text, at)) return undefined;
    NIR.lastIndex = at;
    const match = NIR.exec(text);
    if (match === null) return undefined;
    const [, sex = '', , month, department, commune, order, key] = match.map((part) =>
      (part ?? '').replace(/[ ./-]/g, '').toUpperCase(),
    );
    if (!isMonth(Number(month)) || department === '00' || order === '000') return undefined;
    const body = `${sex}${[match[2], month, department, commune, order].join('')}`.replace(/[ ./-]/g, '').toUpperCase();
    const end = at + match[0].length;
    const hasCue = hasCueBefore(text, at, CUE);
    const shape = match[0].replace(/\d/g, '9').replace(/[ABab]/, '9');
    const isGrouped = /^9([ ./-])99\1?99\1?9[9]\1?999\1?999(?:\1?99)?$/.test(shape);
    if (key === '' || key === undefined) {
      return hasCue || isGrouped ? { start: at, end, score: hasCue ? 0.85 : 0.6 } : undefined;
    }
    if (expectedKey(body) === Number(key)) return { start: at, end, score: hasCue || isGrouped ? 0.99 : 0.9 };
    // A mistyped number still points at a person, where the text says what it is or it is written as one.
    return hasCue ? { start: at, end, score: 0.75 } : isGrouped ? { start: at, end, score: 0.6 } : undefined;
  },
};

/** First digits of a NIR or NIA: 1, 2, 3, 4, 7, 8. */
const SEXES: ReadonlySet<number> = new Set([49, 50, 51, 52, 55, 56]);

function hasCorsica(text: string, at: number): boolean {
  return /2[ ./-]?[ABab]/.test(text.slice(at + 5, at + 14));
}

/** 01-12; 20-42 and 50-99 stand for unknown months and overflow. */
function isMonth(month: number): boolean {
  return (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
}

/** 2A counts as 19 and 2B as 18. */
function expectedKey(body: string): number {
  const digits = body.replace('2A', '19').replace('2B', '18');
  return 97 - Number(BigInt(digits) % 97n);
}
