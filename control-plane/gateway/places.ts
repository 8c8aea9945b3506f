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
  /** The engine has more or fewer places now; those that are taken stay taken. */
  resize(size: number): void;
}

/** Gives the place back; calling it twice does nothing more. */
export type Release = () => void;

export function createPlaces(initialSize: number): Places {
  let size = initialSize;
  let busy = 0;
  const queue: { resolve: (release: Release) => void; cancel: () => void }[] = [];

  function grant(): Release {
    busy += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      busy -= 1;
      admitWaiting();
    };
  }

  function admitWaiting(): void {
    while (busy < size) {
      const next = queue.shift();
      if (next === undefined) return;
      next.cancel();
      next.resolve(grant());
    }
  }

  return {
    get size() {
      return size;
    },
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
    resize(next) {
      size = next;
      admitWaiting();
    },
  };
}
