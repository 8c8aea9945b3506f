// The trend of a series, by the median of the slopes between all pairs (Theil and Sen): a single spike moves nothing.

export interface Point {
  /** Hours since the beginning. */
  readonly hours: number;
  readonly value: number;
}

/** By how much the value grows in an hour; 0 for fewer than two points. */
export function slopePerHour(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [at, from] of points.entries()) {
    for (const to of points.slice(at + 1)) {
      if (to.hours > from.hours) slopes.push((to.value - from.value) / (to.hours - from.hours));
    }
  }
  return median(slopes);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
