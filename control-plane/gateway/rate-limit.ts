// Requests a minute for each key, as a token bucket: a burst of a full minute is allowed, the mean is not exceeded.
// Memory is bounded: a bucket that is full again says nothing and is dropped. Pure but for the clock that it is given.

export interface RateLimit {
  /** Takes one request from the bucket; 0 when it may pass, else the seconds to wait. */
  take(key: string, nowMs: number): number;
}

export function createRateLimit(requestsPerMinute: number): RateLimit {
  const perMs = requestsPerMinute / 60_000;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  let sweptAtMs = 0;

  function sweep(nowMs: number): void {
    if (nowMs - sweptAtMs < 60_000) return;
    sweptAtMs = nowMs;
    for (const [key, bucket] of buckets) {
      if (bucket.tokens + (nowMs - bucket.atMs) * perMs >= requestsPerMinute) buckets.delete(key);
    }
  }

  return {
    take(key, nowMs) {
      sweep(nowMs);
      const bucket = buckets.get(key) ?? { tokens: requestsPerMinute, atMs: nowMs };
      // A clock that steps back must not take tokens away.
      const passedMs = Math.max(0, nowMs - bucket.atMs);
      bucket.tokens = Math.min(requestsPerMinute, bucket.tokens + passedMs * perMs);
      bucket.atMs = nowMs;
      buckets.set(key, bucket);
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1000));
      bucket.tokens -= 1;
      return 0;
    },
  };
}
