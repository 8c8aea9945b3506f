import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRateLimit } from './rate-limit.ts';

const key = (keyId: string) => ({ keyId, tenant: 'default' });

test('a burst of a full minute passes, the next is told how long to wait, and passes then', () => {
  const limit = createRateLimit(60);
  for (let at = 0; at < 60; at += 1) assert.equal(limit.take(key('a'), 1000), undefined);
  const refusal = { waitS: 1, of: 'requests', whose: 'key' };
  assert.deepEqual(limit.take(key('a'), 1000), refusal);
  assert.deepEqual(limit.take(key('a'), 1999), refusal);
  assert.equal(limit.take(key('a'), 2000), undefined);
  assert.deepEqual(limit.take(key('a'), 2000), refusal);
});

test('keys do not share a bucket', () => {
  const limit = createRateLimit(1);
  assert.equal(limit.take(key('a'), 0), undefined);
  assert.equal(limit.take(key('a'), 0)?.waitS, 60);
  assert.equal(limit.take(key('b'), 0), undefined);
});

test('the mean over ten minutes is the rate, however often one asks', () => {
  const limit = createRateLimit(30);
  let passed = 0;
  for (let nowMs = 0; nowMs < 600_000; nowMs += 100) if (limit.take(key('a'), nowMs) === undefined) passed += 1;
  assert.ok(passed >= 328 && passed <= 330, String(passed));
});

test('a pause of a day saves up no more than one minute, and a clock that steps back takes nothing', () => {
  const limit = createRateLimit(2);
  assert.equal(limit.take(key('a'), 0), undefined);
  assert.equal(limit.take(key('a'), 86_400_000), undefined);
  assert.equal(limit.take(key('a'), 86_399_000), undefined);
  assert.ok((limit.take(key('a'), 86_399_000)?.waitS ?? 0) > 0);
});

test('the limit of a tenant holds for all its keys together, and a refused request takes nothing from its key', () => {
  const limit = createRateLimit(10);
  const of = (keyId: string) => ({
    ...{ keyId, tenant: 'lab' },
    tenantLimits: { requestsPerMinute: 3, tokensPerMinute: undefined },
  });
  for (const id of ['a', 'b', 'a']) assert.equal(limit.take(of(id), 0), undefined);
  assert.deepEqual(limit.take(of('b'), 0), { waitS: 20, of: 'requests', whose: 'tenant' });
  assert.equal(limit.state(of('b'), 0).requests.remaining, 9);
  assert.equal(limit.take({ ...of('b'), tenant: 'other' }, 0), undefined, 'another tenant has a minute of its own');
});

test('tokens are counted when they are known; what was used beyond the minute is made up first', () => {
  const limit = createRateLimit(1000);
  const who = { ...key('a'), limits: { requestsPerMinute: undefined, tokensPerMinute: 600 } };
  assert.equal(limit.take(who, 0), undefined);
  limit.spend(who, 900, 0);
  assert.deepEqual(limit.take(who, 0), { waitS: 31, of: 'tokens', whose: 'key' });
  assert.deepEqual(limit.state(who, 0).tokens, { limit: 600, remaining: 0, resetS: 90 });
  assert.equal(limit.take(who, 31_000), undefined);
});

test('a limit that is changed holds at once, and what was spent stays spent', () => {
  const limit = createRateLimit(1000);
  const who = (requestsPerMinute: number) => ({
    ...key('a'),
    limits: { requestsPerMinute, tokensPerMinute: undefined },
  });
  for (let at = 0; at < 10; at += 1) assert.equal(limit.take(who(10), 0), undefined);
  assert.ok(limit.take(who(10), 0) !== undefined);
  for (let at = 0; at < 10; at += 1) assert.equal(limit.take(who(20), 0), undefined);
  assert.ok(limit.take(who(20), 0) !== undefined);
  assert.ok(limit.take(who(5), 0) !== undefined);
});
