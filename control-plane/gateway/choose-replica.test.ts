import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServedModel } from './catalog.ts';
import { chooseReplica } from './choose-replica.ts';
import { lineOf } from './fake-line.ts';
import { createPlaces } from './places.ts';
import type { Seat } from './waiting-line.ts';

const NEVER = new AbortController().signal;

function modelOf(sizes: readonly number[], more: Partial<ServedModel> = {}): ServedModel {
  const replicas = sizes.map((size, at) => ({ url: `u${at}`, revision: 'r', places: createPlaces(size) }));
  return {
    ...{ namespace: 'default', name: 'm', generation: 1, weightsDigest: undefined, policyName: 'internal' },
    ...{ answerSchema: undefined, ready: true, reason: undefined, createdAtS: 0 },
    ...{ replicas, line: lineOf(replicas), ...more },
  };
}

async function choose(model: ServedModel, given: { tried?: string[]; queueMs?: number; signal?: AbortSignal } = {}) {
  const { tried = [], queueMs = 1000, signal = NEVER } = given;
  const lane = { tenant: 'default', keyId: 'k' };
  const seating = chooseReplica({ model }, { lane, tried: new Set(tried), queueMs, signal });
  return 'seat' in seating ? seating.seat : seating.wait;
}

test('the replica with most free places is chosen, and one that was tried is not', async () => {
  const model = modelOf([1, 4]);
  const urls: string[] = [];
  for (let at = 0; at < 5; at += 1) urls.push((await choose(model)).replica.url);
  assert.deepEqual(urls.toSorted(), ['u0', 'u1', 'u1', 'u1', 'u1']);
  await assert.rejects(choose(model, { tried: ['u0', 'u1'] }), { code: 'model_not_ready' });
});

test('who waits gets the first place that any replica frees, and holds no other', async () => {
  const model = modelOf([1, 1]);
  const seats = [await choose(model), await choose(model)];
  const waiting = choose(model);
  seats[1]?.release();
  const seat = await waiting;
  assert.equal(seat.replica.url, seats[1]?.replica.url);
  const second = choose(model);
  seats[0]?.release();
  seat.release();
  (await second).release();
  assert.deepEqual(
    model.replicas.map(({ places }) => places.busy),
    [0, 0],
  );
});

test('a spent budget is overloaded, a leaving client its own reason; neither waits on', async () => {
  const model = modelOf([1, 1]);
  model.replicas.map(({ places }) => places.tryTake());
  await assert.rejects(choose(model, { queueMs: 20 }), { code: 'overloaded', retryAfterS: 5 });
  const leave = new AbortController();
  const waiting = choose(model, { signal: leave.signal });
  const reason = new Error('left');
  leave.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(choose(model, { signal: leave.signal }), reason);
  assert.equal(model.line.waiting, 0);
});

test('the queue is bounded: beyond it, one is refused at once', async () => {
  const model = modelOf([1]);
  const seat = await choose(model);
  const leave = new AbortController();
  const waiting = Array.from({ length: 256 }, () => choose(model, { signal: leave.signal }));
  await assert.rejects(choose(model), { code: 'overloaded' });
  leave.abort();
  await Promise.allSettled(waiting);
  seat.release();
});

test('of a model that can start, a bounded number waits for its first replica, for a bounded time', async () => {
  const model = modelOf([], { coldStart: { maxQueued: 2, maxWaitMs: 50 } });
  const waiting: Promise<Seat>[] = [choose(model), choose(model)];
  await assert.rejects(choose(model), { code: 'queue_full', status: 429, retryAfterS: 5 });
  model.line.offer({ replicas: [], reason: 'The engine loads the weights.' });
  for (const each of waiting) {
    await assert.rejects(each, { code: 'model_not_ready', status: 503, retryAfterS: 5, message: /loads the weights/ });
  }
  const third = choose(model);
  model.line.offer({ replicas: modelOf([1]).replicas, reason: undefined });
  assert.equal((await third).replica.url, 'u0');
});

test('of a model that cannot start, nobody waits', async () => {
  const model = modelOf([], { reason: 'The weights do not match' });
  await assert.rejects(choose(model), { code: 'model_not_ready', message: /do not match/ });
});
