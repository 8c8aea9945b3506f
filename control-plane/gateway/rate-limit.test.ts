import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRateLimit } from './rate-limit.ts';

test('a burst of a full minute passes, the next is told how long to wait, and passes then', () => {
  const limit = createRateLimit(60);
  for (let at = 0; at < 60; at += 1) assert.equal(limit.take('a', 1000), 0);
  assert.equal(limit.take('a', 1000), 1);
  assert.equal(limit.take('a', 1999), 1);
  assert.equal(limit.take('a', 2000), 0);
  assert.equal(limit.take('a', 2000), 1);
});

test('keys do not share a bucket', () => {
  const limit = createRateLimit(1);
  assert.equal(limit.take('a', 0), 0);
  assert.equal(limit.take('a', 0), 60);
  assert.equal(limit.take('b', 0), 0);
});

test('the mean over ten minutes is the rate, however often one asks', () => {
  const limit = createRateLimit(30);
  let passed = 0;
  for (let nowMs = 0; nowMs < 600_000; nowMs += 100) if (limit.take('a', nowMs) === 0) passed += 1;
  assert.ok(passed >= 328 && passed <= 330, String(passed));
});

test('a pause of a day saves up no more than one minute, and a clock that steps back takes nothing', () => {
  const limit = createRateLimit(2);
  assert.equal(limit.take('a', 0), 0);
  assert.equal(limit.take('a', 86_400_000), 0);
  assert.equal(limit.take('a', 86_399_000), 0);
  assert.ok(limit.take('a', 86_399_000) > 0);
});
