import { hasLuhn } from './checksums.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

const STRONG_CUE = /(?:\brpps\b|r[ée]pertoire partag[ée]|\badeli\b)/i;
const CUE =
  /(?:\bdr\b|docteur|m[ée]decin|praticien|infirmi|sage-femme|pharmacien|prescripteur|chirurgien|\bpr\b|professionnel de sant[ée])/i;

export const frRpps: Recogniser = {
  name: 'fr-rpps',
  type: 'FR_RPPS',
  finds: 'French health professionals’ numbers (RPPS)',
  checks: 'Luhn, first digit 1 or 8 (ANS)',
  triggers: { digits: 11 },
  maxLength: 21,
  match(text, at, digits) {
    if (!digits.beginsApart || !digits.endsApart(11)) return undefined;
    const number = digits.digits.slice(0, 11);
    const end = digits.endOf(11);
    const isValid = hasLuhn(number) && /^[18]/.test(number);
    if (hasCueBefore(text, at, STRONG_CUE)) return { start: at, end, score: isValid ? 0.98 : 0.72 };
    return isValid && !digits.continues(11) && hasCueBefore(text, at, CUE, 80)
      ? { start: at, end, score: 0.8 }
      : undefined;
  },
};
