import { isDigit, isLetter, isUpper, isWord } from '../characters.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

// Since 2009: AB-123-CD, without I, O, U, and never SS. Before: 1234 AB 75.
const L = '[A-HJ-NP-TV-Za-hj-np-tv-z]';
const BEFORE = new RegExp(`(${L}${L})([ .-]?)$`);
const AFTER = new RegExp(`(\\d{3})([ .-]?)(${L}${L})(?![\\p{L}\\d_]|-\\d)`, 'uy');
const OLD = /(\d{1,4})([ .-]?)([A-Z]{2,3})\2(0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])(?![\p{L}\d_])/uy;
const CUE =
  /(?:plaque|immatricul|v[ée]hicule|voiture|\bauto\b|camion|moto\b|scooter|license plate|number plate|registration|\bplate\b|vehicle|\bcar\b|peugeot|renault|citro[ëe]n|dacia|toyota|volkswagen|\bbmw\b|stationn)/i;
/** Units and abbreviations around a number that are no plate: `RX 570 GB`. */
const UNITS = /^(?:GB|KB|MB|TB|PM|AM|KG|MG|ML|CM|MM|KM|EX|MS|NS|DB|KW|MW|HZ|PX|PT|FR|EN|DE|ET|LE|LA|AT|BY|MY|WE|HE)$/i;

export const frPlate: Recogniser = {
  name: 'fr-plate',
  type: 'PLATE',
  finds: 'French number plates, those of 2009 and the older ones',
  checks: 'letters and separators (arrêté du 9 février 2009); an older plate needs a cue',
  triggers: { digits: 3, afterLetters: true },
  maxLength: 11,
  match(text, at, digits) {
    // Three digits and letters on both sides, as a look at the neighbours tells for almost every number.
    if (isDigit(text.charCodeAt(at + 2)) && !isDigit(text.charCodeAt(at + 3)) && hasLetterBefore(text, at)) {
      const before = BEFORE.exec(text.slice(Math.max(0, at - 3), at));
      AFTER.lastIndex = at;
      const after = before === null ? null : AFTER.exec(text);
      if (before !== null && after !== null) return current(text, at - before[0].length, before, after, at);
    }
    if (digits.count > 6 || !isUpperSoon(text, digits.endOf(1))) return undefined;
    OLD.lastIndex = at;
    const old = OLD.exec(text);
    if (old === null || isWord(text.charCodeAt(at - 1)) || !hasCueBefore(text, at, CUE)) return undefined;
    return { start: at, end: at + old[0].length, score: 0.8 };
  },
};

function current(
  text: string,
  start: number,
  before: RegExpExecArray,
  after: RegExpExecArray,
  at: number,
): ReturnType<Recogniser['match']> {
  const [, first = '', separator = ''] = before;
  const [whole, , second, last = ''] = after;
  const end = at + whole.length;
  if (isWord(text.charCodeAt(start - 1)) || separator !== second || /^SS$|^WW$/i.test(first) || /^SS$/i.test(last))
    return undefined;
  if (hasCueBefore(text, start, CUE)) return { start, end, score: 0.92 };
  const isUpper = first === first.toUpperCase() && last === last.toUpperCase();
  if (!isUpper || separator === '') return undefined;
  if (separator === '-') return text.charAt(start - 1) === '-' ? undefined : { start, end, score: 0.85 };
  return UNITS.test(first) || UNITS.test(last) ? undefined : { start, end, score: 0.55 };
}

function hasLetterBefore(text: string, at: number): boolean {
  return isLetter(text.charCodeAt(at - 1)) || isLetter(text.charCodeAt(at - 2));
}

/** A capital within the next five characters: an older plate is `1234 AB 75`. */
function isUpperSoon(text: string, at: number): boolean {
  for (let index = at; index < at + 5; index += 1) {
    const code = text.charCodeAt(index);
    if (isUpper(code)) return true;
    if (!isDigit(code) && code !== 32 && code !== 45 && code !== 46) return false;
  }
  return false;
}
