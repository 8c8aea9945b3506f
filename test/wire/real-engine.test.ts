import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { type RunningEngine, startEngine } from '../engines/engine-process.ts';
import { type FixtureOptions, ggufFixture } from '../fixtures/gguf.ts';
import { collect, joined, user } from './client-call.ts';
import { type GatewayTarget, startGatewayTarget } from './gateway-target.ts';

type Call = readonly [name: string, run: (client: OpenAI) => Promise<unknown>];

const chat = { model: 'm', messages: [user('Say something.')], temperature: 0 };
const wild = { ...chat, temperature: 1, seed: 11, max_tokens: 120 };
const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    tags: { type: 'array', items: { type: 'string', maxLength: 4 }, maxItems: 2 },
  },
  required: ['name', 'tags'],
  additionalProperties: false,
};
const format = { type: 'json_schema' as const, json_schema: { name: 'r', schema } };
const texts = async <T extends object>(stream: Promise<AsyncIterable<T>>) => joined(await collect(stream));

const RECITER: readonly Call[] = [
  ['a whole answer', (client) => client.chat.completions.create(chat)],
  ['a streamed answer, chunk by chunk', (client) => collect(client.chat.completions.create({ ...chat, stream: true }))],
  [
    'a streamed answer with usage',
    (client) =>
      collect(client.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } })),
  ],
  ['three choices', (client) => client.chat.completions.create({ ...chat, n: 3 })],
  ['two streamed choices', (client) => texts(client.chat.completions.create({ ...chat, n: 2, stream: true }))],
  ['a stop text', (client) => client.chat.completions.create({ ...chat, stop: ['deux'] })],
  [
    'a stop text, streamed',
    (client) => collect(client.chat.completions.create({ ...chat, stop: 'puis', stream: true })),
  ],
  ['a length', (client) => client.chat.completions.create({ ...chat, max_completion_tokens: 4 })],
  [
    'a history of several roles',
    (client) =>
      client.chat.completions.create({
        ...chat,
        messages: [
          { role: 'system', content: 'Be brief.' },
          user('a'),
          { role: 'assistant', content: 'b' },
          { role: 'user', content: [{ type: 'text', text: 'c' }] },
        ],
      }),
  ],
  ['the stream helper', (client) => client.chat.completions.stream({ ...chat }).finalContent()],
  ['a completion', (client) => client.completions.create({ model: 'm', prompt: 'x', temperature: 0, max_tokens: 100 })],
  [
    'completions of two prompts',
    (client) => client.completions.create({ model: 'm', prompt: ['x', 'y'], temperature: 0, max_tokens: 100 }),
  ],
  [
    'a streamed completion',
    (client) =>
      collect(client.completions.create({ model: 'm', prompt: 'x', temperature: 0, max_tokens: 100, stream: true })),
  ],
  [
    'a prompt that is too long',
    (client) => client.chat.completions.create({ ...chat, messages: [user('a '.repeat(4000))] }),
  ],
  ['what the engine does not do', (client) => client.chat.completions.create({ ...chat, logit_bias: { '5': 1 } })],
  [
    'a schema that the engine does not do',
    (client) =>
      client.chat.completions.create({
        ...chat,
        response_format: { type: 'json_schema', json_schema: { name: 'r', schema: { type: 'string', pattern: 'a' } } },
      }),
  ],
];

const WILD: readonly Call[] = [
  ['the same seed, the same text', (client) => client.chat.completions.create(wild)],
  ['the same seed, streamed', (client) => texts(client.chat.completions.create({ ...wild, stream: true }))],
  [
    'an answer by schema',
    (client) => client.chat.completions.create({ ...wild, max_tokens: 600, response_format: format }),
  ],
  [
    'an answer by schema, streamed',
    (client) =>
      texts(client.chat.completions.create({ ...wild, max_tokens: 600, response_format: format, stream: true })),
  ],
  [
    'an answer by schema, parsed',
    async (client) =>
      (await client.chat.completions.parse({ ...wild, max_tokens: 600, response_format: format })).choices[0]?.message,
  ],
  [
    'a JSON object',
    (client) => client.chat.completions.create({ ...wild, max_tokens: 400, response_format: { type: 'json_object' } }),
  ],
  [
    'other sampling',
    (client) => client.chat.completions.create({ ...wild, top_p: 0.8, presence_penalty: 0.5, frequency_penalty: 0.5 }),
  ],
];

const EMBEDDER: readonly Call[] = [
  ['an embedding', (client) => client.embeddings.create({ model: 'm', input: 'a text' })],
  [
    'embeddings as numbers',
    (client) => client.embeddings.create({ model: 'm', input: ['a', 'b c'], encoding_format: 'float' }),
  ],
  [
    'embeddings as base64',
    (client) => client.embeddings.create({ model: 'm', input: ['a', 'b c'], encoding_format: 'base64' }),
  ],
  ['a chat with a model that only embeds', (client) => client.chat.completions.create(chat)],
];

compare(
  'a model that recites',
  { shape: 'script', answer: 'Vu le 3 mai , puis "revu  deux fois" ; été 🙂 fini.', bytes: '🙂' },
  RECITER,
);
compare('a model of random weights', { shape: 'llama' }, WILD);
compare('a model that embeds', { shape: 'bert' }, EMBEDDER);

function compare(name: string, fixture: FixtureOptions, calls: readonly Call[]): void {
  describe(`${name}, on the bundled engine`, () => {
    let engine: RunningEngine;
    let gateway: GatewayTarget;
    before(async () => {
      engine = await startEngine(ggufFixture(fixture));
      gateway = await startGatewayTarget(`http://127.0.0.1:${engine.port}`, { bearer: engine.bearer });
    });
    after(async () => {
      await gateway.stop();
      await engine.stop();
    });
    for (const [call, run] of calls) {
      it(`${call}: the client sees the same directly and through the gateway`, async () => {
        const direct = await outcome(run, `http://127.0.0.1:${engine.port}/v1`, engine.bearer);
        const through = await outcome(run, `${gateway.url}/v1`, gateway.key);
        assert.deepEqual(through, direct);
      });
    }
  });
}

async function outcome(run: Call[1], baseURL: string, apiKey: string): Promise<unknown> {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  const result = await run(client).catch((error: Error & { status?: number; param?: string }) => ({
    error: error.constructor.name,
    status: error.status,
    param: error.param ?? null,
    message: error.message,
  }));
  return JSON.parse(JSON.stringify(result, (key, value: unknown) => (VARYING.has(key) ? undefined : value)));
}

/** Made anew by the engine for each answer. */
const VARYING = new Set(['id', 'created']);
