import type { Recogniser } from './recogniser.ts';

const WAYS = [
  'street',
  'st',
  'road',
  'rd',
  'avenue',
  'ave',
  'lane',
  'ln',
  'drive',
  'dr',
  'court',
  'ct',
  'boulevard',
  'blvd',
  'way',
  'square',
  'terrace',
  'close',
  'crescent',
  'place',
  'gardens',
  'grove',
  'row',
  'parkway',
  'highway',
];
const BEFORE =
  /(?:^|[^\p{L}\d_.,])((?:[Ff]lat \d{1,3}[A-Za-z]?,? )?\d{1,5}[A-Za-z]?(?:-\d{1,4})?,? (?:[NSEW]\.? )?(?:(?:\p{Lu}[\p{L}'-]{1,20}\.?|\d{1,3}(?:st|nd|rd|th)) ){1,4})$/u;
const UK = String.raw`[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}`;
const US = String.raw`[A-Z]{2},? \d{5}(?:-\d{4})?`;
const TOWN = String.raw`(?:,? \n?|,?\n)(?:(?:\p{Lu}[\p{L}'-]+[ ,\n]{1,2}){1,4})(?:${UK}|${US})`;
const AFTER = new RegExp(
  String.raw`\p{Lu}\p{L}+\.?(?:,?[ \n](?:[Aa]pt|APT|[Aa]partment|[Ss]uite|[Uu]nit|[Ff]lat|[Ff]loor|#)\.? ?#?[\p{L}\d-]{1,6})?(?:${TOWN}|,? (?:${UK}))?(?![\p{L}\d_])`,
  'uy',
);

export const addressEn: Recogniser = {
  name: 'address-en',
  type: 'ADDRESS',
  finds: 'English and American street addresses with a house number',
  checks: 'house number, capitalised name, way; town with a British or American postcode',
  triggers: { words: WAYS },
  maxLength: 200,
  match(text, at) {
    const before = BEFORE.exec(text.slice(Math.max(0, at - 72), at));
    if (before === null || !/^\p{Lu}/u.test(text.charAt(at))) return undefined;
    const name = before[1] ?? '';
    // Every word of the name is capitalised: "12 Jours de route" and "3 people on the Street" are no addresses.
    if (
      !/^[^\p{L}]*(?:\p{Lu}|\d|flat|bis)/iu.test(name) ||
      /(?:^|\s)\p{Ll}{2,}\s/u.test(name.replace(/^flat /i, '').replace(/\d+(?:st|nd|rd|th)/gi, ''))
    )
      return undefined;
    AFTER.lastIndex = at;
    const after = AFTER.exec(text);
    if (after === null) return undefined;
    const hasTown = /\d/.test(after[0]);
    return { start: at - name.length, end: at + after[0].length, score: hasTown ? 0.95 : 0.7 };
  },
};
