// Every way in which a Model can fail to come up, produced for real: each must stand in its conditions with reason and
// remedy within five seconds of being observable.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Condition } from '../../operator/api/conditions.ts';
import { freePort } from '../../operator/runtime/local/free-port.ts';
import { type Machine, thisMachine } from '../../operator/runtime/local/machine.ts';
import { corruptFixture, ggufFixture, truncatedFixture } from '../fixtures/gguf.ts';
import { scriptedEngine, writeScript } from './scripted-engine.ts';
import { eventually, isAlive, openStage, type Stage } from './stage.ts';

const WITHIN = { withinMs: 5000 };
const GIB = 2 ** 30;

function put(stage: Stage, fixture: string, name = 'a.gguf'): string {
  const path = join(stage.models, name);
  copyFileSync(fixture, path);
  return path;
}

/** Ready is False for that reason, and both it and the condition at fault say what to do. */
async function assertFailure(stage: Stage, type: string, reason: string): Promise<Condition> {
  const at = await stage.until('a', type, 'False', { reason, ...WITHIN });
  const ready = await stage.until('a', 'Ready', 'False', { reason, ...WITHIN });
  assert.ok((at.remedy ?? '').length > 10, `${type} has no remedy`);
  assert.equal(ready.remedy, at.remedy);
  assert.equal(ready.message, at.message);
  return at;
}

const processes = (stage: Stage) => stage.operator.runtime.processes('default/a');

async function readyStage(overrides: Parameters<typeof openStage>[0] = {}): Promise<Stage> {
  const stage = await openStage(overrides);
  put(stage, ggufFixture({ shape: 'llama' }));
  await stage.apply('a', { source: { uri: 'file://a.gguf' } });
  await stage.until('a', 'Ready', 'True');
  return stage;
}

describe('the source', { concurrency: 3 }, () => {
  it('says that the file is missing, and comes up by itself once it is there', async () => {
    await using stage = await openStage();
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await assertFailure(stage, 'SourceVerified', 'MissingFile');
    put(stage, ggufFixture({ shape: 'llama' }));
    await stage.until('a', 'Ready', 'True');
    assert.equal((await stage.model('a')).status?.weights?.architecture, 'llama');
  });

  it('says that the digest is wrong, starts nothing, and takes the right one', async () => {
    await using stage = await openStage();
    const path = put(stage, ggufFixture({ shape: 'llama' }));
    const digest = `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    await stage.apply('a', { source: { uri: 'file://a.gguf', digest: `sha256:${'0'.repeat(64)}` } });
    const condition = await assertFailure(stage, 'SourceVerified', 'WrongDigest');
    assert.ok(condition.message.includes(digest), 'the message names the digest that was found');
    assert.deepEqual(stage.operator.runtime.processes('default/a'), []);
    await stage.apply('a', { source: { uri: 'file://a.gguf', digest } });
    await stage.until('a', 'Ready', 'True');
    assert.equal((await stage.model('a')).status?.weights?.digest, digest);
  });

  it('stops serving when a pinned file is replaced by another', async () => {
    await using stage = await openStage();
    const path = put(stage, ggufFixture({ shape: 'llama' }));
    const digest = `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    await stage.apply('a', { source: { uri: 'file://a.gguf', digest } });
    await stage.until('a', 'Ready', 'True');
    rmSync(path);
    put(stage, ggufFixture({ shape: 'llama', seed: 2 }));
    await assertFailure(stage, 'SourceVerified', 'WrongDigest');
    assert.deepEqual((await stage.model('a')).status?.endpoints, []);
    await eventually(
      () => (stage.operator.runtime.processes('default/a').length === 0 ? true : undefined),
      10_000,
      () => 'the engine runs on',
    );
  });

  it('says that a truncated file is corrupt', async () => {
    await using stage = await openStage();
    put(stage, truncatedFixture({ shape: 'llama' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await assertFailure(stage, 'SourceVerified', 'CorruptFile');
  });

  it('says that a file of something else is corrupt', async () => {
    await using stage = await openStage();
    put(stage, corruptFixture({ shape: 'llama' }, 0, Buffer.from('PK00')));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await assertFailure(stage, 'SourceVerified', 'CorruptFile');
  });

  it('says that the answer schema beside the weights is no schema, and serves it once it is one', async () => {
    await using stage = await openStage();
    put(stage, ggufFixture({ shape: 'llama' }));
    writeFileSync(join(stage.models, 'a.schema.json'), '[1');
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await assertFailure(stage, 'SourceVerified', 'AnswerSchemaInvalid');
    writeFileSync(join(stage.models, 'a.schema.json'), '{"type":"object"}');
    await stage.until('a', 'Ready', 'True');
    assert.deepEqual((await stage.model('a')).status?.answerSchema, { type: 'object' });
  });
});

describe('the fit', { concurrency: 3 }, () => {
  it('says that no engine knows the architecture', async () => {
    await using stage = await openStage();
    put(stage, ggufFixture({ shape: 'llama', architecture: 'unheardof' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    const condition = await assertFailure(stage, 'Fits', 'UnknownArchitecture');
    assert.ok(condition.message.includes('unheardof'));
  });

  it('says how much memory is missing, starts nothing, and comes up when there is enough', async () => {
    let available = 32 * 2 ** 20;
    const machine: Machine = { ...thisMachine, memory: () => ({ totalBytes: GIB, availableBytes: available }) };
    await using stage = await openStage({ machine });
    put(stage, ggufFixture({ shape: 'llama' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    const condition = await assertFailure(stage, 'Fits', 'NotEnoughMemory');
    assert.match(condition.message, /needs \d+ MiB .* but 32 MiB of 1\.0 GiB are free: \d+ MiB are missing/);
    assert.deepEqual(stage.operator.runtime.processes('default/a'), []);
    available = GIB;
    await stage.until('a', 'Ready', 'True');
  });

  it('runs the replicas that fit and says that the others do not', async () => {
    let running = () => 0;
    const free = () => (running() === 0 ? 100 : 33) * 2 ** 20;
    const machine: Machine = { ...thisMachine, memory: () => ({ totalBytes: GIB, availableBytes: free() }) };
    await using stage = await openStage({ machine });
    running = () => stage.operator.runtime.processes('default/a').length;
    put(stage, ggufFixture({ shape: 'llama' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, replicas: 3 });
    const fits = await stage.until('a', 'Fits', 'False', { reason: 'NotEnoughMemory' });
    assert.match(fits.remedy ?? '', /spec\.replicas/);
    await stage.until('a', 'Ready', 'True');
  });

  it('refuses a context longer than the model was trained for', async () => {
    await using stage = await openStage();
    put(stage, ggufFixture({ shape: 'llama', context: 1024 }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, contextTokens: 4096 });
    const condition = await assertFailure(stage, 'Fits', 'ContextTooLong');
    assert.match(condition.remedy ?? '', /1024/);
  });
});

describe('the engine', { concurrency: 3 }, () => {
  it('is not believed while another program answers on its port', async () => {
    let foreign: Server | undefined;
    let taken = true;
    const choosePort = async () => {
      const port = await freePort();
      if (!taken) return port;
      foreign?.close();
      // It answers everything with 200 and one token, as an engine would.
      foreign = createServer((_request, response) => response.end('{"usage":{"completion_tokens":1}}'));
      await new Promise<void>((resolve) => foreign?.listen(port, '127.0.0.1', () => resolve()));
      return port;
    };
    await using stage = await openStage({ choosePort });
    put(stage, ggufFixture({ shape: 'llama' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await assertFailure(stage, 'EngineReady', 'PortTaken');
    taken = false;
    await stage.until('a', 'Ready', 'True');
    foreign?.close();
  });

  it('is started again after kill -9, and is a crash loop when that repeats', async () => {
    await using stage = await readyStage();
    const killed = new Set<number>();
    const kill = () => {
      for (const pid of stage.operator.runtime.processes('default/a')) {
        if (killed.has(pid)) continue;
        killed.add(pid);
        process.kill(pid, 'SIGKILL');
      }
    };
    kill();
    await assertFailure(stage, 'EngineReady', 'EngineKilled');
    assert.deepEqual((await stage.model('a')).status?.endpoints, [], 'no endpoint is claimed while none answers');
    await stage.until('a', 'Ready', 'True');
    const killing = setInterval(kill, 20);
    const condition = await stage.until('a', 'EngineReady', 'False', { reason: 'CrashLoop', ...WITHIN });
    assert.match(condition.message, /3 times in a row/);
    clearInterval(killing);
    await stage.until('a', 'Ready', 'True');
  });

  it('that ends at every start is a crash loop with the words of its engine', async () => {
    await using stage = await openStage();
    writeScript(put(stage, ggufFixture({ shape: 'llama' })), { exitCode: 7 });
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    const condition = await assertFailure(stage, 'EngineReady', 'CrashLoop');
    assert.match(condition.message, /code 7/);
  });

  it('that the kernel ended for want of memory is told from one that somebody killed', async () => {
    let kills = 4;
    const machine: Machine = { ...thisMachine, outOfMemoryKills: () => kills };
    await using stage = await readyStage({ machine });
    kills += 1;
    for (const pid of stage.operator.runtime.processes('default/a')) process.kill(pid, 'SIGKILL');
    await assertFailure(stage, 'EngineReady', 'OutOfMemory');
  });

  it('that runs into a limit of its own says so', async () => {
    // The limit of the address space makes the program fail for real; V8 then says so on stderr.
    await using stage = await openStage({
      engines: [scriptedEngine({ wrapper: ['prlimit', `--as=${600 * 2 ** 20}`] })],
    });
    put(stage, ggufFixture({ shape: 'llama' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await assertFailure(stage, 'EngineReady', 'OutOfMemory');
  });

  it('whose program is not there says so', async () => {
    await using stage = await openStage({ engines: [scriptedEngine({ wrapper: ['/nonexistent/llama-server'] })] });
    put(stage, ggufFixture({ shape: 'llama' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await assertFailure(stage, 'EngineReady', 'EngineMissing');
  });

  it('that refuses completions is never ready', async () => {
    await using stage = await openStage();
    writeScript(put(stage, ggufFixture({ shape: 'llama' })), { status: 500 });
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    const condition = await assertFailure(stage, 'EngineReady', 'ProbeFailed');
    assert.match(condition.message, /500/);
  });

  it('that hangs (SIGSTOP) is found out within five seconds and replaced', async () => {
    await using stage = await readyStage();
    const [pid = 0] = stage.operator.runtime.processes('default/a');
    process.kill(-pid, 'SIGSTOP');
    await assertFailure(stage, 'EngineReady', 'EngineHung');
    await stage.until('a', 'Ready', 'True');
    assert.equal(isAlive(pid), false);
  });

  it('that is stopped while it still loads is found out too', async () => {
    await using stage = await openStage();
    writeScript(put(stage, ggufFixture({ shape: 'llama' })), { loadMs: 60_000 });
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    const [pid = 0] = await eventually(
      () => (processes(stage).length > 0 ? processes(stage) : undefined),
      5000,
      () => 'no process was started',
    );
    process.kill(-pid, 'SIGSTOP');
    await assertFailure(stage, 'EngineReady', 'EngineHung');
  });

  it('that takes its time to load, doing nothing, is not taken for hung', async () => {
    await using stage = await openStage();
    writeScript(put(stage, ggufFixture({ shape: 'llama' })), { loadMs: 6000 });
    await stage.apply('a', { source: { uri: 'file://a.gguf' } });
    await stage.until('a', 'Ready', 'True');
    assert.equal((await stage.operator.runtime.observe('default/a'))[0]?.replicas[0]?.restarts, 0);
  });

  it('that works on a long request is not taken for hung', async () => {
    await using stage = await readyStage();
    const [pid = 0] = stage.operator.runtime.processes('default/a');
    const answer = await fetch(`${await stage.url('a')}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.bearer}` },
      body: JSON.stringify({ work_ms: 8000 }),
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(stage.operator.runtime.processes('default/a'), [pid]);
    assert.equal((await stage.condition('a', 'Ready'))?.status, 'True');
  });
});

describe('the policy', { concurrency: 3 }, () => {
  it('that a Model names and that does not exist keeps it from being ready', async () => {
    await using stage = await openStage();
    put(stage, ggufFixture({ shape: 'llama' }));
    await stage.apply('a', { source: { uri: 'file://a.gguf' }, privacy: { policy: 'strict' } });
    const ready = await stage.until('a', 'Ready', 'False', { reason: 'PolicyNotFound', ...WITHIN });
    assert.match(ready.remedy ?? '', /PrivacyPolicy/);
    await stage.store.apply({
      apiVersion: 'intramuros.dev/v1alpha1',
      kind: 'PrivacyPolicy',
      metadata: { name: 'strict' },
      spec: { default: 'block', keep: [], minScore: 0.5 },
    });
    await stage.until('a', 'Ready', 'True');
  });
});
