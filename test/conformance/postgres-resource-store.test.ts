// The table of resource stores on a real PostgreSQL, and what only a database can do wrong.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AdvisoryLease } from '../../control-plane/resources/advisory-lease.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { API_VERSION } from '../../operator/api/metadata.ts';
import { ResourceError } from '../../operator/api/resource-error.ts';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { eventually } from '../runtime/stage.ts';
import { resourceStoreTable } from './resource-store.ts';

let database: TemporaryDatabase;
before(async () => {
  database = await startTemporaryDatabase();
});
after(() => database.stop());

const model = (name: string, replicas = 1): Model => ({
  apiVersion: API_VERSION,
  kind: 'Model',
  metadata: { name },
  spec: { source: { uri: 'file:///weights/a.gguf' }, replicas },
});

async function openStore(tombstones = 1000) {
  await database.pool.query('DELETE FROM resource');
  const store = new PostgresResourceStore({ database, tombstones });
  store.start();
  return { store, tombstones, [Symbol.asyncDispose]: async () => store.stop() };
}

resourceStoreTable('PostgreSQL', () => openStore(5));

describe('the PostgreSQL store', () => {
  it('remembers what a resource asked for, generation by generation, and of one that is gone', async () => {
    await using under = await openStore();
    const { store } = under;
    await store.apply(model('remembered', 1));
    await store.apply(model('remembered', 2));
    await store.apply(model('remembered', 2));
    await store.apply({ ...model('remembered', 2), metadata: { name: 'remembered', labels: { team: 'a' } } });
    await store.apply(model('remembered', 3), { dryRun: true });
    const key = { namespace: 'default', name: 'remembered' };
    const asked = async () =>
      (await store.revisions('Model', key)).map(({ generation, spec }) => [
        generation,
        (spec as Model['spec']).replicas,
      ]);
    assert.deepEqual(await asked(), [
      [2, 2],
      [1, 1],
    ]);
    await store.delete('Model', key);
    assert.equal((await asked()).length, 2);
    for (let replicas = 0; replicas < 60; replicas += 1) await store.apply(model('remembered', replicas % 16));
    assert.equal((await asked()).length, 50);
  });

  it('wakes a watch within 200 ms, not at its next look', async () => {
    await using under = await openStore();
    const { resourceVersion } = await under.store.list('Model');
    const seen = new AbortController();
    const watching = (async () => {
      for await (const event of under.store.watch('Model', { resourceVersion, signal: seen.signal })) {
        if (event.type === 'ADDED') return performance.now();
      }
      return 0;
    })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const writtenAt = performance.now();
    await under.store.apply(model('a'));
    assert.ok((await watching) - writtenAt < 200);
  });

  it('shows a change made by another process on the same database', async () => {
    await using ours = await openStore();
    const theirs = new PostgresResourceStore({ database });
    const stopped = new AbortController();
    let names: string[] = [];
    await watchAll(
      ours.store,
      'Model',
      (models) => {
        names = models.map(({ metadata }) => metadata.name);
      },
      { signal: stopped.signal },
    );
    await theirs.apply(model('from-elsewhere'));
    await eventually(
      () => (names.includes('from-elsewhere') ? true : undefined),
      2000,
      () => `seen: ${names.join()}`,
    );
    stopped.abort();
  });

  it('goes on after every connection was cut, keeps the last good copy meanwhile, and misses nothing', async () => {
    await using under = await openStore();
    await under.store.apply(model('a'));
    const stopped = new AbortController();
    let replicas: Record<string, number | undefined> = {};
    await watchAll(
      under.store,
      'Model',
      (models) => {
        replicas = Object.fromEntries(models.map(({ metadata, spec }) => [metadata.name, spec.replicas]));
      },
      { signal: stopped.signal },
    );
    for (let round = 2; round < 5; round += 1) {
      await cutConnections();
      assert.ok('a' in replicas);
      await retried(() => under.store.apply(model('a', round)));
      await eventually(
        () => (replicas['a'] === round ? true : undefined),
        10_000,
        () => JSON.stringify(replicas),
      );
    }
    stopped.abort();
  });

  it('says that it is unavailable, by a typed error, when the server is gone', async () => {
    const gone = await startTemporaryDatabase();
    const store = new PostgresResourceStore({ database: gone });
    await store.apply(model('a'));
    await gone.server.stop();
    await assert.rejects(
      store.list('Model'),
      (error) => error instanceof ResourceError && error.reason === 'unavailable',
    );
    await assert.rejects(store.apply(model('b')), (error) => error instanceof ResourceError && error.code === 503);
    await gone.stop();
  });
});

describe('the lease', () => {
  it('is held by one at a time, handed on when released, and lost with the connection', async () => {
    const holding = new Set<string>();
    const history: string[] = [];
    const start = (name: string) => {
      const stop = new AbortController();
      const lease = new AdvisoryLease({ database, periodMs: 50 });
      const done = lease.hold(async (signal) => {
        assert.equal(holding.size, 0, 'two hold the lease');
        holding.add(name);
        history.push(name);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        holding.delete(name);
      }, stop.signal);
      return { stop: () => stop.abort(), done };
    };
    const first = start('first');
    await eventually(
      () => (history.length === 1 ? true : undefined),
      5000,
      () => 'nobody leads',
    );
    const second = start('second');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(history, ['first']);
    first.stop();
    await first.done;
    await eventually(
      () => (history.length === 2 ? true : undefined),
      5000,
      () => 'it was not handed on',
    );
    await cutConnections();
    await second.done;
    assert.deepEqual([...holding], []);
  });
});

async function cutConnections(): Promise<void> {
  await retried(() =>
    database.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user',
    ),
  );
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
