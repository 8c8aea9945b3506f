// Values of every structured entity, made at run time: nobody's own. Check digits are computed here, in this file's own way,
// or searched for until an outside library (stdnum) accepts: the judge shares no code with what it judges.
import { stdnum } from 'stdnum';
import type { Random } from './random.ts';

export type Value = (random: Random) => string;

/** Appends the digit that an outside validator accepts. */
function complete(body: string, isValid: (candidate: string) => boolean, width = 1): string {
  for (let check = 0; check < 10 ** width; check += 1) {
    const candidate = body + String(check).padStart(width, '0');
    if (isValid(candidate)) return candidate;
  }
  throw new Error('no check digit fits');
}

/** Whether stdnum takes a value for what this French number should be. */
const accepts =
  (name: string) =>
  (value: string): boolean =>
    stdnum['FR']?.[name]?.validate(value).isValid === true;

export const sirenDigits: Value = (random) =>
  complete(`${random.pick([3, 4, 5, 7, 8, 9])}${random.digits(7)}`, accepts('siren'));

export const siretDigits: Value = (random) => {
  if (random.chance(0.05)) return laPoste(random);
  const body = sirenDigits(random) + random.pick(['0001', '0002', '0007', random.digits(4)]);
  return complete(body, accepts('siret'));
};

/** La Poste’s establishments: the digits of the whole sum to a multiple of five. */
function laPoste(random: Random): string {
  for (;;) {
    const candidate = `356000000${random.digits(5)}`;
    let sum = 0;
    for (const digit of candidate) sum += Number(digit);
    if (sum % 5 === 0) return candidate;
  }
}

/** Thirteen characters and the key, as parts: sex, year, month, department, commune, order, key. */
export function nirParts(random: Random): string[] {
  const department = random.pick([
    '75',
    '13',
    '69',
    '2A',
    '2B',
    '35',
    '59',
    '99',
    String(1 + random.below(94)).padStart(2, '0'),
  ]);
  const parts = [
    random.pick(['1', '2']),
    String(random.below(100)).padStart(2, '0'),
    String(1 + random.below(12)).padStart(2, '0'),
    department,
    String(1 + random.below(899)).padStart(3, '0'),
    String(1 + random.below(998)).padStart(3, '0'),
  ];
  let rest = 0;
  for (const digit of parts.join('').replace('2A', '19').replace('2B', '18')) rest = (rest * 10 + Number(digit)) % 97;
  return [...parts, String(97 - rest).padStart(2, '0')];
}

export const vat: Value = (random) => {
  const siren = sirenDigits(random);
  return `FR${complete('', (key) => accepts('tva')(`FR${key}${siren}`), 2)}${siren}`;
};

export const taxDigits: Value = (random) => {
  const body = `${random.pick([0, 1, 2, 3])}${random.digits(9)}`;
  return complete(body, accepts('nif'), 3);
};

export function luhnDigits(prefix: string, length: number, random: Random): string {
  const body = prefix + random.digits(length - 1 - prefix.length);
  let sum = 0;
  let weight = 2;
  for (const digit of Array.from(body).reverse()) {
    const product = Number(digit) * weight;
    sum += Math.floor(product / 10) + (product % 10);
    weight = 3 - weight;
  }
  return body + String((10 - (sum % 10)) % 10);
}

export const rppsDigits: Value = (random) => luhnDigits('10', 11, random);

export function cardGroups(random: Random): string[] {
  const digits = random.chance(0.15)
    ? luhnDigits(random.pick(['34', '37']), 15, random)
    : luhnDigits(random.pick(['4', '51', '53', '55', '2230']), 16, random);
  return digits.length === 15
    ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)]
    : (digits.match(/.{4}/g) ?? []);
}

const BBAN: Readonly<Record<string, string>> = {
  FR: 'nnnnnnnnnncccccccccccnn',
  DE: 'nnnnnnnnnnnnnnnnnn',
  GB: 'aaaannnnnnnnnnnnnn',
  ES: 'nnnnnnnnnnnnnnnnnnnn',
  BE: 'nnnnnnnnnnnn',
  IT: 'annnnnnnnnncccccccccccc',
  NL: 'aaaannnnnnnnnn',
  CH: 'nnnnncccccccccccc',
  LU: 'nnnccccccccccccc',
  PT: 'nnnnnnnnnnnnnnnnnnnnn',
  MT: 'aaaannnnncccccccccccccccccc',
};

export const ibanCharacters: Value = (random) => {
  const country = random.pick(['FR', 'FR', 'FR', 'FR', ...Object.keys(BBAN)]);
  let bban = '';
  for (const kind of BBAN[country] ?? '')
    bban +=
      kind === 'n'
        ? random.digits(1)
        : kind === 'a'
          ? random.pick(Array.from('ABCDEFGHKLMNPRST'))
          : random.pick(Array.from('0123456789ABCDEFGHKLM'));
  const asNumber = Array.from(`${bban}${country}00`, (character) => parseInt(character, 36)).join('');
  return country + String(98n - (BigInt(asNumber) % 97n)).padStart(2, '0') + bban;
};

export function plateParts(random: Random): string[] {
  const letters = 'ABCDEFGHJKLMNPQRSTVWXYZ';
  const pair = (): string => {
    const both = random.pick(Array.from(letters)) + random.pick(Array.from(letters));
    return both === 'SS' || both === 'WW' ? 'AK' : both;
  };
  return [pair(), random.digits(3), pair()];
}

/** Ten digits in pairs. */
export const phonePairs = (random: Random): string[] => [
  `0${random.pick([1, 2, 3, 4, 5, 6, 6, 6, 7, 7, 9])}`,
  ...Array.from({ length: 4 }, () => random.digits(2)),
];

export const foreignPhone: Value = (random) =>
  random.pick([
    () => `+32 4${random.digits(2)} ${random.digits(2)} ${random.digits(2)} ${random.digits(2)}`,
    () => `+41 79 ${random.digits(3)} ${random.digits(2)} ${random.digits(2)}`,
    () => `+49 30 ${random.digits(4)} ${random.digits(4)}`,
    () => `+44 20 7${random.digits(3)} ${random.digits(4)}`,
    () => `+1 415 555 ${random.digits(4)}`,
    () => `+1-212-555-${random.digits(4)}`,
    () => `+212 6${random.digits(2)}-${random.digits(6)}`,
    () => `+34 6${random.digits(2)} ${random.digits(3)} ${random.digits(3)}`,
    () => `+39 3${random.digits(2)} ${random.digits(3)} ${random.digits(4)}`,
    () => `0049 30 ${random.digits(4)} ${random.digits(4)}`,
    () => `0032 4${random.digits(2)} ${random.digits(2)} ${random.digits(2)} ${random.digits(2)}`,
    () => `+221 77 ${random.digits(3)} ${random.digits(2)} ${random.digits(2)}`,
  ])();

export const ipv4: Value = (random) =>
  random.pick([
    () => `203.0.113.${random.below(256)}`,
    () => `192.168.${random.below(256)}.${random.below(256)}`,
    () => `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
    () => `${130 + random.below(60)}.${random.below(256)}.${random.below(256)}.${20 + random.below(230)}`,
  ])();

export const ipv6: Value = (random) => {
  const group = (): string => (1 + random.below(0xfffe)).toString(16);
  return random.pick([
    () => `2001:db8:${Array.from({ length: 6 }, group).join(':')}`,
    () => `2001:db8:${group()}::${group()}`,
    () => `2a01:e0a:${group()}:${group()}::${group()}`,
    () => `fe80::${group()}:${group()}:${group()}:${group()}`,
    () => `fd00:${group()}::${group()}`,
  ])();
};

const alphanumerics = (random: Random, length: number): string =>
  Array.from({ length }, () =>
    random.pick(Array.from('abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789')),
  ).join('');

export const token: Value = (random) =>
  random.pick([
    () => `sk-${alphanumerics(random, 40)}7`,
    () => `sk-proj-${alphanumerics(random, 60)}2`,
    () => `ghp_${alphanumerics(random, 35)}4`,
    () => `glpat-${alphanumerics(random, 19)}6`,
    () => `AKIA${alphanumerics(random, 15).toUpperCase()}4`,
    () => `AIza${alphanumerics(random, 34)}3`,
    () => `xoxb-${random.digits(11)}-${alphanumerics(random, 24)}`,
    () => `npm_${alphanumerics(random, 35)}8`,
    () => `hf_${alphanumerics(random, 33)}5`,
    () => `sk_live_${alphanumerics(random, 23)}9`,
    () => `eyJhbGciOiJIUzI1NiJ9.eyJ${alphanumerics(random, 30)}.${alphanumerics(random, 42)}1`,
  ])();

/** A password as people are told to make them. */
export const password: Value = (random) =>
  random.pick([
    () =>
      `${random.pick(['Soleil', 'Montagne', 'Winter', 'Bicyclette', 'Dragon'])}${random.digits(2)}${random.pick(['!', '$', '?', '#'])}`,
    () => `${alphanumerics(random, 11)}${random.digits(1)}`,
    () => `${alphanumerics(random, 4)}-${alphanumerics(random, 4)}-${random.digits(4)}`,
    () => `p@ss${random.digits(3)}W${random.pick(['!', '*'])}`,
  ])();

export const pem: Value = (random) =>
  `-----BEGIN PRIVATE KEY-----\n${Array.from({ length: 4 }, () => alphanumerics(random, 64)).join('\n')}\n-----END PRIVATE KEY-----`;
