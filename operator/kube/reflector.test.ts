import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryResourceStore } from '../api/memory-resource-store.ts';
import type { Model } from '../api/v1alpha1/model.ts';
import { type ListWatch, type ReflectedEvent, Reflector, watchAll } from './reflector.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const model = (name: string, replicas = 1): Model => ({
  apiVersion: 'intramuros.dev/v1alpha1',
  kind: 'Model',
  metadata: { name },
  spec: { source: { uri: 'file:///a.gguf' }, replicas },
});

/** A store whose lists and watches fail on demand. */
function flaky(store: MemoryResourceStore) {
  const faults = { list: 0, watch: 0, cut: new AbortController() };
  const source: ListWatch<Model> = {
    async list() {
      if (faults.list > 0) {
        faults.list -= 1;
        throw new Error('the list failed');
      }
      return store.list('Model');
    },
    async *watch({ resourceVersion, signal }): AsyncGenerator<ReflectedEvent<Model>> {
      if (faults.watch > 0) {
        faults.watch -= 1;
        throw new Error('the watch failed');
      }
      const cut = faults.cut.signal;
      for await (const event of store.watch('Model', { resourceVersion, signal: AbortSignal.any([signal, cut]) }))
        yield event;
      if (cut.aborted) {
        faults.cut = new AbortController();
        throw new Error('the connection was cut');
      }
    },
  };
  return { faults, source };
}

describe('a reflector', () => {
  it('survives failing lists, failing watches and cuts, and misses nothing', async () => {
    const store = new MemoryResourceStore();
    await store.apply(model('a'));
    const { faults, source } = flaky(store);
    faults.list = 2;
    faults.watch = 2;
    const errors: unknown[] = [];
    const changes: string[] = [];
    const reflector = new Reflector(source, {
      onChange: (key, now) => changes.push(`${key}=${now?.spec.replicas}`),
      onError: (error) => errors.push(error),
      leastRetryMs: 2,
    });
    reflector.start();
    await reflector.synced;
    assert.equal(reflector.get('default/a')?.spec.replicas, 1);
    for (let round = 2; round < 8; round += 1) {
      faults.cut.abort();
      await store.apply(model('a', round));
      for (let tries = 0; tries < 100 && reflector.get('default/a')?.spec.replicas !== round; tries += 1)
        await pause(10);
      assert.equal(reflector.get('default/a')?.spec.replicas, round);
    }
    assert.ok(errors.length >= 4);
    assert.equal(changes.length, 7, 'every change was told once');
    await reflector.stop();
  });

  it('lists again when its version is too old, and tells what was deleted meanwhile', async () => {
    const store = new MemoryResourceStore({ tombstones: 1 });
    await store.apply(model('gone'));
    const { faults, source } = flaky(store);
    const deleted: string[] = [];
    const reflector = new Reflector(source, {
      onChange: (key, now) => now === undefined && deleted.push(key),
      leastRetryMs: 2,
    });
    reflector.start();
    await reflector.synced;
    await pause(5);
    faults.watch = 3;
    faults.cut.abort();
    await store.delete('Model', { namespace: 'default', name: 'gone' });
    for (const name of ['x', 'y', 'z']) {
      await store.apply(model(name));
      await store.delete('Model', { namespace: 'default', name });
    }
    for (let tries = 0; tries < 100 && deleted.length === 0; tries += 1) await pause(10);
    assert.deepEqual(deleted, ['default/gone']);
    assert.deepEqual(reflector.keys(), []);
    await reflector.stop();
  });

  it('lives on when a handler throws', async () => {
    const store = new MemoryResourceStore();
    const errors: unknown[] = [];
    const reflector = new Reflector(flaky(store).source, {
      onChange: () => {
        throw new Error('a handler threw');
      },
      onError: (error) => errors.push(error),
    });
    reflector.start();
    await reflector.synced;
    await store.apply(model('a'));
    await store.apply(model('b'));
    await pause(50);
    assert.equal(errors.length, 2);
    assert.deepEqual(reflector.keys(), ['default/a', 'default/b']);
    await reflector.stop();
  });

  it('tells nothing after it was stopped', async () => {
    const store = new MemoryResourceStore();
    let told = 0;
    const reflector = new Reflector(flaky(store).source, { onChange: () => (told += 1) });
    reflector.start();
    await reflector.synced;
    await reflector.stop();
    await store.apply(model('a'));
    await pause(20);
    assert.equal(told, 0);
  });
});

describe('watchAll', () => {
  it('calls once with all, then after each run of changes, until the signal aborts', async () => {
    const store = new MemoryResourceStore();
    await store.apply(model('a'));
    await store.apply(model('b'));
    const stopped = new AbortController();
    const snapshots: string[][] = [];
    await watchAll(store, 'Model', (models) => snapshots.push(models.map(({ metadata }) => metadata.name)), {
      signal: stopped.signal,
    });
    assert.deepEqual(snapshots, [['a', 'b']]);
    await store.apply(model('c'));
    await pause(20);
    assert.deepEqual(snapshots.at(-1), ['a', 'b', 'c']);
    stopped.abort();
    const before = snapshots.length;
    await store.apply(model('d'));
    await pause(20);
    assert.equal(snapshots.length, before);
  });
});
