import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Replica } from './catalog.ts';
import { lineOf } from './fake-line.ts';
import { createPlaces } from './places.ts';
import type { Seat } from './waiting-line.ts';

const NEVER = new AbortController().signal;
const replica = (url: string, size: number): Replica => ({ url, revision: 'r', places: createPlaces(size) });
const asking = (tenant: string, keyId = 'k', fits: (replica: Replica) => boolean = () => true) => ({
  ...{ lane: { tenant, keyId }, fits },
});

test('tenants take turns, within a tenant its keys do, within a key the first comes first', async () => {
  const line = lineOf([]);
  const order: string[] = [];
  const crowd = [...Array(6).fill(['a', '1']), ['a', '2'], ['b', '1'], ['a', '2'], ['b', '1']] as [string, string][];
  const seats = crowd.map(async ([tenant, key], at) => {
    const seat = await line.take(asking(tenant, key), NEVER);
    order.push(`${tenant}${key}:${at}`);
    seat.release();
  });
  line.offer({ replicas: [replica('u', 1)], reason: undefined });
  await Promise.all(seats);
  assert.deepEqual(order, ['a1:0', 'b1:7', 'a2:6', 'b1:9', 'a1:1', 'a2:8', 'a1:2', 'a1:3', 'a1:4', 'a1:5']);
});

test('one whose replica is not there does not hold up those behind it', async () => {
  const line = lineOf([replica('u', 1)]);
  const leave = new AbortController();
  const first = line.tryTake(asking('a'));
  const picky = line.take(
    asking('a', 'k', ({ url }) => url === 'other'),
    leave.signal,
  );
  const next = line.take(asking('a'), NEVER);
  first?.release();
  (await next).release();
  leave.abort(new Error('left'));
  await assert.rejects(picky, /left/);
  assert.equal(line.waiting, 0);
});

test('who leaves gets its own reason; of a model that is deleted, all who wait get that', async () => {
  const line = lineOf([]);
  const leave = new AbortController();
  const gone = line.take(asking('a'), leave.signal);
  const others = [line.take(asking('a'), NEVER), line.take(asking('b'), NEVER)];
  leave.abort(new Error('left'));
  await assert.rejects(gone, /left/);
  line.close(new Error('deleted'));
  for (const other of others) await assert.rejects(other, /deleted/);
});

test('the load is what waits, and the most that was in work since it was read', async () => {
  const line = lineOf([replica('u', 2)]);
  const seats = [line.tryTake(asking('a')), line.tryTake(asking('a'))];
  const waiting = line.take(asking('a'), NEVER);
  assert.deepEqual({ ...line.readLoad(), oldestMs: 0 }, { waiting: 1, inFlight: 2, oldestMs: 0 });
  for (const seat of seats) seat?.release();
  (await waiting).release();
  assert.equal(line.readLoad().inFlight, 2, 'short requests between two reports count');
  assert.equal(line.readLoad().inFlight, 0);
});

interface Waiter {
  readonly tenant: string;
  readonly leave: AbortController;
}

test('whatever the order: busy within size, nobody waits beside a free place, no tenant waits while another has two turns', async () => {
  const step = fc.record({
    do: fc.constantFrom('take', 'take', 'release', 'leave', 'replicas'),
    tenant: fc.constantFrom('a', 'b', 'c'),
    at: fc.nat(30),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100 }), async (script) => {
      const all = [replica('1', 1), replica('2', 2)];
      let offered: readonly Replica[] = [];
      const line = lineOf(offered);
      const held: Seat[] = [];
      const waiting = new Set<Waiter>();
      const passedOver = new Map<string, string[]>();
      const unfair: string[] = [];
      const seated = (waiter: Waiter) => (seat: Seat) => {
        held.push(seat);
        waiting.delete(waiter);
        const still = new Set([...waiting].map(({ tenant }) => tenant));
        passedOver.delete(waiter.tenant);
        for (const other of still) {
          const turns = [...(passedOver.get(other) ?? []), ...(other === waiter.tenant ? [] : [waiter.tenant])];
          if (turns.filter((each) => each === waiter.tenant).length > 2) unfair.push(`${turns.join()} before ${other}`);
          passedOver.set(other, turns);
        }
        for (const other of passedOver.keys()) if (!still.has(other)) passedOver.delete(other);
        return seat;
      };
      for (const { do: what, tenant, at } of script) {
        if (what === 'take') {
          const waiter = { tenant, leave: new AbortController() };
          waiting.add(waiter);
          void line.take(asking(tenant), waiter.leave.signal).then(seated(waiter), () => waiting.delete(waiter));
        } else if (what === 'release') held.splice(at % Math.max(1, held.length), 1)[0]?.release();
        else if (what === 'leave') [...waiting][at % Math.max(1, waiting.size)]?.leave.abort();
        else {
          offered = all.slice(0, at % 3);
          line.offer({ replicas: offered, reason: undefined });
        }
        for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
        assert.ok(all.every(({ places }) => places.busy <= places.size));
        assert.ok(line.waiting === 0 || offered.every(({ places }) => places.busy === places.size));
        assert.equal(line.waiting, waiting.size);
        assert.deepEqual(unfair, []);
      }
    }),
    { numRuns: 200 },
  );
});
