import { hasCueBefore, type Recogniser } from './recogniser.ts';

const CUE = /(?:fiscal|\bspi\b|\bnif\b|imp[ôo]t|tax (?:id|number)|r[ée]f[ée]rence d'avis|d[ée]clarant)/i;

export const frTax: Recogniser = {
  name: 'fr-tax',
  type: 'FR_TAX',
  finds: 'French tax numbers of persons (numéro fiscal, SPI)',
  checks: 'the last three digits are the first ten modulo 511 (DGFiP)',
  triggers: { digits: 13 },
  maxLength: 25,
  match(text, at, digits) {
    if (!digits.beginsApart || !digits.endsApart(13)) return undefined;
    const number = digits.digits.slice(0, 13);
    if (!/^[0-3]/.test(number)) return undefined;
    const end = digits.endOf(13);
    const isValid = Number(number.slice(0, 10)) % 511 === Number(number.slice(10));
    if (hasCueBefore(text, at, CUE)) return { start: at, end, score: isValid ? 0.98 : 0.7 };
    // Thirteen digits in one piece are also milliseconds since 1970.
    return isValid && digits.shape(13) === '2-2-3-3-3' ? { start: at, end, score: 0.92 } : undefined;
  },
};
