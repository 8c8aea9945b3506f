// Personal values for tests, made up at run time with valid checksums, so that no such value stands in the repository.
// Seeded: a failure prints the seed, and INTRAMUROS_TEST_SEED repeats it.

import { randomInt } from 'node:crypto';

export interface PersonalValue {
  readonly kind: string;
  readonly text: string;
}

export interface PersonalValues {
  readonly seed: number;
  email(): string;
  phone(): string;
  nir(): string;
  iban(): string;
  card(): string;
  /** One value of each kind in turn. */
  next(): PersonalValue;
}

export function personalValues(
  seed = Number(process.env['INTRAMUROS_TEST_SEED'] ?? randomInt(2 ** 31)),
): PersonalValues {
  let state = seed >>> 0;
  const random = (below: number): number => {
    // mulberry32: small, seeded, good enough to spread test values.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const digits = (count: number): string => Array.from({ length: count }, () => random(10)).join('');
  const letters = (count: number): string =>
    Array.from({ length: count }, () => 'bcdfghjklmnpqrstvwz'.charAt(random(19))).join('');

  const values = {
    seed,
    email: () => `${letters(7)}.${letters(6)}@${letters(8)}.fr`,
    phone: () => `06 ${[0, 0, 0, 0].map(() => digits(2)).join(' ')}`,
    nir() {
      const born = `${pad(random(100))}${pad(1 + random(12))}`;
      // Commune and order count from 001.
      const place = `${pad(1 + random(95))}${pad(1 + random(900), 3)}${pad(1 + random(999), 3)}`;
      const body = `${1 + random(2)}${born}${place}`;
      return `${body}${pad(97 - Number(BigInt(body) % 97n))}`;
    },
    iban() {
      const account = digits(23);
      return `FR${pad(98 - Number(BigInt(`${account}152700`) % 97n))}${account}`;
    },
    card() {
      const body = `4${digits(14)}`;
      const sum = Array.from(body).reduce((total, digit, at) => {
        const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1);
        return total + (doubled > 9 ? doubled - 9 : doubled);
      }, 0);
      return `${body}${(10 - (sum % 10)) % 10}`;
    },
  };
  const kinds = ['email', 'phone', 'nir', 'iban', 'card'] as const;
  let turn = 0;
  return {
    ...values,
    next() {
      const kind = kinds[turn % kinds.length] ?? 'email';
      turn += 1;
      return { kind, text: values[kind]() };
    },
  };
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}
