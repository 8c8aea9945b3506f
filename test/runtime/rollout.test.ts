// Changes under load: no request may be lost while processes are replaced, added or taken away. The client below does
// what a gateway does: it sends to the endpoints that the stored status names.
import assert from 'node:assert/strict';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ModelEndpoint } from '../../operator/api/v1alpha1/model.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import { type Machine, thisMachine } from '../../operator/runtime/local/machine.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { writeScript } from './scripted-engine.ts';
import { eventually, openStage, type Stage } from './stage.ts';

interface Traffic extends AsyncDisposable {
  readonly answers: { readonly pid: number; readonly weights: string }[];
  readonly failures: unknown[];
  stop(): Promise<void>;
}

/** Sends requests of `workMs` one after the other, `callers` at a time, each to an endpoint of the latest status. */
async function sendTraffic(stage: Stage, callers: number, workMs: number): Promise<Traffic> {
  const watching = new AbortController();
  const stopped = new AbortController();
  let endpoints: readonly ModelEndpoint[] = [];
  await watchAll(
    stage.store,
    'Model',
    (models) => {
      endpoints = (models[0]?.status?.endpoints ?? []).filter(({ ready }) => ready);
    },
    { signal: watching.signal },
  );
  const answers: Traffic['answers'] = [];
  const failures: unknown[] = [];
  const call = async () => {
    while (!stopped.signal.aborted) {
      const url = endpoints[Math.floor(Math.random() * endpoints.length)]?.url;
      try {
        assert.ok(url !== undefined, 'no endpoint is ready');
        const response = await fetch(`${url}/v1/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${stage.bearer}`, connection: 'close' },
          body: JSON.stringify({ work_ms: workMs }),
        });
        assert.equal(response.status, 200);
        answers.push((await response.json()) as { pid: number; weights: string });
      } catch (error) {
        failures.push(error);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const calls = Array.from({ length: callers }, call);
  const stop = async () => {
    stopped.abort();
    await Promise.all(calls);
    watching.abort();
  };
  return { answers, failures, stop, [Symbol.asyncDispose]: stop };
}

async function serve(stage: Stage, replicas = 1): Promise<void> {
  copyFileSync(ggufFixture({ shape: 'llama' }), join(stage.models, 'a.gguf'));
  await stage.apply('a', { source: { uri: 'file://a.gguf' }, replicas });
  await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent' });
}

const processes = (stage: Stage) => stage.operator.runtime.processes('default/a');

describe('a rollout', { concurrency: 3 }, () => {
  it('replaces the process on a change of the spec without losing a request', async () => {
    await using stage = await openStage();
    await serve(stage);
    const [before = 0] = processes(stage);
    await using traffic = await sendTraffic(stage, 3, 200);
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, contextTokens: 256 });
    await stage.until('a', 'RolloutComplete', 'Unknown', { reason: 'Progressing' });
    await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent' });
    await eventually(
      () => (processes(stage).includes(before) ? undefined : true),
      15_000,
      () => 'the old process runs on',
    );
    await traffic.stop();
    const served = new Set(traffic.answers.map(({ pid }) => pid));
    assert.deepEqual(traffic.failures, []);
    assert.equal(served.size, 2, 'both revisions answered');
    assert.ok(traffic.answers.length > 10);
  });

  it('finishes a long request on the old process', async () => {
    await using stage = await openStage();
    await serve(stage);
    const [before = 0] = processes(stage);
    const url = await stage.url('a');
    const long = fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.bearer}` },
      body: JSON.stringify({ work_ms: 6000 }),
    });
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, contextTokens: 256 });
    await eventually(
      async () => ((await stage.url('a')) === url ? undefined : true),
      10_000,
      () => 'the endpoint did not change',
    );
    const answer = await long;
    assert.equal(((await answer.json()) as { pid: number }).pid, before);
    await eventually(
      () => (processes(stage).includes(before) ? undefined : true),
      15_000,
      () => 'the old process runs on',
    );
  });

  it('serves the new bytes when an unpinned file is replaced', async () => {
    await using stage = await openStage();
    await serve(stage);
    const [before = 0] = processes(stage);
    await using traffic = await sendTraffic(stage, 2, 50);
    copyFileSync(ggufFixture({ shape: 'llama', seed: 2 }), join(stage.models, 'next.gguf'));
    renameSync(join(stage.models, 'next.gguf'), join(stage.models, 'a.gguf'));
    await eventually(
      () => (processes(stage).includes(before) ? undefined : true),
      20_000,
      () => 'the old process runs on',
    );
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
  });

  it('keeps the old revision serving while the new one crashes, and Ready says that it is not the current one', async () => {
    await using stage = await openStage();
    await serve(stage);
    await using traffic = await sendTraffic(stage, 2, 50);
    writeScript(join(stage.models, 'b.gguf'), { exitCode: 3 });
    copyFileSync(ggufFixture({ shape: 'llama', seed: 3 }), join(stage.models, 'b.gguf'));
    await stage.apply('a', { source: { uri: 'file://b.gguf' } });
    await stage.until('a', 'RolloutComplete', 'False', { reason: 'CrashLoop' });
    assert.equal((await stage.condition('a', 'Ready'))?.status, 'False');
    assert.equal((await stage.model('a')).status?.endpoints?.length, 1);
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await stage.until('a', 'Ready', 'True');
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    assert.ok(traffic.answers.every(({ weights }) => weights.endsWith('a.gguf')));
  });

  it('adds and takes away replicas without losing a request', async () => {
    await using stage = await openStage();
    await serve(stage);
    await using traffic = await sendTraffic(stage, 4, 100);
    for (const replicas of [3, 1, 2]) {
      await stage.apply('a', { source: { uri: 'file://a.gguf' }, replicas });
      await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent' });
      await eventually(
        () => (processes(stage).length === replicas ? true : undefined),
        15_000,
        () => `${processes(stage).length} run, not ${replicas}`,
      );
      assert.equal((await stage.model('a')).status?.readyReplicas, replicas);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    assert.ok(new Set(traffic.answers.map(({ pid }) => pid)).size >= 3);
  });

  it('replaces instead of doubling when memory does not hold both', async () => {
    let running = () => 0;
    const free = () => (running() === 0 ? 80 : 10) * 2 ** 20;
    const machine: Machine = { ...thisMachine, memory: () => ({ totalBytes: 2 ** 30, availableBytes: free() }) };
    await using stage = await openStage({ machine });
    running = () => processes(stage).length;
    await serve(stage);
    const [before = 0] = processes(stage);
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, contextTokens: 256 });
    await eventually(
      () => (processes(stage).some((pid) => pid !== before) ? true : undefined),
      15_000,
      () => 'no new process',
    );
    assert.ok(!processes(stage).includes(before), 'old and new never ran side by side');
    await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent' });
  });

  it('to zero replicas ends every process, and back brings it up again', async () => {
    await using stage = await openStage();
    await serve(stage);
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, replicas: 0 });
    await stage.until('a', 'Ready', 'False', { reason: 'Stopped' });
    await eventually(
      () => (processes(stage).length === 0 ? true : undefined),
      10_000,
      () => 'a process runs on',
    );
    await stage.until('a', 'RolloutComplete', 'True', { reason: 'Stopped' });
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, replicas: 1 });
    await stage.until('a', 'Ready', 'True');
  });

  it('ends every process of a Model that is deleted', async () => {
    await using stage = await openStage();
    await serve(stage, 2);
    await stage.store.delete('Model', { namespace: 'default', name: 'a' });
    await eventually(
      () => (processes(stage).length === 0 ? true : undefined),
      10_000,
      () => 'a process runs on',
    );
  });

  it('writes nothing while nothing changes', async () => {
    await using stage = await openStage({ resyncMs: 50 });
    await serve(stage);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = (await stage.model('a')).metadata.resourceVersion;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.equal((await stage.model('a')).metadata.resourceVersion, before);
    assert.equal((await stage.model('a')).metadata.generation, 1);
  });

  it('says in the last status that nothing answers any more when the product stops', async () => {
    const stage = await openStage();
    await serve(stage);
    await stage[Symbol.asyncDispose]();
    const { status } = await stage.model('a');
    assert.deepEqual(status?.endpoints, []);
    assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'ProductStopped');
  });
});
