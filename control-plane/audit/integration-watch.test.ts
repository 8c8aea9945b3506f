import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntegrationWatch } from './integration-watch.ts';

function watchOn(limitMs = 60_000) {
  const world = { nowMs: 0, epoch: 1, count: 0, integrated: new Map<number, number>(), isUp: true };
  const watch = new IntegrationWatch({
    mark: () => ({ epoch: world.epoch, count: world.count }),
    integrated: async (epoch) => {
      if (!world.isUp) throw new Error('no answer');
      return world.integrated.get(epoch) ?? 0;
    },
    now: () => world.nowMs,
    limitMs,
    intervalMs: 2_000,
  });
  return { watch, world };
}

test('an idle log has no lag', async () => {
  const { watch, world } = watchOn();
  world.nowMs = 1e9;
  await watch.look();
  assert.equal(watch.lagMs, 0);
  assert.equal(watch.isOver, false);
});

test('the lag is that of the oldest record which is not in the log, whatever comes after it', async () => {
  const { watch, world } = watchOn();
  for (let second = 0; second <= 61; second++) {
    world.nowMs = second * 1_000;
    world.count = second + 1;
    await watch.look();
  }
  assert.equal(watch.lagMs, 61_000);
  assert.equal(watch.isOver, true);
  world.integrated.set(1, 40);
  await watch.look();
  assert.equal(watch.lagMs, 61_000 - 40_000);
  assert.equal(watch.isOver, false);
});

test('a database that does not answer lets the lag grow, and one that answers again ends it', async () => {
  const { watch, world } = watchOn();
  world.count = 5;
  await watch.look();
  world.isUp = false;
  world.nowMs = 70_000;
  await watch.look();
  assert.equal(watch.isOver, true);
  world.isUp = true;
  world.integrated.set(1, 5);
  await watch.look();
  assert.equal(watch.lagMs, 0);
});

test('records of an epoch that ended count until they are in the log too', async () => {
  const { watch, world } = watchOn();
  world.count = 5;
  await watch.look();
  world.epoch = 2;
  world.count = 1;
  world.nowMs = 61_000;
  world.integrated.set(2, 1);
  await watch.look();
  assert.equal(watch.isOver, true);
  world.integrated.set(1, 5);
  await watch.look();
  assert.equal(watch.isOver, false);
});
