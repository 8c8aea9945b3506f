// The supervisor with the bundled engine on small real models: what the double shows must hold for it too.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { type FixtureOptions, ggufFixture } from '../fixtures/gguf.ts';
import { eventually, openStage, type Stage } from './stage.ts';

async function serving(
  options: FixtureOptions,
  spec: { contextTokens?: number; replicas?: number } = {},
): Promise<Stage> {
  const stage = await openStage({ engines: [chooseEngine({})] });
  copyFileSync(ggufFixture(options), join(stage.models, 'a.gguf'));
  await stage.apply('a', { source: { uri: 'file://a.gguf' }, ...spec });
  await stage.until('a', 'Ready', 'True', { withinMs: 30_000 });
  return stage;
}

async function complete(stage: Stage, body: Record<string, unknown>): Promise<{ status: number; text: string }> {
  const response = await fetch(`${await stage.url('a')}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'a', ...body }),
  });
  return { status: response.status, text: await response.text() };
}

describe('the bundled engine under supervision', () => {
  for (const shape of ['llama', 'mixtral', 'rwkv7', 'bert'] as const) {
    it(`makes a ${shape} model Ready by a real answer`, async () => {
      await using stage = await serving({ shape });
      const { status } = await stage.model('a');
      assert.equal(status?.readyReplicas, 1);
      assert.ok((status?.plan?.replicaBytes ?? 0) > (status?.plan?.weightsBytes ?? 0));
    });
  }

  it('says that it does not know an architecture before anything is started', async () => {
    await using stage = await openStage({ engines: [chooseEngine({})] });
    copyFileSync(ggufFixture({ shape: 'llama', architecture: 'unheardof' }), join(stage.models, 'a.gguf'));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    const ready = await stage.until('a', 'Ready', 'False', { reason: 'UnknownArchitecture', withinMs: 5000 });
    assert.ok((ready.remedy ?? '').length > 10);
  });

  it('is not taken for hung during a long generation, and is when it is stopped', async () => {
    await using stage = await serving(
      { shape: 'script', answer: 'one two three four ', endless: true, context: 32_768 },
      { contextTokens: 32_768 },
    );
    const [pid = 0] = stage.operator.runtime.processes('default/a');
    const startedAt = performance.now();
    const long = complete(stage, { prompt: 'a', max_tokens: 30_000 }).catch((error: Error) => error);
    let asked = 0;
    await eventually(
      async () => {
        asked += 1;
        assert.equal((await stage.condition('a', 'Ready'))?.status, 'True');
        return performance.now() - startedAt > 6000 ? true : undefined;
      },
      20_000,
      () => 'time does not pass',
    );
    assert.ok(asked > 50);
    assert.deepEqual(stage.operator.runtime.processes('default/a'), [pid]);
    process.kill(-pid, 'SIGSTOP');
    const ready = await stage.until('a', 'Ready', 'False', { reason: 'EngineHung', withinMs: 5000 });
    assert.ok((ready.remedy ?? '').length > 10);
    await stage.until('a', 'Ready', 'True', { withinMs: 30_000 });
    await long;
  });
});
