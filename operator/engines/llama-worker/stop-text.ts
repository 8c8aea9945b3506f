// Finds stop strings in a stream of text and keeps back what may still become one. Imports nothing.

export interface StopText {
  /** What may be shown of the text so far, and whether a stop string ended it. */
  push(delta: string): { text: string; stopped: boolean };
  /** What was kept back, once no more text comes. */
  end(): string;
}

export function createStopText(stops: readonly string[]): StopText {
  let held = '';
  const longest = Math.max(0, ...stops.map((stop) => stop.length));
  return {
    push(delta) {
      if (longest === 0) return { text: delta, stopped: false };
      held += delta;
      const found = stops.map((stop) => held.indexOf(stop)).filter((index) => index >= 0);
      if (found.length > 0) {
        const text = held.slice(0, Math.min(...found));
        held = '';
        return { text, stopped: true };
      }
      const keep = unfinishedStop(held, stops, longest);
      const text = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text, stopped: false };
    },
    end() {
      const text = held;
      held = '';
      return text;
    },
  };
}

/** Length of the longest end of `text` that begins one of the stop strings. */
function unfinishedStop(text: string, stops: readonly string[], longest: number): number {
  for (let length = Math.min(longest - 1, text.length); length > 0; length -= 1) {
    const end = text.slice(text.length - length);
    if (stops.some((stop) => stop.length > length && stop.startsWith(end))) return length;
  }
  return 0;
}
