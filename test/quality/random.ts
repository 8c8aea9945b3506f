// A seeded source of choices, so that every run of the quality measurement sees the same texts. Imports nothing.

export interface Random {
  /** A whole number of [0, below). */
  below(below: number): number;
  pick<T>(choices: readonly T[]): T;
  digits(count: number): string;
  /** True with this probability. */
  chance(probability: number): boolean;
}

/** mulberry32: small, good enough for choosing, the same everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick: (choices) => choices[below(choices.length)] as (typeof choices)[number],
    digits: (count) => Array.from({ length: count }, () => below(10)).join(''),
    chance: (probability) => next() < probability,
  };
}
