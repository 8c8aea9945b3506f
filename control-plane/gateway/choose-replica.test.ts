import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServedModel } from './catalog.ts';
import { chooseReplica } from './choose-replica.ts';
import { createPlaces } from './places.ts';

const NEVER = new AbortController().signal;
const NONE: ReadonlySet<string> = new Set();

function modelOf(...sizes: number[]): ServedModel {
  return {
    ...{ namespace: 'default', name: 'm', generation: 1, weightsDigest: undefined, policyName: 'internal' },
    ...{ answerSchema: undefined, ready: true, reason: undefined, createdAtS: 0 },
    replicas: sizes.map((size, at) => ({ url: `u${at}`, revision: 'r', places: createPlaces(size) })),
  };
}

test('the replica with most free places is chosen, and one that was tried is not', async () => {
  const model = modelOf(1, 4);
  const urls: string[] = [];
  for (let at = 0; at < 5; at += 1) urls.push((await chooseReplica(model, NONE, 100, NEVER)).replica.url);
  assert.deepEqual(urls.toSorted(), ['u0', 'u1', 'u1', 'u1', 'u1']);
  await assert.rejects(chooseReplica(model, new Set(['u0', 'u1']), 100, NEVER), { code: 'model_not_ready' });
});

test('who waits gets the first place that any replica frees, and holds no other', async () => {
  const model = modelOf(1, 1);
  const seats = [await chooseReplica(model, NONE, 100, NEVER), await chooseReplica(model, NONE, 100, NEVER)];
  const waiting = chooseReplica(model, NONE, 1000, NEVER);
  seats[1]?.release();
  const seat = await waiting;
  assert.equal(seat.replica.url, seats[1]?.replica.url);
  const second = chooseReplica(model, NONE, 1000, NEVER);
  seats[0]?.release();
  seat.release();
  (await second).release();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    model.replicas.map(({ places }) => places.busy + places.waiting),
    [0, 0],
  );
});

test('a spent budget is overloaded, a leaving client its own reason; neither waits on', async () => {
  const model = modelOf(1, 1);
  model.replicas.map(({ places }) => places.tryTake());
  await assert.rejects(chooseReplica(model, NONE, 20, NEVER), { code: 'overloaded', retryAfterS: 5 });
  const leave = new AbortController();
  const waiting = chooseReplica(model, NONE, 5000, leave.signal);
  const reason = new Error('left');
  leave.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(chooseReplica(model, NONE, 5000, leave.signal), reason);
  assert.ok(model.replicas.every(({ places }) => places.waiting === 0));
});

test('the queue is bounded: beyond it, one is refused at once', async () => {
  const model = modelOf(1);
  const seat = await chooseReplica(model, NONE, 100, NEVER);
  const leave = new AbortController();
  const waiting = Array.from({ length: 256 }, () => chooseReplica(model, NONE, 60_000, leave.signal));
  await assert.rejects(chooseReplica(model, NONE, 60_000, NEVER), { code: 'overloaded' });
  leave.abort();
  await Promise.allSettled(waiting);
  seat.release();
});
