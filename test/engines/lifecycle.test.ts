import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { corruptFixture, type FixtureOptions, ggufFixture, truncatedFixture } from '../fixtures/gguf.ts';
import { freePort, type RunningEngine, spawnEngine, startEngine } from './engine-process.ts';

/** Recites for ever; slow enough that a long answer takes seconds. */
const SLOW: FixtureOptions = {
  shape: 'script',
  answer: 'un deux trois quatre cinq six ',
  endless: true,
  layers: 4,
  feedForward: 4096,
  context: 16_384,
};
const LONG_ANSWER = { messages: [{ role: 'user', content: '?' }], temperature: 0, stream: true };

async function health(engine: RunningEngine): Promise<{ running: number; waiting: number }> {
  return (await engine.get('/health')).json;
}

async function until(condition: () => Promise<boolean> | boolean, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > withinMs) assert.fail(`not within ${withinMs} ms`);
    await sleep(5);
  }
  return performance.now() - startedAt;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('while a long answer runs', () => {
  it('the probe is let in between two tokens, and other requests wait their turn', async () => {
    const engine = await startEngine(ggufFixture(SLOW), { slots: 1, contextTokens: 8192 });
    try {
      const { response, leave } = await engine.begin('/v1/chat/completions', LONG_ANSWER);
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      await until(() => received > 2000, 5000);
      const probe = llamaWorkerEngine.probe.completion({ embeddingOnly: false }, engine.bearer);
      for (let round = 0; round < 3; round += 1) {
        const before = received;
        const startedAt = performance.now();
        const answer = await engine.post(probe.path, JSON.parse(probe.body), probe.headers);
        assert.ok(probe.answered(answer.status, answer.text), answer.text);
        assert.ok(performance.now() - startedAt < 1000, 'a probe does not wait for the answer to end');
        await until(() => received > before, 1000);
      }
      let waited = false;
      const second = engine.chat({ ...LONG_ANSWER, stream: false, max_tokens: 2 }).then((answer) => {
        waited = true;
        return answer;
      });
      await until(async () => (await health(engine)).waiting === 1, 1000);
      await sleep(100);
      assert.equal(waited, false, 'the slot of the probe is not for everyone');
      leave();
      assert.equal((await second).status, 200);
    } finally {
      await engine.stop();
    }
  });

  it('two conversations in two slots advance together, each with its own text', async () => {
    const engine = await startEngine(ggufFixture(SLOW), { slots: 2 });
    try {
      const body = { ...LONG_ANSWER, stream: false, max_tokens: 50 };
      const [alone, ...together] = [
        await engine.chat(body),
        ...(await Promise.all([engine.chat(body), engine.chat(body)])),
      ];
      for (const one of together)
        assert.equal(one.json.choices[0].message.content, alone.json.choices[0].message.content);
    } finally {
      await engine.stop();
    }
  });

  it('a caller who leaves frees the engine within 100 ms, streaming or not, answering or still reading', async () => {
    const engine = await startEngine(ggufFixture(SLOW), { slots: 1, contextTokens: 8192 });
    const cases = {
      streaming: LONG_ANSWER,
      whole: { ...LONG_ANSWER, stream: false },
      'a long prompt': { ...LONG_ANSWER, messages: [{ role: 'user', content: 'mot '.repeat(1500) }] },
    };
    try {
      for (const [name, body] of Object.entries(cases)) {
        // Other work on the machine may delay one try, not three.
        const tries: number[] = [];
        for (let round = 0; round < 3; round += 1) {
          const { leave } = engine.abandonable('/v1/chat/completions', body);
          await until(async () => (await health(engine)).running === 1, 2000);
          await sleep(60);
          assert.equal((await health(engine)).running, 1, 'it works while the caller is there');
          leave();
          tries.push(await until(async () => (await health(engine)).running === 0, 2000));
        }
        assert.ok(Math.min(...tries) < 100, `${name}: ${tries.map(Math.round).join(', ')} ms`);
      }
      const answer = await engine.chat({ ...LONG_ANSWER, stream: false, max_tokens: 5 });
      assert.equal(answer.json.usage.completion_tokens, 5, 'the slot is free again');
    } finally {
      await engine.stop();
    }
  });
});

describe('the end of an engine', () => {
  it('SIGTERM: what runs is finished, new requests are refused, exit 0', async () => {
    const engine = await startEngine(ggufFixture(SLOW), { slots: 1 });
    const { response } = await engine.begin('/v1/chat/completions', { ...LONG_ANSWER, max_tokens: 300 });
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const complete = once(response, 'end');
    await until(() => text.includes('un'), 2000);
    engine.process.kill('SIGTERM');
    await sleep(20);
    await assert.rejects(engine.get('/health'), 'the port is closed');
    await complete;
    assert.match(text, /"finish_reason":"length"/);
    assert.ok(text.endsWith('data: [DONE]\n\n'));
    const ended = await engine.ended;
    assert.deepEqual(ended, { code: 0, signal: null });
    assert.equal(llamaWorkerEngine.explainExit(0, null, engine.stderr).reason, 'EngineStopped');
  });

  it('SIGKILL of the parent: the engine ends within 2 s, idle or at work', async () => {
    const parent = spawn(
      process.execPath,
      [fileURLToPath(new URL('./keep-engine.ts', import.meta.url)), ggufFixture(SLOW)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = await once(parent.stdout, 'data');
    const { pid } = JSON.parse(String(line)) as { pid: number };
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid), 2000);
  });

  const failures: [string, () => Promise<string> | string, string][] = [
    ['no such file', () => '/nonexistent/model.gguf', 'MissingFile'],
    ['a folder', () => '/tmp', 'MissingFile'],
    ['a truncated file', () => truncatedFixture({ shape: 'llama' }), 'CorruptFile'],
    ['not a GGUF', () => corruptFixture({ shape: 'llama' }, 0, Buffer.from('FUGG')), 'CorruptFile'],
    [
      'an unknown architecture',
      () => ggufFixture({ shape: 'llama', architecture: 'novelarch' }),
      'UnknownArchitecture',
    ],
    ['a file that lacks a tensor', () => ggufFixture({ shape: 'llama', architecture: 'qwen3' }), 'CorruptFile'],
  ];
  for (const [name, path, reason] of failures) {
    it(`${name}: ends at once with a code that says ${reason}`, async () => {
      const engine = await spawnEngine(await path());
      const { code, signal } = await engine.ended;
      const explanation = llamaWorkerEngine.explainExit(code, signal, engine.stderr);
      assert.equal(explanation.reason, reason, engine.stderr);
      assert.ok(explanation.remedy.length > 20);
    });
  }

  it('a port in use: PortTaken', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      const engine = await spawnEngine(ggufFixture({ shape: 'llama' }), { port });
      const { code, signal } = await engine.ended;
      assert.equal(llamaWorkerEngine.explainExit(code, signal, engine.stderr).reason, 'PortTaken');
    } finally {
      other.close();
    }
  });

  it('a context beyond what the model was trained on: ContextTooLong', async () => {
    const engine = await spawnEngine(ggufFixture({ shape: 'llama', context: 512 }), { contextTokens: 4096 });
    const { code, signal } = await engine.ended;
    assert.equal(llamaWorkerEngine.explainExit(code, signal, engine.stderr).reason, 'ContextTooLong');
  });

  it('a context that no memory holds: OutOfMemory', async () => {
    const shape: FixtureOptions = {
      shape: 'llama',
      context: 16_000_000,
      layers: 4,
      embedding: 512,
      heads: 8,
      kvHeads: 8,
    };
    const engine = await spawnEngine(ggufFixture(shape), { contextTokens: 16_000_000, slots: 4 });
    const { code, signal } = await engine.ended;
    assert.equal(llamaWorkerEngine.explainExit(code, signal, engine.stderr).reason, 'OutOfMemory', engine.stderr);
  });

  it('killed and crashed engines are told apart', () => {
    const explainExit: typeof llamaWorkerEngine.explainExit = (...end) => llamaWorkerEngine.explainExit(...end);
    assert.equal(explainExit(null, 'SIGKILL', '').reason, 'EngineKilled');
    assert.equal(explainExit(null, 'SIGSEGV', '').reason, 'EngineCrashed');
    assert.equal(explainExit(null, 'SIGABRT', 'terminate called: std::bad_alloc').reason, 'OutOfMemory');
  });
});
