import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { ggufFixture, type Shape } from '../fixtures/gguf.ts';
import { startEngine } from './engine-process.ts';

const SHAPES: readonly Shape[] = ['llama', 'mistral', 'mixtral', 'rwkv7', 'qwen3', 'gemma2', 'gemma3'];

describe('every shape of model runs on the bundled engine', () => {
  for (const shape of SHAPES) {
    it(`${shape}: answers a chat, streams the same text, repeats itself for a seed and answers the probe`, async () => {
      const path = ggufFixture({ shape });
      const engine = await startEngine(path);
      try {
        const body = { messages: [{ role: 'user', content: 'Bonjour' }], max_tokens: 24, temperature: 0.9, seed: 7 };
        const first = await engine.chat(body);
        assert.equal(first.status, 200, first.text);
        const [choice] = first.json.choices;
        assert.equal(first.json.object, 'chat.completion');
        assert.ok(choice.finish_reason === 'length' || choice.finish_reason === 'stop');
        const { prompt_tokens: prompt, completion_tokens: generated, total_tokens: total } = first.json.usage;
        assert.ok(prompt > 0 && generated > 0 && generated <= 24 && total === prompt + generated);

        const again = await engine.chat(body);
        assert.equal(again.json.choices[0].message.content, choice.message.content, 'the same seed, the same answer');

        const events = await engine.stream('/v1/chat/completions', {
          ...body,
          stream_options: { include_usage: true },
        });
        const text = events.map((event) => event.choices[0]?.delta.content ?? '').join('');
        assert.equal(text, choice.message.content, 'streamed and whole are one text');
        assert.deepEqual(events.at(-1)?.usage, first.json.usage);
        assert.deepEqual(events.at(-1)?.choices, []);

        const probe = llamaWorkerEngine.probe.completion(await readGgufHeader(path), engine.bearer);
        const probed = await engine.post(probe.path, JSON.parse(probe.body), probe.headers);
        assert.ok(probe.answered(probed.status, probed.text), probed.text);
        assert.ok(!probe.answered(200, '{}'), 'an answer without a choice proves nothing');
      } finally {
        await engine.stop();
      }
    });
  }

  it('bert: makes unit vectors, refuses to chat, and answers its own probe', async () => {
    const path = ggufFixture({ shape: 'bert' });
    const engine = await startEngine(path);
    try {
      const { status, json } = await engine.post('/v1/embeddings', { input: ['la loi', 'le contrat', 'la loi'] });
      assert.equal(status, 200);
      const vectors: number[][] = json.data.map((row: { embedding: number[] }) => row.embedding);
      assert.equal(vectors.length, 3);
      assert.ok(vectors.every((vector) => vector.length === 64 && Math.abs(Math.hypot(...vector) - 1) < 1e-6));
      assert.deepEqual(vectors[0], vectors[2]);
      assert.notDeepEqual(vectors[0], vectors[1]);
      assert.ok(json.usage.prompt_tokens > 0);

      const packed = await engine.post('/v1/embeddings', { input: 'la loi', encoding_format: 'base64' });
      const bytes = Buffer.from(packed.json.data[0].embedding, 'base64');
      const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      assert.ok(floats.every((value, index) => Math.abs(value - (vectors[0]?.[index] ?? 9)) < 1e-6));

      const chat = await engine.chat({ messages: [{ role: 'user', content: 'x' }] });
      assert.deepEqual([chat.status, chat.json.error.param], [400, 'messages']);
      const cut = await engine.post('/v1/embeddings', { input: 'x', dimensions: 8 });
      assert.deepEqual([cut.status, cut.json.error.param], [400, 'dimensions']);
      const long = await engine.post('/v1/embeddings', { input: 'la loi '.repeat(3000) });
      assert.deepEqual([long.status, long.json.error.code], [400, 'context_length_exceeded']);

      const probe = llamaWorkerEngine.probe.completion(await readGgufHeader(path), engine.bearer);
      const probed = await engine.post(probe.path, JSON.parse(probe.body), probe.headers);
      assert.ok(probe.answered(probed.status, probed.text));
    } finally {
      await engine.stop();
    }
  });

  it('a model of text refuses to make vectors', async () => {
    const engine = await startEngine(ggufFixture({ shape: 'llama' }));
    try {
      const refused = await engine.post('/v1/embeddings', { input: 'x' });
      assert.deepEqual(
        [refused.status, refused.json.error.code, refused.json.error.param],
        [400, 'unsupported_parameter', 'input'],
      );
    } finally {
      await engine.stop();
    }
  });
});
