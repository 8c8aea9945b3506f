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
 * out of its winner widens it: no half of a value may stay behind.
 */
export function resolveOverlaps(found: readonly Span[]): Resolved {
  if (found.length < 2) return { spans: found, shadowed: [] };
  const byPlace = [...found].sort((a, b) => a.start - b.start || b.end - a.end || compare(a, b));
  const spans: Span[] = [];
  const shadowed: Span[] = [];
  let cluster: Span[] = [];
  let reach = -1;
  const settle = (): void => {
    const [winner, ...losers] = cluster.sort(compare);
    if (winner === undefined) return;
    settleCluster(winner, losers, spans, shadowed);
  };
  for (const span of byPlace) {
    if (span.start >= reach) {
      settle();
      cluster = [];
    }
    cluster.push(span);
    reach = Math.max(reach, span.end);
  }
  settle();
  return { spans, shadowed: shadowed.sort((a, b) => a.start - b.start || a.end - b.end) };
}

/** A cluster hangs together by overlaps; its best span may leave losers on either side that touch it no more. */
function settleCluster(winner: Span, losers: readonly Span[], spans: Span[], shadowed: Span[]): void {
  let { start, end } = winner;
  const apart: Span[] = [];
  for (const loser of losers) {
    if (loser.end <= winner.start || loser.start >= winner.end) {
      apart.push(loser);
      continue;
    }
    start = Math.min(start, loser.start);
    end = Math.max(end, loser.end);
    shadowed.push(loser);
  }
  const whole = start === winner.start && end === winner.end ? winner : { ...winner, start, end };
  const before = resolveOverlaps(apart.filter((span) => span.end <= start));
  const after = resolveOverlaps(apart.filter((span) => span.start >= end));
  const caught = apart.filter((span) => span.end > start && span.start < end);
  if (caught.length > 0) {
    // The widened winner now touches spans that it did not touch before.
    settleCluster(whole, apart, spans, shadowed);
    return;
  }
  spans.push(...before.spans, whole, ...after.spans);
  shadowed.push(...before.shadowed, ...after.shadowed);
}

function compare(a: Span, b: Span): number {
  return (
    weight(b) - weight(a) ||
    a.start - b.start ||
    b.end - a.end ||
    ENTITY_TYPES.indexOf(a.type) - ENTITY_TYPES.indexOf(b.type) ||
    (a.recogniser < b.recogniser ? -1 : a.recogniser > b.recogniser ? 1 : 0)
  );
}

function weight(span: Span): number {
  // Nothing may hide a surrogate written by a caller.
  if (span.type === 'SURROGATE') return 2;
  return span.score + Math.min(span.end - span.start, 100) / 200;
}
