// The one line of a model: whoever waits for a place of any of its replicas stands here, whether all of them are busy or
// none runs yet. A place that is freed, or a replica that appears, is given to the one whose turn it is. Also counts
// what the model has to do, for those who decide how many replicas it gets. Pure but for the clock it is given.

import type { Replica } from './catalog.ts';
import { createFairQueue, type Lane } from './fair-queue.ts';
import type { Release } from './places.ts';

export interface Seat {
  readonly replica: Replica;
  readonly release: Release;
}

export interface Asking {
  readonly lane: Lane;
  /** Which replicas may take the request. */
  readonly fits: (replica: Replica) => boolean;
}

/** What a model has to do at this gateway. */
export interface LineLoad {
  readonly waiting: number;
  /** The most that were in work at a time since it was read last. */
  readonly inFlight: number;
  readonly oldestMs: number;
}

export interface WaitingLine {
  readonly waiting: number;
  /** Why no replica answers, in the words of the model's status. */
  readonly reason: string | undefined;
  /** A place that is free now. */
  tryTake(asking: Asking): Seat | undefined;
  /** Waits for one; rejects with the signal's reason when it aborts first. */
  take(asking: Asking, signal: AbortSignal): Promise<Seat>;
  /** What the catalog knows now. */
  offer(known: { readonly replicas: readonly Replica[]; readonly reason: string | undefined }): void;
  /** The model is gone: those who wait are told so. */
  close(reason: Error): void;
  /** Reads the load; the peak begins anew. */
  readLoad(): LineLoad;
}

interface Waiter extends Asking {
  readonly sinceMs: number;
  readonly resolve: (seat: Seat) => void;
  readonly reject: (reason: Error) => void;
}

export function createWaitingLine(options: { nowMs: () => number; onWait?: () => void }): WaitingLine {
  const { nowMs, onWait } = options;
  const queue = createFairQueue<Waiter>();
  let replicas: readonly Replica[] = [];
  let reason: string | undefined;
  let inFlight = 0;
  let peak = 0;

  function tryTake({ fits }: Asking): Seat | undefined {
    let best: Replica | undefined;
    for (const replica of replicas) {
      if (replica.places.busy >= replica.places.size || !fits(replica)) continue;
      if (best === undefined || load(replica) < load(best)) best = replica;
    }
    const release = best?.places.tryTake();
    return best === undefined || release === undefined ? undefined : seatAt(best, release);
  }

  function seatAt(replica: Replica, free: Release): Seat {
    inFlight += 1;
    peak = Math.max(peak, inFlight);
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      inFlight -= 1;
      free();
      serve();
    };
    return { replica, release };
  }

  function serve(): void {
    while (queue.size > 0 && replicas.some(({ places }) => places.busy < places.size)) {
      let seat: Seat | undefined;
      const waiter = queue.take((each) => {
        seat = tryTake(each);
        return seat !== undefined;
      });
      if (waiter === undefined || seat === undefined) return;
      waiter.resolve(seat);
    }
  }

  return {
    get waiting() {
      return queue.size;
    },
    get reason() {
      return reason;
    },
    tryTake,
    take(asking, signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      const free = tryTake(asking);
      if (free !== undefined) return Promise.resolve(free);
      return new Promise((resolve, reject) => {
        const over = () => signal.removeEventListener('abort', leave);
        const waiter: Waiter = {
          ...asking,
          sinceMs: nowMs(),
          resolve: (seat) => {
            over();
            resolve(seat);
          },
          reject: (why) => {
            over();
            reject(why);
          },
        };
        const leave = () => {
          queue.remove(asking.lane, waiter);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.add(asking.lane, waiter);
        if (queue.size === 1) onWait?.();
      });
    },
    offer(known) {
      ({ replicas, reason } = known);
      serve();
    },
    close(why) {
      replicas = [];
      for (let waiter = queue.take(() => true); waiter !== undefined; waiter = queue.take(() => true)) {
        waiter.reject(why);
      }
    },
    readLoad() {
      let oldestMs = 0;
      for (const { sinceMs } of queue.items()) oldestMs = Math.max(oldestMs, nowMs() - sinceMs);
      const read = { waiting: queue.size, inFlight: peak, oldestMs: Math.round(oldestMs) };
      peak = inFlight;
      return read;
    },
  };
}

function load({ places }: Replica): number {
  return places.busy / places.size;
}
