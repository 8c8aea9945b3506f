import type { Recogniser } from './recogniser.ts';

const MONTHS =
  'janvier|janv|jan|février|fevrier|févr|fevr|fév|fev|mars|avril|avr|mai|juin|juillet|juil|août|aout|septembre|sept|octobre|oct|novembre|nov|décembre|decembre|déc|dec|january|february|feb|march|mar|april|apr|may|june|jun|july|jul|august|aug|september|sep|october|november|december';
const YEAR = '(?:1[89]|20)\\d\\d';
/** Numeric with one kind of separator, ISO, or a month in letters in French or English order. */
const DATE = `(?:${YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\\d|3[01])|\\d{1,2}(?<sep>[ ]?[-/. ][ ]?)\\d{1,2}\\k<sep>(?:${YEAR}|\\d\\d)|(?:0?[1-9]|[12]\\d|3[01])(?:er|st|nd|rd|th)?[ -](?:of )?(?:${MONTHS})\\.?,?[ -]${YEAR}|(?:${MONTHS})\\.?[ ](?:0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?,?[ ]${YEAR}|(?:0[1-9]|[12]\\d|3[01])(?:0[1-9]|1[0-2])${YEAR})(?![\\p{L}\\d_]|[-/.]\\d)`;
/** Between a cue and its date: a name, a place, brackets, a colon, "le", at most. */
const PLACE = String.raw`(?:[ ,]{0,2}(?:à|a|en|au|aux|in|at) [^,;:.\n\d]{1,40}(?:\(\d[\dAB]\d?\))?)?`;
const NAME = String.raw`(?:[ ]\p{Lu}[\p{L}\p{M}'-]{1,30}){0,4}`;
const LEAD = String.raw`["'*_|)\]]{0,3}[ ]{0,3}`;
const CUED = new RegExp(
  String.raw`(?:n[ée]{1,2}(?:\(?e\)?)?s?(?:\b|(?<=[é)]))${NAME}${PLACE}|naissance|ddn|dob|born|birth(?:day|date)?|birth[ _-]date|nacimiento|geburtsdatum)(?:[ ]?\([^()\n]{1,24}\))?${PLACE}${LEAD}(?:[,: |=\n\t-]{0,6})${LEAD}(?:(?:le|du|on|the|is|was|est|fut|:|est le)[ ]{1,2}){0,2}["']?(${DATE})`,
  'iuy',
);

const UNACCENTED = /^ne{1,2}[ (]/i;

export const dateOfBirth: Recogniser = {
  name: 'date-of-birth',
  type: 'DATE_OF_BIRTH',
  finds:
    'dates of birth after a cue (né le, date de naissance, DDN, born, DOB), in figures or with the month in letters',
  checks: 'day, month and year are possible',
  triggers: {
    words: [
      'né',
      'née',
      'nés',
      'nées',
      'ne',
      'nee',
      'naissance',
      'ddn',
      'dob',
      'born',
      'birth',
      'birthday',
      'birthdate',
      'geburtsdatum',
    ],
  },
  maxLength: 160,
  match(text, at) {
    // In French "ne" is also every other negation.
    if (UNACCENTED.test(text.slice(at, at + 4)) && !/^ne{1,2}(?:\(e\))?s? (?:le|a|en) /i.test(text.slice(at, at + 12)))
      return undefined;
    CUED.lastIndex = at;
    const match = CUED.exec(text);
    const date = match?.[1];
    if (match === null || date === undefined || !isPossible(date)) return undefined;
    const end = at + match[0].length;
    const year = /(?:1[89]|20)\d\d/.exec(date)?.[0];
    return { start: end - date.length, end, score: 0.96, ...(year === undefined ? {} : { hint: year }) };
  },
};

/** Rejects `45/12/1990` and `31/31/1990`; both orders of day and month are in use. */
function isPossible(date: string): boolean {
  const numbers = /^(\d{1,2})[ ]?[-/. ][ ]?(\d{1,2})[ ]?[-/. ][ ]?\d/.exec(date);
  if (numbers === null) return true;
  const first = Number(numbers[1]);
  const second = Number(numbers[2]);
  return first >= 1 && second >= 1 && first <= 31 && second <= 31 && (first <= 12 || second <= 12);
}
