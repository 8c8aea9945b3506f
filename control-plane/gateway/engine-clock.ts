// The two clocks of one attempt, first byte and between bytes, and the client's leaving: what ends it. The clocks are
// our own: undici's run coarsely, and take the headers of an engine that sends them at once for its first byte.
// Time in which the client is being written to is not the engine's: the clock stands still meanwhile.

import type { TimeBudgets } from '../config.ts';

/** Why an attempt ends when a budget is spent. */
export class EngineTooSlow extends Error {
  readonly clock: 'first byte' | 'between bytes';

  constructor(clock: 'first byte' | 'between bytes') {
    super(`the engine was too slow: ${clock}`);
    this.clock = clock;
  }
}

export interface EngineClock {
  /** Bytes have come: the clock stands still until `goOn`. */
  hold(): void;
  /**
   * They were passed on. Bytes that say nothing (`counts` is false) leave the clock as it was: an engine that only sends
   * comments does not answer.
   */
  goOn(counts: boolean): void;
  /** The answer is complete: only its formal end may still follow, within a second. */
  expectEnd(): void;
  stop(): void;
}

const END_MS = 1000;

/**
 * Starts the first-byte clock now. Calls `end` with `EngineTooSlow`, or with the client's reason when it leaves.
 */
export function startEngineClock(
  budgets: Pick<TimeBudgets, 'firstByteMs' | 'betweenBytesMs'>,
  client: AbortSignal,
  end: (reason: unknown) => void,
): EngineClock {
  const { betweenBytesMs } = budgets;
  let ending = false;
  const leave = () => end(client.reason);
  let deadlineMs = 0;
  let heardAtMs = 0;
  let running: EngineTooSlow['clock'] = 'first byte';
  const arm = (clock: EngineTooSlow['clock'], ms: number) => {
    running = clock;
    deadlineMs = performance.now() + ms;
    return setTimeout(() => end(new EngineTooSlow(clock)), ms);
  };
  let timer = arm('first byte', budgets.firstByteMs);
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });

  return {
    hold() {
      clearTimeout(timer);
      heardAtMs = performance.now();
    },
    goOn(counts) {
      if (!ending && counts) timer = arm('between bytes', betweenBytesMs);
      else {
        const leftMs = deadlineMs - (ending ? performance.now() : heardAtMs);
        // At once, without a timer: bytes that keep coming would put it off for ever.
        if (leftMs <= 0) end(new EngineTooSlow(running));
        else timer = arm(running, leftMs);
      }
    },
    expectEnd() {
      ending = true;
      deadlineMs = performance.now() + END_MS;
    },
    stop() {
      clearTimeout(timer);
      client.removeEventListener('abort', leave);
    },
  };
}
