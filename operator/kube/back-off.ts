// Exponential waiting with jitter, so that many who failed together do not come back together. Imports nothing.

export interface BackOffOptions {
  readonly leastMs: number;
  readonly mostMs: number;
  /** Source of randomness in [0, 1). */
  readonly random?: () => number;
}

/** How long to wait after the `failures`-th failure in a row (from 1): doubled each time, +-20 %, never above `mostMs`. */
export function backOffMs(failures: number, { leastMs, mostMs, random = Math.random }: BackOffOptions): number {
  const exact = Math.min(mostMs, leastMs * 2 ** Math.min(failures - 1, 30));
  return Math.min(mostMs, Math.round(exact * (0.8 + 0.4 * random())));
}

/** Waits; resolves early, without an error, when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
