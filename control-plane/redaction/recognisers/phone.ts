import { isDigit, isWord } from '../characters.ts';
import type { DigitRun } from './digit-run.ts';
import { hasCueBefore, type Match, type Recogniser } from './recogniser.ts';

/** What says, right before it, that a number is something else. */
const OTHER_NUMBER =
  /(?:\bcode|article|item|r[ée]f(?:[ée]rence)?|\breference|commande|order|facture|invoice|dossier|\blot|batch|isbn|part number|s[ée]rie|serial|\bid|version|ticket|\bn° de (?!t[ée]l|mobile|portable|fax)\p{L}+)[^\p{L}\d\n]{0,4}$/iu;
/** Ten digits in three to six groups, none long: nobody writes other numbers so that begin with a nought. */
const USUAL_SHAPE = /^(?:[1-4](?:-[2-4]){2,4}|1-2-2-2-2-1)$/;
/** Country codes of ITU-T E.164 by their number of digits. */
const COUNTRY =
  /^(?:1|7|2(?:0|7|1[1-3689]|[2-46]\d|5[0-8]|9[01789])|3(?:[0-469]|5\d|7[0-8]|8[0-35-79])|4(?:[013-9]|2[0139])|5(?:[1-8]|0\d|9\d)|6(?:[0-6]|7[02-9]|8[0-35-9]|9[0-2])|8(?:[1246]|0[08]|5[02356]|7[0138]|8[0368])|9(?:[0-58]|6[0-8]|7[0-79]|9[2-68]))/;
const CUE =
  /(?:t[ée]l(?:[ée]phone|\b)|\bportable|\bmobile|\bphone|\bfax|\bgsm|\bcell\b|appel|joindre|joignable|contact|whatsapp|\bcall|\bsms\b|num[ée]ro|\bdial|\bring|rappel|standard)/i;
// National part after a country code: groups of digits with single separators, `(0)` and brackets around an area code.
const INTERNATIONAL =
  /(?:\+|00)[ ]?(\d{1,3})[ .-]?(?:\(0\)[ .-]?)?((?:\(\d{1,5}\)[ .-]?|\d[ ./-]?){5,14}\d)(?![\p{L}\d_])/uy;
const BRACKETED = /\(\d{2,5}\)[ .-]?\d{2,4}(?:[ .-]?\d{2,4}){1,3}(?![\p{L}\d_])/uy;

export const phone: Recogniser = {
  name: 'phone',
  type: 'PHONE',
  finds: 'phone numbers: French in every spacing, any country’s in international form, national ones after a cue',
  checks: 'numbering plans (ARCEP; ITU-T E.164 country codes and lengths)',
  triggers: {
    digits: 10,
    characters: '+(',
    words: [
      'tél',
      'tel',
      'téléphone',
      'telephone',
      'portable',
      'mobile',
      'phone',
      'fax',
      'gsm',
      'cell',
      'whatsapp',
      'call',
    ],
  },
  maxLength: 40,
  match(text, at, digits) {
    const sign = text.charCodeAt(at);
    if (sign === PLUS) return international(text, at);
    if (sign === OPEN_ROUND) return bracketed(text, at);
    if (!isDigit(sign)) return national(text, at, digits);
    // All that remains begins with a nought.
    if (sign !== NOUGHT || !digits.beginsApart) return undefined;
    if (OTHER_NUMBER.test(text.slice(Math.max(0, at - 24), at))) return undefined;
    return text.charCodeAt(at + 1) === NOUGHT ? international(text, at) : french(text, at, digits);
  },
};

const PLUS = 43;
const OPEN_ROUND = 40;
const NOUGHT = 48;

function french(text: string, at: number, digits: DigitRun): Match | undefined {
  const number = digits.digits.slice(0, 10);
  if (number.length < 10 || !/^0[1-9]/.test(number) || !digits.endsApart(10)) return undefined;
  // The ten digits in order are an alphabet more often than a phone.
  if (number === '0123456789' && digits.shape(10) === '10') return undefined;
  const end = digits.endOf(10);
  const hasCue = hasCueBefore(text, at, CUE);
  if (hasCue) return { start: at, end, score: 0.97 };
  // Two numbers may stand one after the other; other digits beside them mean a longer number, or a dump of bytes.
  if (digits.continues(10) && !/^ 0[1-9](?:[ .-]?\d\d){4}(?!\d)/.test(text.slice(end, end + 16))) return undefined;
  if (/(?:^|[^\p{L}\d])[\dA-Fa-f]{2} $/u.test(text.slice(Math.max(0, at - 4), at)) || number === '0102030405')
    return undefined;
  if (!digits.isUniform(10)) return undefined;
  const shape = digits.shape(10);
  if (USUAL_SHAPE.test(shape)) return { start: at, end, score: 0.92 };
  return shape === '10' || shape === '1-1-1-1-1-1-1-1-1-1' ? { start: at, end, score: 0.75 } : undefined;
}

function international(text: string, at: number): Match | undefined {
  // `10:00:00+02` and `1/+33` are something else; `Tél:+33` and a column of `a,+33` are not.
  if (isWord(text.charCodeAt(at - 1)) || /(?:[+./-]|\d:)$/.test(text.slice(Math.max(0, at - 2), at))) return undefined;
  INTERNATIONAL.lastIndex = at;
  const match = INTERNATIONAL.exec(text);
  if (match === null) return undefined;
  let whole = match[0];
  let digits = whole.replace(/\(0\)/, '').replace(/\D/g, '');
  const isPlus = whole.startsWith('+');
  if (!isPlus) digits = digits.slice(2);
  const code = COUNTRY.exec(digits)?.[0];
  if (code === undefined) return undefined;
  const most = code === '33' ? 11 : code === '1' ? 11 : 15;
  if (digits.length > most) {
    // A French or American number has a fixed length: what follows is something else.
    const shorter = cutTo(whole, most + (isPlus ? 0 : 2));
    if (shorter === undefined) return undefined;
    whole = shorter;
    digits = digits.slice(0, most);
  }
  const least = code === '33' ? 11 : code === '1' ? 11 : 9;
  if (digits.length < least || (code === '1' && !/^1[2-9]/.test(digits))) return undefined;
  const end = at + whole.length;
  const hasCue = hasCueBefore(text, at, CUE);
  // `x + 946684800000` is a sum.
  if (/^\+ \d{5}/.test(whole) && !hasCue) return undefined;
  if (isPlus) return { start: at, end, score: hasCue ? 0.97 : 0.92 };
  if (hasCue) return { start: at, end, score: 0.95 };
  // Without a cue, 00 is also how counters are padded: wanted are groups with spaces, or the length of a full number.
  const isGrouped = /^00[ ]?\d{1,3}[ ](?:\(0\)|\d)/.test(whole) || whole.includes('(0)');
  return isGrouped || (/^\d+$/.test(whole) && digits.length >= 11) ? { start: at, end, score: 0.7 } : undefined;
}

/** The first `total` digits of a written number (not counting `(0)`), if a group ends there. */
function cutTo(whole: string, total: number): string | undefined {
  let seen = whole.includes('(0)') ? -1 : 0;
  for (let at = 0; at < whole.length; at += 1) {
    if (/\d/.test(whole.charAt(at))) seen += 1;
    if (seen === total) return /\d/.test(whole.charAt(at + 1)) ? undefined : whole.slice(0, at + 1);
  }
  return undefined;
}

/** `(555) 123-4567`: American, or any country's after a cue; and `(+33) 6 12 34 56 78` is met at its plus. */
function bracketed(text: string, at: number): Match | undefined {
  if (isWord(text.charCodeAt(at - 1))) return undefined;
  BRACKETED.lastIndex = at;
  const match = BRACKETED.exec(text);
  if (match === null) return undefined;
  const digits = match[0].replace(/\D/g, '');
  const isAmerican = /^\([2-9]\d{2}\)[ .-]?[2-9]\d{2}[ .-]\d{4}$/.test(match[0]);
  if (/^\(0[1-9]\)(?:[ .-]?\d\d){4}$/.test(match[0])) return { start: at, end: at + match[0].length, score: 0.92 };
  if (digits.length < 8 || digits.length > 13 || !(isAmerican || hasCueBefore(text, at, CUE, 30))) return undefined;
  return { start: at, end: at + match[0].length, score: 0.85 };
}

const CUED = /\p{L}+[^\p{L}\d\n+(]{0,6}(?:(?:number|no|us|me|at|on|is|au|est le)[^\p{L}\d\n+(]{1,3}){0,2}(?=\d)/iuy;

/** Numbers of other countries in their national form say too little by themselves: it takes a cue right before them. */
function national(text: string, at: number, digits: DigitRun): Match | undefined {
  CUED.lastIndex = at;
  const cue = CUED.exec(text);
  if (cue === null) return undefined;
  const start = at + cue[0].length;
  digits.read(text, start);
  for (let total = Math.min(12, digits.count); total >= 7; total -= 1) {
    if (digits.endsApart(total) && !digits.continues(total)) {
      return { start, end: digits.endOf(total), score: 0.75 };
    }
  }
  return undefined;
}
