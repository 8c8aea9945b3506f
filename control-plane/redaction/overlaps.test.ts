import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Span } from './entities.ts';
import { resolveOverlaps } from './overlaps.ts';

const isLong = process.env['INTRAMUROS_TEST_LONG'] === '1';

const anySpan: fc.Arbitrary<Span> = fc
  .record({
    start: fc.nat(60),
    length: fc.integer({ min: 1, max: 20 }),
    type: fc.constantFrom('PERSON' as const, 'EMAIL' as const, 'SURROGATE' as const),
    score: fc.constantFrom(0.5, 0.75, 0.9),
    recogniser: fc.constantFrom('a', 'b'),
  })
  .map(({ length, ...span }) => ({ ...span, end: span.start + length }));

const overlap = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;
const weight = ({ type, score, start, end }: Span): number =>
  type === 'SURROGATE' ? 2 : score + Math.min(end - start, 100) / 200;

test('what stands is apart, in order, covers all that was found, and does not depend on the order of the findings', () => {
  fc.assert(
    fc.property(fc.array(anySpan, { maxLength: 30 }), fc.nat(), (found, turn) => {
      const { spans, shadowed } = resolveOverlaps(found);
      assert.equal(spans.length + shadowed.length, found.length);
      for (const [index, span] of spans.entries()) assert.ok(span.start >= (spans[index - 1]?.end ?? 0));
      const covers = (list: readonly Span[]): number[] =>
        Array.from({ length: 100 }, (_, at) => at).filter((at) =>
          list.some(({ start, end }) => start <= at && at < end),
        );
      assert.deepEqual(covers(spans), covers(found));
      // Each loser met a finding that weighs at least as much and stands.
      for (const loser of shadowed) assert.ok(spans.some((span) => overlap(span, loser)));
      const heaviest = Math.max(...found.map(weight));
      for (const loser of shadowed)
        if (weight(loser) === heaviest)
          assert.ok(found.some((o) => o !== loser && weight(o) === heaviest && overlap(o, loser)));
      const cut = found.length === 0 ? 0 : turn % found.length;
      assert.deepEqual(resolveOverlaps([...found.slice(cut), ...found.slice(0, cut)].reverse()), { spans, shadowed });
    }),
    { numRuns: isLong ? 20_000 : 2_000 },
  );
});

const SHAPES: readonly (readonly [what: string, length: number, apart: number])[] = [
  ['apart', 10, 20],
  ['in one chain', 15, 10],
  ['in heaps', 40, 5],
];
for (const [what, length, apart] of SHAPES) {
  test(`time is linear in findings that stand ${what}`, () => {
    const spend = (count: number): number => {
      const found = Array.from({ length: count }, (_, index): Span => {
        // Not in order: the scanner gives none.
        const place = ((index * 7_919) % count) * apart;
        return { start: place, end: place + length, type: 'PERSON', score: 0.5 + (index % 7) / 20, recogniser: 'a' };
      });
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 3; round += 1) {
        const before = process.cpuUsage();
        resolveOverlaps(found);
        const { user, system } = process.cpuUsage(before);
        best = Math.min(best, user + system);
      }
      return best;
    };
    spend(20_000);
    // Eight times as many; far apart, so that caches and a busy machine do not decide.
    const [small, large] = [spend(25_000), spend(200_000)];
    assert.ok(large < 24 * Math.max(small, 10_000), `${small} µs for 25,000, ${large} µs for 200,000`);
  });
}
