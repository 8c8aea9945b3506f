import { isLetter } from '../characters.ts';
import { hasLuhn } from './checksums.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

const VAT =
  /FR[ ./-]?([0-9A-HJ-NP-Z]{2})[ ./-]?(\d{3}[ ./-]?\d{3}[ ./-]?\d{3}|(?:\d[ ./-]){8}\d)(?![\p{L}\d_]|[ ./-]?\d)/iuy;
const CUE = /(?:\btva\b|\bt\.v\.a|\bvat\b|intracom|identification fiscale)/i;

export const frVat: Recogniser = {
  name: 'fr-vat',
  type: 'FR_VAT',
  finds: 'French VAT numbers',
  checks: 'key (12 + 3 · (SIREN mod 97)) mod 97 and Luhn of the SIREN (code général des impôts, art. 286 ter)',
  triggers: { words: ['fr'], prefixes: ['FR'] },
  maxLength: 20,
  match(text, at) {
    if (isLetter(text.charCodeAt(at - 1))) return undefined;
    VAT.lastIndex = at;
    const match = VAT.exec(text);
    if (match === null) return undefined;
    const [whole, key = '', body = ''] = match;
    const siren = body.replace(/\D/g, '');
    const end = at + whole.length;
    const hasCue = hasCueBefore(text, at, CUE);
    if (/^\d\d$/.test(key)) {
      const isValid = Number(key) === (12 + 3 * (Number(siren) % 97)) % 97;
      return { start: at, end, score: isValid ? 0.98 : hasCue ? 0.75 : 0.6 };
    }
    if (/^[A-Za-z]{2}$/.test(key) && !hasCue) return undefined;
    return { start: at, end, score: hasLuhn(siren) ? 0.9 : hasCue ? 0.7 : 0.3 };
  },
};
