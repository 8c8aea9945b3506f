import { hasLuhn } from './checksums.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

/** Issuer ranges of ISO/IEC 7812: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro. */
const ISSUER =
  /^(?:4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|3(?:0[0-5]|[68])|35(?:2[89]|[3-8])|6(?:011|4[4-9]|5)|62|50|5[6-9]|6[0-9])/;
const CUE = /(?:\bcb\b|\bcarte|\bcard|visa|mastercard|amex|american express|\bpan\b|paiement|payment|credit|d[ée]bit)/i;

export const card: Recogniser = {
  name: 'card',
  type: 'CARD',
  finds: 'payment card numbers, 13 to 19 digits in any grouping',
  checks: 'Luhn and issuer range (ISO/IEC 7812-1)',
  triggers: { digits: 13 },
  maxLength: 37,
  match(text, at, digits) {
    if (!digits.beginsApart || !ISSUER.test(digits.digits)) return undefined;
    const hasCue = hasCueBefore(text, at, CUE);
    for (const total of [16, 15, 14, 19, 18, 17, 13]) {
      if (!digits.endsApart(total)) continue;
      const number = digits.digits.slice(0, total);
      if (/^(\d)\1+$/.test(number)) continue;
      const shape = digits.shape(total);
      const isUsual = shape === '4-4-4-4' || shape === '4-6-5' || shape === '4-6-4' || shape === '4-4-4-4-3';
      const isSixteen = total === 16 || (total < 16 && total > 13 && /^3/.test(number));
      const end = digits.endOf(total);
      if (hasLuhn(number)) {
        if (hasCue) return { start: at, end, score: 0.97 };
        if (isUsual) return { start: at, end, score: 0.92 };
        if (isSixteen && digits.isUniform(total) && /^(?:\d\d|[1-6](?:-[1-6]){2,})$/.test(shape))
          return { start: at, end, score: 0.7 };
      } else if (hasCue && isUsual) return { start: at, end, score: 0.7 };
    }
    return undefined;
  },
};
