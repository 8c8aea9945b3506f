import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { type FixtureOptions, ggufFixture } from '../fixtures/gguf.ts';
import { startEngine } from './engine-process.ts';

describe('the estimate of memory', () => {
  const wide: FixtureOptions = { shape: 'llama', layers: 8, embedding: 512, heads: 8, kvHeads: 8, context: 8192 };
  const cases: [string, FixtureOptions, { contextTokens?: number; slots?: number }][] = [
    ['a tiny model', { shape: 'llama' }, {}],
    ['a long context in several slots', wide, { contextTokens: 4096, slots: 3 }],
    ['a mixture of experts', { shape: 'mixtral', embedding: 256, layers: 4 }, { contextTokens: 1024 }],
    ['a recurrent model', { shape: 'rwkv7', embedding: 256, layers: 4 }, { contextTokens: 2048, slots: 4 }],
  ];
  for (const [name, options, input] of cases) {
    it(`${name}: what the process takes is less than the estimate and more than half of it`, async () => {
      const path = ggufFixture(options);
      const estimate = llamaWorkerEngine.memory(await readGgufHeader(path), input).totalBytes;
      const engine = await startEngine(path, input);
      try {
        await engine.post('/v1/completions', { prompt: 'mot '.repeat(150), max_tokens: 32, temperature: 0 });
        const measured = engine.rssBytes;
        const text = `estimated ${estimate >> 20} MiB, measured ${measured >> 20} MiB`;
        assert.ok(measured < estimate * 1.1 && measured > estimate / 2, text);
      } finally {
        await engine.stop();
      }
    });
  }
});

describe('what is kept of earlier prompts', () => {
  const opening = 'Il était une fois un hôpital dans la ville. '.repeat(12);
  const ask = (tail: string, salt?: string) => ({
    prompt: opening + tail,
    max_tokens: 12,
    temperature: 0,
    cache_salt: salt,
  });

  for (const shape of ['llama', 'rwkv7', 'gemma3'] as const) {
    it(`${shape}: a prompt that shares its beginning gets the answer that a fresh engine gives`, async () => {
      const path = ggufFixture({ shape });
      const used = await startEngine(path);
      const fresh = await startEngine(path);
      try {
        await used.post('/v1/completions', ask('Alpha'));
        const again = await used.post('/v1/completions', ask('Beta'));
        const salted = await used.post('/v1/completions', ask('Beta', 'another'));
        const expected = await fresh.post('/v1/completions', ask('Beta'));
        assert.equal(again.json.choices[0].text, expected.json.choices[0].text);
        assert.equal(salted.json.choices[0].text, expected.json.choices[0].text);
        assert.deepEqual(again.json.usage, expected.json.usage);
      } finally {
        await Promise.all([used.stop(), fresh.stop()]);
      }
    });
  }
});
