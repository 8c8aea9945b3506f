import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createPlaces, type Release } from './places.ts';

const NEVER = new AbortController().signal;

test('places are given first come first served, and never more than there are', async () => {
  const places = createPlaces(1);
  const release = places.tryTake();
  assert.equal(places.tryTake(), undefined);
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (at) => {
    const leave = await places.take(NEVER);
    order.push(at);
    assert.equal(places.busy, 1);
    leave();
  });
  assert.equal(places.waiting, 3);
  release?.();
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2, 3]);
  assert.equal(places.busy, 0);
});

test('a place given back twice is given back once', () => {
  const places = createPlaces(2);
  const [first] = [places.tryTake(), places.tryTake()];
  first?.();
  first?.();
  assert.equal(places.busy, 1);
});

test('who leaves while waiting gets its own reason, and the turn passes to the next', async () => {
  const places = createPlaces(1);
  const release = places.tryTake();
  const leave = new AbortController();
  const gone = places.take(leave.signal);
  const next = places.take(NEVER);
  const reason = new Error('left');
  leave.abort(reason);
  await assert.rejects(gone, reason);
  assert.equal(places.waiting, 1);
  release?.();
  (await next)();
  assert.equal(places.busy, 0);
  await assert.rejects(places.take(leave.signal), reason);
});

test('fewer places take none away; more places are given to those who wait', async () => {
  const places = createPlaces(2);
  const held = [places.tryTake(), places.tryTake()];
  places.resize(1);
  const waiting = places.take(NEVER);
  held[0]?.();
  assert.equal(places.busy, 1);
  assert.equal(places.waiting, 1);
  places.resize(2);
  await waiting;
  assert.equal(places.busy, 2);
});

test('whatever the order of taking, leaving and giving back: busy within size, nobody waits beside a free place', async () => {
  const steps = fc.array(fc.record({ do: fc.constantFrom('take', 'release', 'leave'), at: fc.nat(30) }), {
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (size, script) => {
      const places = createPlaces(size);
      const held: Release[] = [];
      const waiters: AbortController[] = [];
      for (const step of script) {
        if (step.do === 'take') {
          const waiter = new AbortController();
          waiters.push(waiter);
          places.take(waiter.signal).then(
            (release) => held.push(release),
            () => undefined,
          );
        } else if (step.do === 'release') held[step.at % Math.max(1, held.length)]?.();
        else waiters[step.at % Math.max(1, waiters.length)]?.abort();
        await Promise.resolve();
        await Promise.resolve();
        assert.ok(places.busy <= size);
        assert.ok(places.waiting === 0 || places.busy === size);
      }
    }),
    { numRuns: 200 },
  );
});
