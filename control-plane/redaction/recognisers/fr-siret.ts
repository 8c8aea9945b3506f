import { hasLuhn } from './checksums.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

const CUE = /(?:\bsiret\b|[ée]tablissement|\bsiege\b|si[èe]ge)/i;
const LA_POSTE = '356000000';

export const frSiret: Recogniser = {
  name: 'fr-siret',
  type: 'FR_SIRET',
  finds: 'French establishment numbers (SIRET)',
  checks: 'Luhn over 14 digits and over the SIREN; for La Poste the sum of digits is a multiple of 5 (INSEE)',
  triggers: { digits: 14 },
  maxLength: 27,
  match(text, at, digits) {
    if (!digits.beginsApart || !digits.endsApart(14)) return undefined;
    const number = digits.digits.slice(0, 14);
    const end = digits.endOf(14);
    if (hasCueBefore(text, at, CUE, 60)) return { start: at, end, score: isSiret(number) ? 0.99 : 0.75 };
    if (!isSiret(number) || digits.continues(14) || !digits.isUniform(14)) return undefined;
    const shape = digits.shape(14);
    if (shape === '3-3-3-5' || shape === '9-5') return { start: at, end, score: 0.93 };
    // Fourteen digits in one piece are also how machines write the time: 20260512093011.
    return shape === '14' &&
      !/^(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d[0-2]\d[0-5]\d[0-5]\d$/.test(number) &&
      !/^0/.test(number)
      ? { start: at, end, score: 0.65 }
      : undefined;
  },
};

function isSiret(number: string): boolean {
  if (/^(\d)\1+$/.test(number)) return false;
  if (hasLuhn(number) && hasLuhn(number.slice(0, 9))) return true;
  return number.startsWith(LA_POSTE) && Array.from(number, Number).reduce((sum, digit) => sum + digit, 0) % 5 === 0;
}
