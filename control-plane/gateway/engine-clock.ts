// The two clocks of one attempt, first byte and between bytes, and the client's leaving, as one signal. The clocks are
// our own: undici's run coarsely, and take the headers of an engine that sends them at once for its first byte.
// Time in which the client is being written to is not the engine's: the clock stands still meanwhile.

import type { TimeBudgets } from '../config.ts';

/** The reason of the signal when a budget is spent. */
export class EngineTooSlow extends Error {
  readonly clock: 'first byte' | 'between bytes';

  constructor(clock: 'first byte' | 'between bytes') {
    super(`the engine was too slow: ${clock}`);
    this.clock = clock;
  }
}

export interface EngineClock {
  /** Aborted with `EngineTooSlow`, or with the client's reason when it leaves. */
  readonly signal: AbortSignal;
  /**
   * The same bytes, under the clocks. Bytes that say nothing (`counts` is asked after each) leave the clock as it was:
   * an engine that only sends comments does not answer.
   */
  bound(body: AsyncIterable<Buffer>, counts?: () => boolean): AsyncIterable<Buffer>;
  /** The answer is complete: only its formal end may still follow, within a second. */
  expectEnd(): void;
  stop(): void;
}

const END_MS = 1000;

/** Starts the first-byte clock now. */
export function startEngineClock(
  budgets: Pick<TimeBudgets, 'firstByteMs' | 'betweenBytesMs'>,
  client: AbortSignal,
): EngineClock {
  const controller = new AbortController();
  const { betweenBytesMs } = budgets;
  let ending = false;
  const leave = () => controller.abort(client.reason);
  let deadlineMs = 0;
  let running: EngineTooSlow['clock'] = 'first byte';
  const arm = (clock: EngineTooSlow['clock'], ms: number) => {
    running = clock;
    deadlineMs = performance.now() + ms;
    return setTimeout(() => controller.abort(new EngineTooSlow(clock)), ms);
  };
  let timer = arm('first byte', budgets.firstByteMs);
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });

  return {
    signal: controller.signal,
    async *bound(body, counts = () => true) {
      for await (const chunk of body) {
        clearTimeout(timer);
        const heardAtMs = performance.now();
        yield chunk;
        if (!ending && counts()) timer = arm('between bytes', betweenBytesMs);
        else {
          const leftMs = deadlineMs - (ending ? performance.now() : heardAtMs);
          // At once, without a timer: bytes that keep coming would put it off for ever.
          if (leftMs <= 0) controller.abort(new EngineTooSlow(running));
          else timer = arm(running, leftMs);
        }
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
