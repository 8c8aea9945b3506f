// Slows down guessing: failures are counted by account and address together, by address, and by account. The first is
// tight; the last is wide, so that a stranger cannot lock the admin out of their own console. An attempt is counted
// before the password is checked and taken back on success: parallel guesses do not slip through. In memory, one process.
// Imports errors only.

import { fail } from '../../errors.ts';

const WINDOW_MS = 15 * 60_000;
const MAX_ENTRIES = 20_000;

const LIMITS = { pair: 5, address: 20, account: 100 } as const;

export interface SignInAttempt {
  /** The password was right: the attempt no longer counts, and neither do earlier ones of this account from this address. */
  succeeded(): void;
}

export interface SignInLimit {
  /** @throws AppError `rate_limited` with the seconds to wait, when too many failed lately. */
  begin(account: string, address: string): SignInAttempt;
}

export function createSignInLimit(now: () => number = Date.now): SignInLimit {
  const failures = new Map<string, number[]>();

  function recent(key: string): number[] {
    const since = now() - WINDOW_MS;
    const kept = (failures.get(key) ?? []).filter((time) => time > since);
    if (kept.length === 0) failures.delete(key);
    else failures.set(key, kept);
    return kept;
  }

  function makeRoom(): void {
    if (failures.size < MAX_ENTRIES) return;
    for (const key of [...failures.keys()]) recent(key);
    // Still full: the oldest go, pairs before addresses before accounts, so that a flood of invented names first
    // makes us forget invented names.
    for (const scope of ['pair ', 'address ', 'account ']) {
      for (const key of failures.keys()) {
        if (failures.size < MAX_ENTRIES) return;
        if (key.startsWith(scope)) failures.delete(key);
      }
    }
  }

  function begin(account: string, address: string): SignInAttempt {
    const keys = [
      { key: `pair ${address} ${account}`, limit: LIMITS.pair },
      { key: `address ${address}`, limit: LIMITS.address },
      { key: `account ${account}`, limit: LIMITS.account },
    ];
    for (const { key, limit } of keys) {
      const times = recent(key);
      const oldest = times[times.length - limit];
      if (oldest !== undefined) {
        throw fail('rate_limited', {
          detail: 'Too many failed sign-ins.',
          remedy: 'Wait before you try again.',
          retryAfterS: Math.max(1, Math.ceil((oldest + WINDOW_MS - now()) / 1000)),
        });
      }
    }
    makeRoom();
    const time = now();
    for (const { key } of keys) failures.set(key, [...recent(key), time]);
    return { succeeded: () => forgive(keys, time) };
  }

  function forgive(keys: readonly { key: string }[], time: number): void {
    const [pair, ...others] = keys;
    if (pair !== undefined) failures.delete(pair.key);
    for (const { key } of others) {
      const times = recent(key);
      const index = times.indexOf(time);
      if (index >= 0) failures.set(key, times.toSpliced(index, 1));
    }
  }

  return { begin };
}
