// Completions, embeddings, models, and what concerns the connection.

import { type ClientCall, collect, user } from './client-call.ts';
import {
  chatAnswer,
  cut,
  embeddingAnswer,
  lastText,
  refusal,
  says,
  stream,
  textAnswer,
  textChunk,
  wantsUsage,
  whole,
  zeroToNine,
} from './scripts.ts';

const prompt = 'Once upon a time';
const model = { id: 'm', object: 'model', created: 1_700_000_000, owned_by: 'intramuros' };

export const otherCalls: readonly ClientCall[] = [
  {
    name: 'completion',
    engine: () => whole(textAnswer([' there was a model.'])),
    run: (client) => client.completions.create({ model: 'm', prompt, max_tokens: 5, temperature: 0, stop: ['.'] }),
  },
  {
    name: 'completion of several prompts, several choices',
    engine: () => whole(textAnswer(['a', 'b', 'c', 'd'])),
    run: (client) => client.completions.create({ model: 'm', prompt: [prompt, 'And then'], n: 2, best_of: 3 }),
  },
  {
    name: 'completion that repeats its prompt, with a suffix',
    engine: ({ body }) => whole(textAnswer([`${body.prompt} there was${body.suffix}`])),
    run: (client) => client.completions.create({ model: 'm', prompt, echo: true, suffix: ' the end', user: 'u' }),
  },
  {
    name: 'completion with an empty prompt',
    engine: () => whole(textAnswer(['x'])),
    run: (client) => client.completions.create({ model: 'm', prompt: '' }),
  },
  {
    name: 'completion, streamed',
    engine: () => stream([...cut(zeroToNine, 4).map((piece) => textChunk(piece)), textChunk('', 'stop')]),
    run: (client) => collect(client.completions.create({ model: 'm', prompt, stream: true })),
  },
  {
    name: 'completion, streamed, with usage',
    engine: (call) => stream([textChunk('a'), textChunk('b', 'length')], { usage: wantsUsage(call) }),
    run: (client) =>
      collect(client.completions.create({ model: 'm', prompt, stream: true, stream_options: { include_usage: true } })),
  },
  {
    name: 'refused: completion of tokens',
    engine: () => whole(textAnswer(['x'])),
    run: (client) => client.completions.create({ model: 'm', prompt: [1, 2, 3] }),
    refused: { code: 'unsupported_content', param: 'prompt[0]' },
  },
  {
    name: 'refused: log probabilities of a completion',
    engine: () => whole(textAnswer(['x'])),
    run: (client) => client.completions.create({ model: 'm', prompt, logprobs: 3 }),
    refused: { code: 'unsupported_content', param: 'logprobs' },
  },
  {
    name: 'embedding as the client asks for it (base64, decoded)',
    engine: (call) => whole(embeddingAnswer(call)),
    run: (client) => client.embeddings.create({ model: 'm', input: 'a text' }),
  },
  {
    name: 'embedding as numbers',
    engine: (call) => whole(embeddingAnswer(call)),
    run: (client) => client.embeddings.create({ model: 'm', input: 'a text', encoding_format: 'float' }),
  },
  {
    name: 'embedding as base64',
    engine: (call) => whole(embeddingAnswer(call)),
    run: (client) => client.embeddings.create({ model: 'm', input: 'a text', encoding_format: 'base64' }),
  },
  {
    name: 'embeddings of many texts, shortened',
    engine: (call) => whole(embeddingAnswer(call)),
    run: (client) => client.embeddings.create({ model: 'm', input: ['one', 'two', 'three'], dimensions: 8, user: 'u' }),
  },
  {
    name: 'refused: embedding of tokens',
    engine: (call) => whole(embeddingAnswer(call)),
    run: (client) => client.embeddings.create({ model: 'm', input: [[1, 2], [3]] }),
    refused: { code: 'unsupported_content', param: 'input[0]' },
  },
  {
    name: 'list of models',
    engine: () => whole({ object: 'list', data: [model] }),
    run: async (client) => {
      const ids: unknown[] = [];
      for await (const { id, object, created, owned_by } of client.models.list())
        ids.push({ id, object, created, owned_by });
      return ids;
    },
  },
  {
    name: 'one model',
    engine: () => whole(model),
    run: async (client) => {
      const { id, object, created, owned_by } = await client.models.retrieve('m');
      return { id, object, created, owned_by };
    },
  },
  {
    name: 'one model that there is not',
    engine: () => refusal(404, { message: 'no', type: 'NotFoundError', param: 'model', code: 404 }),
    run: (client) => client.models.retrieve('nobody'),
  },
  {
    name: 'fifty calls one after another',
    engine: (call) => whole(chatAnswer([says(lastText(call))])),
    run: async (client) => {
      const said: unknown[] = [];
      for (let at = 0; at < 50; at += 1) {
        const answer = await client.chat.completions.create({ model: 'm', messages: [user(`number ${at}`)] });
        said.push(answer.choices[0]?.message.content);
      }
      return said;
    },
  },
  {
    name: 'twenty calls at once',
    engine: (call) => whole(chatAnswer([says(lastText(call))])),
    run: async (client) => {
      const calls = Array.from({ length: 20 }, (_, at) =>
        client.chat.completions.create({ model: 'm', messages: [user(`number ${at}`)] }),
      );
      return (await Promise.all(calls)).map(({ choices }) => choices[0]?.message.content);
    },
  },
  {
    name: 'the raw response beside the data',
    engine: () => whole(chatAnswer([says('x')]), 200, { 'content-type': 'application/json; charset=utf-8' }),
    run: async (client) => {
      const { data, response } = await client.chat.completions
        .create({ model: 'm', messages: [user('x')] })
        .withResponse();
      return { data, status: response.status, type: response.headers.get('content-type') };
    },
  },
];
