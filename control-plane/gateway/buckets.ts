// Token buckets by name: a burst of a full minute is allowed, the mean is not exceeded. What is only known afterwards (the
// tokens of an answer) may overdraw a bucket, which then has to fill again. Memory is bounded: a bucket that is full
// again says nothing and is dropped. Pure but for the clock that it is given.

export interface Buckets {
  /** Seconds until `need` are there; 0: they are. Takes nothing. */
  waitS(name: string, perMinute: number, need: number, nowMs: number): number;
  spend(name: string, perMinute: number, amount: number, nowMs: number): void;
  /** What is left; below 0 when it is overdrawn. */
  left(name: string, perMinute: number, nowMs: number): number;
}

interface Bucket {
  held: number;
  atMs: number;
  perMinute: number;
}

export function createBuckets(): Buckets {
  const buckets = new Map<string, Bucket>();
  let sweptAtMs = 0;

  function sweep(nowMs: number): void {
    if (nowMs - sweptAtMs < 60_000) return;
    sweptAtMs = nowMs;
    for (const [name, bucket] of buckets) if (fill(bucket, nowMs).held >= bucket.perMinute) buckets.delete(name);
  }

  function find(name: string, perMinute: number, nowMs: number): Bucket {
    sweep(nowMs);
    let bucket = buckets.get(name);
    if (bucket === undefined) {
      bucket = { held: perMinute, atMs: nowMs, perMinute };
      buckets.set(name, bucket);
      return bucket;
    }
    fill(bucket, nowMs);
    // A limit that was changed holds from now on; what was spent stays spent.
    if (bucket.perMinute !== perMinute) {
      bucket.held = Math.min(bucket.held + Math.max(0, perMinute - bucket.perMinute), perMinute);
      bucket.perMinute = perMinute;
    }
    return bucket;
  }

  return {
    waitS(name, perMinute, need, nowMs) {
      const { held } = find(name, perMinute, nowMs);
      return held >= need ? 0 : Math.max(1, Math.ceil(((need - held) * 60) / perMinute));
    },
    spend(name, perMinute, amount, nowMs) {
      find(name, perMinute, nowMs).held -= amount;
    },
    left: (name, perMinute, nowMs) => find(name, perMinute, nowMs).held,
  };
}

function fill(bucket: Bucket, nowMs: number): Bucket {
  // A clock that steps back must not take anything away.
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  bucket.held = Math.min(bucket.perMinute, bucket.held + (passedMs * bucket.perMinute) / 60_000);
  bucket.atMs = nowMs;
  return bucket;
}
