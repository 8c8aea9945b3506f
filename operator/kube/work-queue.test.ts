import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backOffMs } from './back-off.ts';
import { WorkQueue } from './work-queue.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a work queue', () => {
  it('works twice on a key that was added a thousand times during slow work', async () => {
    let runs = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const queue = new WorkQueue(async () => {
      runs += 1;
      if (runs === 1) await held;
      return undefined;
    });
    queue.start();
    for (let index = 0; index < 1000; index += 1) queue.add('a');
    release();
    await pause(20);
    assert.equal(runs, 2);
    await queue.stop();
  });

  it('never works on one key twice at once, and on several keys at a time', async () => {
    const active = new Map<string, number>();
    let most = 0;
    const queue = new WorkQueue(
      async (key) => {
        active.set(key, (active.get(key) ?? 0) + 1);
        assert.equal(active.get(key), 1);
        most = Math.max(most, [...active.values()].filter((count) => count > 0).length);
        await pause(2);
        active.set(key, 0);
        return undefined;
      },
      { workers: 3 },
    );
    queue.start();
    for (let round = 0; round < 200; round += 1) queue.add(`k${round % 5}`);
    await pause(5);
    for (let round = 0; round < 200; round += 1) queue.add(`k${round % 5}`);
    await pause(60);
    assert.equal(most, 3);
    await queue.stop();
  });

  it('comes back later and later to a key that fails, forgets that on success, and lives on', async () => {
    const retries: number[] = [];
    let failing = true;
    let runs = 0;
    const queue = new WorkQueue(
      async () => {
        runs += 1;
        if (failing) throw new Error('no');
        return undefined;
      },
      { leastRetryMs: 4, mostRetryMs: 40, onError: (_key, _error, retryInMs) => retries.push(retryInMs) },
    );
    queue.start();
    queue.add('a');
    await pause(200);
    assert.ok(retries.length >= 4 && retries.length < 20);
    assert.ok((retries.at(-1) ?? 0) > (retries[0] ?? 0));
    failing = false;
    await pause(100);
    const settled = runs;
    await pause(100);
    assert.equal(runs, settled);
    failing = true;
    retries.length = 0;
    queue.add('a');
    await pause(8);
    assert.ok((retries[0] ?? 99) <= 5, 'the count of failures began anew');
    await queue.stop();
  });

  it('looks again after the time that the work asks for', async () => {
    const at: number[] = [];
    const queue = new WorkQueue(async () => {
      at.push(performance.now());
      return at.length === 1 ? { againInMs: 50 } : undefined;
    });
    queue.start();
    queue.add('a');
    await pause(120);
    assert.equal(at.length, 2);
    assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 45);
    await queue.stop();
  });

  it('finishes what it works on when it stops, and begins nothing more', async () => {
    const done: string[] = [];
    const queue = new WorkQueue(async (key) => {
      await pause(30);
      done.push(key);
      return { againInMs: 1 };
    });
    queue.start();
    queue.add('a');
    queue.add('b');
    await pause(5);
    await queue.stop();
    assert.deepEqual(done, ['a']);
    await pause(60);
    assert.deepEqual(done, ['a']);
  });
});

describe('back-off', () => {
  it('doubles up to a bound, give or take a fifth', () => {
    const options = { leastMs: 100, mostMs: 1000, random: () => 0.5 };
    assert.deepEqual(
      [1, 2, 3, 4, 5, 99].map((failures) => backOffMs(failures, options)),
      [100, 200, 400, 800, 1000, 1000],
    );
    assert.equal(backOffMs(1, { ...options, random: () => 0 }), 80);
    assert.equal(backOffMs(1, { ...options, random: () => 0.999_99 }), 120);
    assert.ok(backOffMs(50, { ...options, random: () => 0.999_99 }) <= 1000);
  });
});
