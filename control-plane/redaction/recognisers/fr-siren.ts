import { hasLuhn } from './checksums.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

const CUE =
  /(?:\bsiren\b|\brcs\b|\br\.c\.s\b|entreprise|soci[ée]t[ée]|immatricul|fournisseur|prestataire|registre du commerce|identifiant|\bs\.?a\.?r\.?l\b|\bs\.?a\.?s\.?u?\b|\bsci\b|\bkbis\b)/i;
const STRONG_CUE = /(?:\bsiren\b|\brcs\b|\bkbis\b|registre du commerce)[^\d\n]{0,45}$/i;
/** Nine digits in threes are also how French writes millions: what follows tells. */
const QUANTITY_AFTER = /^ ?(?:[€$£%]|\p{Ll}{2,}|[kKMG]?[oOBbWw]\b|,\d{1,3}(?!\d))/u;
const CURRENCY_AFTER = /^ ?[€$£%]/;
const AMOUNT_BEFORE = /(?:\d|[€$£+<>=]|total|montant|environ|prix|soit|capital[^\n]{0,12}) ?:? ?$/i;

export const frSiren: Recogniser = {
  name: 'fr-siren',
  type: 'FR_SIREN',
  finds: 'French company numbers (SIREN)',
  checks: 'Luhn (INSEE; code de commerce R123-220)',
  triggers: { digits: 9 },
  maxLength: 17,
  match(text, at, digits) {
    if (!digits.beginsApart || !digits.endsApart(9) || digits.continues(9)) return undefined;
    const number = digits.digits.slice(0, 9);
    const end = digits.endOf(9);
    const isValid = hasLuhn(number) && !/^(\d)\1+$/.test(number);
    if (hasCueBefore(text, at, STRONG_CUE, 60)) return { start: at, end, score: isValid ? 0.98 : 0.72 };
    if (!isValid) return undefined;
    const isGrouped = digits.shape(9) === '3-3-3';
    const after = text.slice(end, end + 8);
    if ((isGrouped ? QUANTITY_AFTER : CURRENCY_AFTER).test(after)) return undefined;
    if (AMOUNT_BEFORE.test(text.slice(Math.max(0, at - 20), at))) return undefined;
    if (hasCueBefore(text, at, CUE, 60)) return { start: at, end, score: 0.9 };
    return isGrouped && text.charCodeAt(at + 3) !== 46 ? { start: at, end, score: 0.55 } : undefined;
  },
};
