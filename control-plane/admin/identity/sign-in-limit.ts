// Slows down guessing: failures are counted by account and address together, by address, and by account. The first is
// tight; the last is wide, so that a stranger cannot lock the admin out of their own console. An attempt is counted
// before the password is checked and taken back on success: parallel guesses do not slip through. In memory, one process.
// Imports errors only.

import { fail } from '../../errors.ts';

const WINDOW_MS = 15 * 60_000;
const MAX_PER_PAIR = 5;
const MAX_PER_ADDRESS = 20;
const MAX_PER_ACCOUNT = 100;
/** Names or addresses remembered by one counter; past it the ones not tried for longest are forgotten. */
const MAX_KEYS = 10_000;

export interface SignInAttempt {
  /** The password was right: the attempt no longer counts, and neither do earlier ones of this account from this address. */
  succeeded(): void;
}

export interface SignInLimit {
  /** @throws AppError `rate_limited` with the seconds to wait, when too many failed lately. */
  begin(account: string, address: string): SignInAttempt;
}

export function createSignInLimit(now: () => number = Date.now): SignInLimit {
  const pairs = createCounter(MAX_PER_PAIR);
  const addresses = createCounter(MAX_PER_ADDRESS);
  const accounts = createCounter(MAX_PER_ACCOUNT);

  return {
    begin(account, address) {
      const time = now();
      const counted = [
        { counter: pairs, key: `${address} ${account}` },
        { counter: addresses, key: address },
        { counter: accounts, key: account },
      ];
      const waitMs = Math.max(...counted.map(({ counter, key }) => counter.waitMs(key, time)));
      if (waitMs > 0) {
        throw fail('rate_limited', {
          detail: 'Too many failed sign-ins.',
          remedy: 'Wait before you try again.',
          retryAfterS: Math.ceil(waitMs / 1000),
        });
      }
      for (const { counter, key } of counted) counter.add(key, time);
      return {
        succeeded() {
          pairs.forget(`${address} ${account}`);
          addresses.takeBack(address, time);
          accounts.takeBack(account, time);
        },
      };
    },
  };
}

interface FailureCounter {
  /** How long until another attempt may be made; 0 for now. */
  waitMs(key: string, now: number): number;
  add(key: string, time: number): void;
  takeBack(key: string, time: number): void;
  forget(key: string): void;
}

function createCounter(limit: number): FailureCounter {
  // The last `limit` times of each key; a Map keeps its order, so its first key is the one not tried for longest.
  const times = new Map<string, number[]>();
  return {
    waitMs(key, now) {
      const known = times.get(key) ?? [];
      const oldest = known[known.length - limit];
      return oldest === undefined ? 0 : Math.max(0, oldest + WINDOW_MS - now);
    },
    add(key, time) {
      const known = times.get(key) ?? [];
      times.delete(key);
      times.set(key, [...known, time].slice(-limit));
      if (times.size <= MAX_KEYS) return;
      for (const longestUntouched of times.keys()) {
        times.delete(longestUntouched);
        return;
      }
    },
    takeBack(key, time) {
      const known = times.get(key);
      const index = known?.indexOf(time) ?? -1;
      if (known !== undefined && index >= 0) times.set(key, known.toSpliced(index, 1));
    },
    forget: (key) => void times.delete(key),
  };
}
