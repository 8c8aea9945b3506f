import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeldBodies } from './held-bodies.ts';

test('a key may hold half of the bytes, all keys together all of them', () => {
  const held = createHeldBodies(100);
  const mine = held.open('a');
  assert.ok(mine.take(50));
  assert.equal(held.open('a').take(1), false);
  const other = held.open('b');
  assert.ok(other.take(49));
  assert.equal(held.open('c').take(1), false, 'what was refused counts until its request is over');
});

test('what a request held is free once it is over, and once only', () => {
  const held = createHeldBodies(100);
  const first = held.open('a');
  const second = held.open('a');
  first.take(30);
  second.take(20);
  first.release();
  first.release();
  assert.equal(held.bytes, 20);
  assert.ok(first.take(1000), 'bytes that still come are dropped, and count nothing');
  assert.equal(held.bytes, 20);
  second.release();
  assert.equal(held.bytes, 0);
});
