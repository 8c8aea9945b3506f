import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hashesOf, sketchOf } from './digest-sketch.ts';

const keyed = (text: string) => `hmac-sha256:${createHash('sha256').update(text).digest('base64url')}`;

/** As PostgreSQL's get_bit counts. */
function mayHold(sketch: Buffer, digest: string): boolean {
  return hashesOf(digest).every((hash) => {
    const bit = hash % (sketch.length * 8);
    return (((sketch[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
  });
}

test('a sketch never misses a digest that it holds, and seldom claims another', () => {
  const held = Array.from({ length: 6_000 }, (_, index) => keyed(`held ${index}`));
  const sketch = sketchOf(held);
  assert.ok(held.every((digest) => mayHold(sketch, digest)));
  const others = Array.from({ length: 20_000 }, (_, index) => keyed(`other ${index}`));
  const claimed = others.filter((digest) => mayHold(sketch, digest)).length;
  assert.ok(claimed < 40, `${claimed} of 20,000`);
});

test('a plain SHA-256 has places too, and what is no digest has none', () => {
  assert.equal(hashesOf(`sha256:${createHash('sha256').update('x').digest('hex')}`).length, 8);
  for (const text of ['', 'hmac-sha256:', 'hmac-sha256:AAAA', 'md5:00', 'sha256:zz'])
    assert.deepEqual(hashesOf(text), []);
});
