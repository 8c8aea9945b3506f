// Ready never lies, with real processes: random edits, kills and files that come and go, and an oracle that believes
// nothing but an answer over HTTP. Each time Ready is told of the current generation, an endpoint of that status must
// answer from the weights of the current spec, unless the test itself ended it a moment before.
import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { seededRandom } from '../fixtures/random.ts';
import { openStage, type Stage } from './stage.ts';

const STEPS = process.env['INTRAMUROS_TEST_LONG'] === '1' ? 300 : 30;
/** A status may be this far behind a process that was killed. */
const BEHIND_MS = 1000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function servesCurrent(stage: Stage, { status, spec }: Model): Promise<boolean> {
  const answers = (status?.endpoints ?? []).map(async ({ url }) => {
    const response = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.bearer}` },
      body: '{}',
      signal: AbortSignal.timeout(3000),
    });
    const { weights } = (await response.json()) as { weights: string };
    return weights.endsWith(spec.source.uri.slice('file://'.length));
  });
  return (await Promise.allSettled(answers)).some((result) => result.status === 'fulfilled' && result.value);
}

it(`Ready never claims what nothing serves, over ${STEPS} random steps with real processes`, async (context) => {
  const random = seededRandom(20_261_125);
  await using stage = await openStage({ log: { info() {}, warn() {}, error() {} } });
  const names = ['a.gguf', 'b.gguf'];
  const put = (name: string) => {
    copyFileSync(ggufFixture({ shape: 'llama' }), join(stage.models, `${name}.new`));
    renameSync(join(stage.models, `${name}.new`), join(stage.models, name));
  };
  names.forEach(put);
  let disturbedAt = 0;
  let claims = 0;
  const lies: string[] = [];
  const watching = new AbortController();
  const checks: Promise<void>[] = [];
  const check = async (model: Model) => {
    const seenAt = performance.now();
    claims += 1;
    if (await servesCurrent(stage, model)) return;
    if (seenAt - disturbedAt < BEHIND_MS || disturbedAt > seenAt) return;
    lies.push(`generation ${model.metadata.generation} of ${model.spec.source.uri}`);
  };
  const { resourceVersion } = await stage.store.list('Model');
  const watched = (async () => {
    for await (const event of stage.store.watch('Model', { resourceVersion, signal: watching.signal })) {
      if (event.type === 'BOOKMARK') continue;
      const { status, metadata } = event.resource;
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status === 'True' && ready.observedGeneration === metadata.generation)
        checks.push(check(event.resource));
    }
  })();
  const spec = { source: { uri: 'file://a.gguf' }, replicas: 1 };
  await stage.apply('a', spec);
  await stage.until('a', 'Ready', 'True');
  for (let step = 0; step < STEPS; step += 1) {
    const dice = random();
    if (dice < 0.3) {
      disturbedAt = performance.now();
      for (const pid of stage.operator.runtime.processes('default/a')) if (random() < 0.7) process.kill(pid, 'SIGKILL');
    } else if (dice < 0.5) {
      await stage.apply('a', { ...spec, replicas: Math.floor(random() * 3) });
    } else if (dice < 0.7) {
      spec.source.uri = `file://${names[Math.floor(random() * 2)]}`;
      await stage.apply('a', spec);
    } else if (dice < 0.8) {
      await stage.apply('a', { ...spec, contextTokens: 256 + Math.floor(random() * 2) });
    } else if (dice < 0.9) {
      rmSync(join(stage.models, names[Math.floor(random() * 2)] ?? ''), { force: true });
    } else names.forEach(put);
    await pause(random() * 900);
  }
  names.forEach(put);
  await stage.apply('a', { ...spec, replicas: 2 });
  await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent', withinMs: 60_000 });
  watching.abort();
  await watched;
  await Promise.all(checks);
  context.diagnostic(`${claims} claims of Ready were checked`);
  assert.ok(claims > STEPS / 10);
  assert.deepEqual(lies, []);
});
