import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../operator/engines/engine.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { ggufFixture, type Shape, truncatedFixture } from '../fixtures/gguf.ts';
import { nativeLlamaServer } from '../fixtures/llama-server.ts';
import { freePort, spawnEngine, startEngine } from './engine-process.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a server that knows only --model, --host and --port', () => {
  let folder = '';
  let engine: Engine;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stand in '));
    const path = join(folder, 'llama-server');
    const program = fileURLToPath(new URL('./stand-in-server.ts', import.meta.url));
    await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
    engine = chooseEngine({ llamaServerPath: path });
  });
  after(() => rm(folder, { recursive: true }));

  it('is chosen where a path is configured, the bundled worker elsewhere', () => {
    assert.equal(engine.name, 'llama-server');
    assert.equal(chooseEngine({}).name, 'llama-worker');
    assert.equal(chooseEngine({ llamaServerPath: '' }).name, 'llama-worker');
  });

  it('is started with those flags alone, as the process that the caller holds, with one slot more than offered', async () => {
    const model = ggufFixture({ shape: 'llama' });
    const running = await startEngine(model, { engine, slots: 2 });
    try {
      const probe = engine.probe.completion({ embeddingOnly: false }, running.bearer);
      const answer = await running.post(probe.path, JSON.parse(probe.body), probe.headers);
      assert.ok(probe.answered(answer.status, answer.text));
      const said = JSON.parse(answer.json.choices[0].text);
      assert.deepEqual(said.arguments, { model, host: '127.0.0.1', port: String(running.port) });
      assert.deepEqual([said.slots, said.pid], ['3', running.pid]);
      assert.equal(answer.json.key, `Bearer ${running.bearer}`);
      assert.ok(!execFileSync('ps', ['-eo', 'args']).includes(running.bearer), 'the bearer is not in the process list');
    } finally {
      await running.stop();
    }
  });

  it('ends when the lifeline closes, even when it is stopped, and with SIGTERM by itself', async () => {
    for (const freeze of [false, true]) {
      const running = await startEngine(ggufFixture({ shape: 'llama' }), { engine });
      if (freeze) running.process.kill('SIGSTOP');
      running.closeLifeline();
      const startedAt = performance.now();
      assert.equal((await running.ended).signal, 'SIGKILL');
      assert.ok(performance.now() - startedAt < 2000);
    }
    const running = await startEngine(ggufFixture({ shape: 'llama' }), { engine });
    process.kill(-running.pid, 'SIGTERM');
    assert.deepEqual(await running.ended, { code: null, signal: 'SIGTERM' });
    const startedAt = performance.now();
    while (isAlive(-running.pid) && performance.now() - startedAt < 2000) await sleep(20);
    assert.ok(!isAlive(-running.pid), 'nothing of the group is left');
  });

  it('gets --ctx-size only when the Model says contextTokens, and then for all its slots', () => {
    const base = { weights: '/w', host: '127.0.0.1', port: 1, bearer: 'b' };
    assert.ok(!engine.launch(base).args.includes('--ctx-size'));
    const { args } = engine.launch({ ...base, contextTokens: 1000, slots: 3 });
    assert.equal(args[args.indexOf('--ctx-size') + 1], '4000');
  });

  it('a program that does not exist or cannot run is EngineMissing', async () => {
    for (const path of [join(folder, 'nothing'), folder]) {
      const missing = chooseEngine({ llamaServerPath: path });
      const running = await spawnEngine(ggufFixture({ shape: 'llama' }), { engine: missing });
      const { code, signal } = await running.ended;
      assert.equal(missing.explainExit(code, signal, running.stderr).reason, 'EngineMissing', running.stderr);
    }
  });
});

const native = nativeLlamaServer();
const skip = 'missing' in native ? native.missing : false;

describe('a real llama-server', { skip }, () => {
  const engine = chooseEngine({ llamaServerPath: 'path' in native ? native.path : '' });

  for (const shape of ['llama', 'mixtral', 'rwkv7', 'qwen3', 'bert'] satisfies Shape[]) {
    it(`${shape}: starts, answers its probe, asks for the bearer, shows no slots and no page, ends`, async () => {
      const embeddingOnly = shape === 'bert';
      const running = await startEngine(ggufFixture({ shape }), { engine, embeddingOnly });
      try {
        const probe = engine.probe.completion({ embeddingOnly }, running.bearer);
        const answer = await running.post(probe.path, JSON.parse(probe.body), probe.headers);
        assert.ok(probe.answered(answer.status, answer.text), answer.text);
        const foreign = await running.post(probe.path, JSON.parse(probe.body), { authorization: 'Bearer wrong' });
        assert.equal(foreign.status, 401);
        assert.notEqual((await running.get('/slots')).status, 200);
        assert.ok(!(await running.get('/')).text.includes('<html'));
      } finally {
        process.kill(-running.pid, 'SIGTERM');
      }
      const { code, signal } = await running.ended;
      assert.equal(engine.explainExit(code, signal, '').reason, 'EngineStopped');
    });
  }

  it('recites what the bundled engine recites', async () => {
    const answer = 'Fait à Lyon le 3 mai.';
    const path = ggufFixture({ shape: 'script', answer });
    const body = { messages: [{ role: 'user', content: '?' }], temperature: 0, max_tokens: 100 };
    const texts: string[] = [];
    for (const each of [engine, chooseEngine({})]) {
      const running = await startEngine(path, { engine: each, contextTokens: 512 });
      texts.push((await running.chat(body)).json.choices[0].message.content);
      await running.stop();
    }
    assert.deepEqual(texts, [answer, answer]);
  });

  const failures: [string, string, string][] = [
    ['no such file', '/nonexistent/model.gguf', 'MissingFile'],
    ['a truncated file', truncatedFixture({ shape: 'llama' }), 'CorruptFile'],
    ['an unknown architecture', ggufFixture({ shape: 'llama', architecture: 'novelarch' }), 'UnknownArchitecture'],
  ];
  for (const [name, path, reason] of failures) {
    it(`${name} is explained as ${reason}`, async () => {
      const running = await spawnEngine(path, { engine });
      const { code, signal } = await running.ended;
      assert.equal(engine.explainExit(code, signal, running.stderr).reason, reason, running.stderr.slice(-1500));
    });
  }

  it('a taken port is explained as PortTaken', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const running = await spawnEngine(ggufFixture({ shape: 'llama' }), { engine, port });
    const { code, signal } = await running.ended;
    other.close();
    assert.equal(engine.explainExit(code, signal, running.stderr).reason, 'PortTaken', running.stderr.slice(-1500));
  });

  it('ends with its parent', async () => {
    const program = fileURLToPath(new URL('./keep-engine.ts', import.meta.url));
    const args = [program, ggufFixture({ shape: 'llama' }), 'path' in native ? native.path : ''];
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(parent.stdout, 'data');
    const { pid } = JSON.parse(String(line)) as { pid: number };
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    const startedAt = performance.now();
    while (isAlive(pid) && performance.now() - startedAt < 2000) await sleep(20);
    assert.ok(!isAlive(pid));
  });
});
