// The bytes of request bodies that the gateway holds at a time, from their first byte until their answer is over. A body
// may be large and its wait long: without a bound, requests that are each in order would together cost all memory.
// Pure.

export interface HeldBodies {
  /** Begins to count the body of a request. */
  open(keyId: string): HeldBody;
  readonly bytes: number;
}

export interface HeldBody {
  /** Counts bytes that have come; false when that is more than may be held. */
  readonly take: (bytes: number) => boolean;
  /** The request is over; calling it twice does nothing more. */
  readonly release: () => void;
}

/** One key may hold half, so that no caller can shut the others out. */
export function createHeldBodies(maxBytes: number): HeldBodies {
  const byKey = new Map<string, number>();
  let all = 0;

  function add(keyId: string, bytes: number): number {
    all += bytes;
    const own = (byKey.get(keyId) ?? 0) + bytes;
    if (own === 0) byKey.delete(keyId);
    else byKey.set(keyId, own);
    return own;
  }

  return {
    get bytes() {
      return all;
    },
    open(keyId) {
      let held = 0;
      let released = false;
      return {
        take(bytes) {
          if (released) return true;
          held += bytes;
          const own = add(keyId, bytes);
          return all <= maxBytes && own <= maxBytes / 2;
        },
        release() {
          if (released) return;
          released = true;
          add(keyId, -held);
        },
      };
    },
  };
}
