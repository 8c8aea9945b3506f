// The places of one engine process: how many requests it works on at once. Who waits for one stands in the line of the
// model (waiting-line.ts), not here. Pure.

export interface Places {
  readonly size: number;
  readonly busy: number;
  /** Takes a free place, or undefined. */
  tryTake(): Release | undefined;
  /** The engine has more or fewer places now; those that are taken stay taken. */
  resize(size: number): void;
}

/** Gives the place back; calling it twice does nothing more. */
export type Release = () => void;

export function createPlaces(initialSize: number): Places {
  let size = initialSize;
  let busy = 0;
  return {
    get size() {
      return size;
    },
    get busy() {
      return busy;
    },
    tryTake() {
      if (busy >= size) return undefined;
      busy += 1;
      let held = true;
      return () => {
        if (held) busy -= 1;
        held = false;
      };
    },
    resize(next) {
      size = next;
    },
  };
}
