import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ggufFixture } from '../fixtures/gguf.ts';
import { startEngine } from './engine-process.ts';

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
