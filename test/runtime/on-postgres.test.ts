// The operator on a real PostgreSQL: what it says survives restarts without lying, one of several acts, and a database
// that goes away takes no engine with it.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AdvisoryLease } from '../../control-plane/resources/advisory-lease.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { eventually, openStage, type Stage } from './stage.ts';

let database: TemporaryDatabase;
before(async () => {
  database = await startTemporaryDatabase();
});
after(() => database.stop());

const silent = { info() {}, warn() {}, error() {} };
const processes = (stage: Stage) => stage.operator.runtime.processes('default/a');
const weights = () => ggufFixture({ shape: 'llama' });

async function openStore() {
  await database.pool.query('DELETE FROM resource');
  const store = new PostgresResourceStore({ database });
  store.start();
  return { store, [Symbol.dispose]: () => store.stop() };
}

describe('the operator on PostgreSQL', () => {
  it('brings up, changes and deletes a Model, and writes nothing at rest', async () => {
    using opened = await openStore();
    await using stage = await openStage({ store: opened.store });
    await stage.apply('a', { source: { uri: `file://${weights()}` } });
    await stage.until('a', 'Ready', 'True');
    await stage.apply('a', { source: { uri: `file://${weights()}` }, contextTokens: 256 });
    await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent' });
    await eventually(
      () => (processes(stage).length === 1 ? true : undefined),
      10_000,
      () => 'the old process runs on',
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { resourceVersion } = (await stage.model('a')).metadata;
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal((await stage.model('a')).metadata.resourceVersion, resourceVersion);
    await opened.store.delete('Model', { name: 'a' });
    await eventually(
      () => (processes(stage).length === 0 ? true : undefined),
      10_000,
      () => 'an engine runs on',
    );
  });

  it('corrects, before it is settled, what a killed predecessor left in the status', async () => {
    using opened = await openStore();
    const spec = { source: { uri: `file://${weights()}` } };
    {
      await using stage = await openStage({ store: opened.store });
      await stage.apply('a', spec);
      await stage.until('a', 'Ready', 'True');
      const model = await stage.model('a');
      await stage[Symbol.asyncDispose]();
      // What stands there when the process was killed instead of stopped.
      const now = await opened.store.get('Model', { name: 'a', namespace: 'default' });
      assert.ok(model.status !== undefined && now !== undefined);
      await opened.store.patchStatus('Model', model.metadata, model.status, now.metadata.resourceVersion ?? '');
    }
    await using stage = await openStage({ store: opened.store });
    await stage.operator.settled;
    assert.deepEqual((await stage.model('a')).status?.endpoints, []);
    assert.equal((await stage.condition('a', 'Ready'))?.status, 'False');
    await stage.until('a', 'Ready', 'True');
  });

  it('lets one of two act, and hands on when that one stops', async () => {
    using opened = await openStore();
    const lease = () => new AdvisoryLease({ database, periodMs: 100 });
    await using first = await openStage({ store: opened.store, lease: lease() });
    await first.operator.settled;
    await using second = await openStage({ store: opened.store, lease: lease() });
    await first.apply('a', { source: { uri: `file://${weights()}` } });
    await first.until('a', 'Ready', 'True');
    assert.equal(processes(first).length, 1);
    assert.equal(processes(second).length, 0);
    await first.operator.stop();
    await second.until('a', 'Ready', 'True');
    assert.equal(processes(second).length, 1);
  });

  it('keeps engines serving while the database is away, and catches up with what changed meanwhile', async () => {
    const own = await startTemporaryDatabase();
    const store = new PostgresResourceStore({ database: own });
    store.start();
    {
      await using stage = await openStage({
        store,
        log: silent,
        lease: new AdvisoryLease({ database: own, periodMs: 100 }),
      });
      copyFileSync(weights(), join(stage.models, 'a.gguf'));
      await stage.apply('a', { source: { uri: 'file://a.gguf' } });
      await stage.until('a', 'Ready', 'True');
      const url = await stage.url('a');
      const [pid = 0] = processes(stage);
      for (let round = 0; round < 3; round += 1) {
        await own.pool
          .query(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user',
          )
          .catch(() => {});
        const answer = await fetch(`${url}/v1/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${stage.bearer}` },
          body: '{"work_ms":200}',
        });
        assert.equal(answer.status, 200);
        assert.deepEqual(processes(stage), [pid]);
      }
      await eventually(
        async () =>
          (await stage.apply('a', { source: { uri: 'file://a.gguf' }, replicas: 2 }).catch(() => undefined)) && true,
        10_000,
        () => 'the database stayed away',
      );
      await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent', withinMs: 20_000 });
      assert.ok(processes(stage).includes(pid));
    }
    store.stop();
    await own.stop();
  });
});
