import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BLOCK_RECORDS, decodePositions, encodePositions, intersect, positionsOf, unite } from './position-set.ts';

const positions = fc
  .uniqueArray(fc.nat(BLOCK_RECORDS - 1), { maxLength: 400 })
  .map((list) => list.toSorted((a, b) => a - b));

test('positions come back from their bytes, few as a list and many as a bitmap, and no more than 256 bytes', () => {
  fc.assert(
    fc.property(positions, (list) => {
      const bytes = encodePositions(list);
      assert.ok(bytes.length <= BLOCK_RECORDS / 8);
      assert.deepEqual(positionsOf(decodePositions(bytes)), list);
    }),
  );
  const all = Array.from({ length: BLOCK_RECORDS }, (_, position) => position);
  assert.deepEqual(positionsOf(decodePositions(encodePositions(all))), all);
});

test('joined and united sets hold what sets of numbers hold', () => {
  fc.assert(
    fc.property(positions, positions, fc.nat(BLOCK_RECORDS), (left, right, start) => {
      const sets = [left, right].map((list) => decodePositions(encodePositions(list)));
      const both = left.filter((position) => right.includes(position) && position >= start);
      assert.deepEqual(positionsOf(intersect(sets), start), both);
      assert.deepEqual(
        positionsOf(unite(sets)),
        [...new Set([...left, ...right])].toSorted((a, b) => a - b),
      );
    }),
  );
});

test('bytes that nobody of ours wrote give some set, and never an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      for (const position of positionsOf(decodePositions(Buffer.from(bytes)))) assert.ok(position < BLOCK_RECORDS);
    }),
  );
});
