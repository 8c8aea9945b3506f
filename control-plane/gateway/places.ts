// The places of one engine process: how many requests it works on at once. Who finds none waits, first come first
// served; who leaves while waiting frees its turn. Pure.

export interface Places {
  readonly size: number;
  readonly busy: number;
  readonly waiting: number;
  /** Takes a free place at once, or undefined. */
  tryTake(): Release | undefined;
  /** Waits for a place; rejects with the signal's reason when it aborts first. */
  take(signal: AbortSignal): Promise<Release>;
}

/** Gives the place back; calling it twice does nothing more. */
export type Release = () => void;

export function createPlaces(size: number): Places {
  let busy = 0;
  const queue: { resolve: (release: Release) => void; cancel: () => void }[] = [];

  function grant(): Release {
    busy += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      busy -= 1;
      const next = queue.shift();
      if (next !== undefined) {
        next.cancel();
        next.resolve(grant());
      }
    };
  }

  return {
    size,
    get busy() {
      return busy;
    },
    get waiting() {
      return queue.length;
    },
    tryTake: () => (busy < size ? grant() : undefined),
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (busy < size) return Promise.resolve(grant());
      return new Promise((resolve, reject) => {
        const leave = () => {
          queue.splice(queue.indexOf(waiter), 1);
          reject(signal.reason as Error);
        };
        const waiter = { resolve, cancel: () => signal.removeEventListener('abort', leave) };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(waiter);
      });
    },
  };
}
