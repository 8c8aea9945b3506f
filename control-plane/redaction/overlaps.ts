// Which finding stands where several overlap: one total order, so that the outcome never depends on the order of recognisers.
import { ENTITY_TYPES, type Span } from './entities.ts';

export interface Resolved {
  /** Apart from each other, in order of appearance. */
  readonly spans: readonly Span[];
  /** Those that lost, in order of appearance. */
  readonly shadowed: readonly Span[];
}

/**
 * The surest finding wins, and a longer one over a slightly surer one (an address over a name inside it). A loser that sticks
 * out of its winner widens it: no half of a value may stay behind. Time: n log n and the length of what overlaps.
 */
export function resolveOverlaps(found: readonly Span[]): Resolved {
  if (areApart(found)) return { spans: found, shadowed: [] };
  const byPlace = [...found].sort((a, b) => a.start - b.start || compare(a, b));
  const winners: Span[] = []; // apart from each other, by place
  const shadowed: Span[] = [];
  // Findings that hang together by overlaps are settled among themselves. Most stand alone.
  for (let from = 0; from < byPlace.length; ) {
    let to = from + 1;
    let end = (byPlace[from] as Span).end;
    for (; to < byPlace.length && (byPlace[to] as Span).start < end; to += 1)
      end = Math.max(end, (byPlace[to] as Span).end);
    if (to === from + 1) winners.push(byPlace[from] as Span);
    else settle(byPlace.slice(from, to), end, winners, shadowed);
    from = to;
  }
  return { spans: shadowed.length === 0 ? winners : widen(winners, shadowed), shadowed };
}

function areApart(spans: readonly Span[]): boolean {
  let end = 0;
  for (const span of spans) {
    if (span.start < end) return false;
    end = span.end;
  }
  return true;
}

/** Settles a chain of findings, given by place: adds to winners and losers, by place. `end` is where the chain ends. */
function settle(chain: readonly Span[], end: number, winners: Span[], losers: Span[]): void {
  const from = (chain[0] as Span).start;
  const taken = new Uint8Array(end - from); // characters of winners
  const isWinner = new Set<Span>();
  for (const span of [...chain].sort(compare)) {
    const place = taken.subarray(span.start - from, span.end - from);
    if (place.includes(1)) continue;
    place.fill(1);
    isWinner.add(span);
  }
  const lost: Span[] = [];
  for (const span of chain) (isWinner.has(span) ? winners : lost).push(span);
  lost.sort((a, b) => a.start - b.start || a.end - b.end || compare(a, b));
  for (const span of lost) losers.push(span);
}

/** Winners with what their losers covered beyond them; where two would claim a gap, the first one gets it. */
function widen(winners: readonly Span[], losers: readonly Span[]): Span[] {
  const starts = winners.map(({ start }) => start);
  const ends = winners.map(({ end }) => end);
  for (const loser of losers) {
    const first = firstEndingAfter(winners, loser.start);
    for (let index = first; index < winners.length; index += 1) {
      const winner = winners[index] as Span;
      if (winner.start >= loser.end) break;
      if (index === first) starts[index] = Math.min(starts[index] as number, loser.start);
      const next = winners[index + 1];
      ends[index] = Math.max(ends[index] as number, Math.min(loser.end, next?.start ?? loser.end));
    }
  }
  return winners.map((winner, index) => {
    const start = Math.max(starts[index] as number, ends[index - 1] ?? 0);
    const end = ends[index] as number;
    return start === winner.start && end === winner.end ? winner : { ...winner, start, end };
  });
}

/** Index of the first winner that ends after `at`. */
function firstEndingAfter(winners: readonly Span[], at: number): number {
  let low = 0;
  let high = winners.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((winners[middle] as Span).end > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function compare(a: Span, b: Span): number {
  return (
    weight(b) - weight(a) ||
    a.start - b.start ||
    b.end - a.end ||
    ENTITY_TYPES.indexOf(a.type) - ENTITY_TYPES.indexOf(b.type) ||
    (a.recogniser < b.recogniser ? -1 : a.recogniser > b.recogniser ? 1 : 0) ||
    b.score - a.score
  );
}

function weight(span: Span): number {
  // Nothing may hide a surrogate written by a caller.
  if (span.type === 'SURROGATE') return 2;
  return span.score + Math.min(span.end - span.start, 100) / 200;
}
