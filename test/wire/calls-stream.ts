// Chat completions that are streamed.

import { once } from 'node:events';
import { type ClientCall, collect, joined, user } from './client-call.ts';
import type { Script } from './scripted-engine.ts';
import {
  chatChunk,
  cut,
  delta,
  events,
  finish,
  lastText,
  recut,
  role,
  sse,
  stream,
  streamed,
  wantsUsage,
  zeroToNine,
} from './scripts.ts';

const body = { model: 'm', messages: [user('Say something.')], stream: true as const };

/** A stream whose every chunk must be the same. */
function chunks(name: string, engine: Script, more: object = {}): ClientCall {
  return {
    name: `stream: ${name}`,
    engine,
    run: (client) => collect(client.chat.completions.create({ ...body, ...more })),
  };
}

const words = (): object[] => cut(zeroToNine, 5).map((piece) => delta({ content: piece }));
const plain: Script = (call) => stream([role, ...words(), finish()], { usage: wantsUsage(call) });
const tool = (index: number, fields: object): object => delta({ tool_calls: [{ index, ...fields }] });
const opened = (index: number, name: string): object =>
  tool(index, { id: `call_${index}`, type: 'function', function: { name, arguments: '' } });
const argument = (index: number, piece: string): object => tool(index, { function: { arguments: piece } });

const interleaved =
  (town: string): Script =>
  () => {
    const first = cut(`{"town":"${town}"}`, 3).map((piece) => argument(0, piece));
    const second = cut('{"town":"Brest","n":[1,2.50]}', 3).map((piece) => argument(1, piece));
    const mixed = first.flatMap((one, at) => [one, second[at] ?? delta({ content: '' })]);
    return stream([role, opened(0, 'weather'), opened(1, 'weather'), ...mixed, finish('tool_calls')]);
  };
const oneAfterAnother: Script = () =>
  stream([
    role,
    opened(0, 'f'),
    ...cut('{"a":1}', 2).map((piece) => argument(0, piece)),
    opened(1, 'g'),
    argument(1, '{}'),
    finish('tool_calls'),
  ]);

export const streamCalls: readonly ClientCall[] = [
  chunks('a plain answer', plain),
  chunks('with the usage chunk', plain, { stream_options: { include_usage: true } }),
  chunks('without the usage chunk, asked for so', plain, { stream_options: { include_usage: false } }),
  chunks(
    'two choices, interleaved',
    () =>
      stream([
        delta({ role: 'assistant' }, 0),
        delta({ role: 'assistant' }, 1),
        delta({ content: 'a' }, 0),
        delta({ content: 'b' }, 1),
        finish('stop', 1),
        delta({ content: 'c' }, 0),
        finish('length', 0),
      ]),
    { n: 2 },
  ),
  chunks(
    'two choices in one chunk',
    () =>
      stream([
        chatChunk([
          { index: 0, delta: { content: 'a' } },
          { index: 1, delta: { content: 'b' } },
        ]),
        finish(),
        finish('stop', 1),
      ]),
    { n: 2 },
  ),
  chunks('parallel tool calls, interleaved', interleaved('Lyon 👩‍⚕️')),
  {
    name: 'stream: parallel tool calls, interleaved, with escapes',
    engine: interleaved('Lyon \\"2\\" \\u00e9 👩‍⚕️'),
    run: async (client) => joined(await collect(client.chat.completions.create(body))),
  },
  chunks('tool calls one after another', oneAfterAnother),
  chunks('a function call of old', () =>
    stream([
      role,
      delta({ function_call: { name: 'f', arguments: '' } }),
      delta({ function_call: { arguments: '{"a":' } }),
      delta({ function_call: { arguments: '1}' } }),
      finish('function_call'),
    ]),
  ),
  chunks('a custom tool', () =>
    stream([
      role,
      tool(0, { id: 'c', type: 'custom', custom: { name: 'run', input: '' } }),
      tool(0, { custom: { input: 'abc' } }),
      finish('tool_calls'),
    ]),
  ),
  chunks('every byte a packet of its own', () =>
    recut(stream([role, delta({ content: 'é👩‍⚕️中' }), delta({ content: ' ok' }), finish()]), 1),
  ),
  chunks('characters cut in their bytes', () =>
    recut(
      stream([role, ...cut('naïve Ωμέγα 中文 👩‍⚕️ '.repeat(5), 7).map((piece) => delta({ content: piece })), finish()]),
      3,
    ),
  ),
  chunks('the whole answer in one packet', () => recut(stream([role, ...words(), finish()]), 1_000_000)),
  chunks('lines that end in CRLF', () =>
    sse([...events([role, ...words(), finish()]), 'data: [DONE]\n\n'].map((piece) => piece.replaceAll('\n', '\r\n'))),
  ),
  chunks('comments and pauses between events', () =>
    sse([
      ': open\n\n',
      ...events([role, delta({ content: 'a' })]),
      20,
      ': still here\n\n',
      20,
      ...events([delta({ content: 'b' }), finish()]),
      'data: [DONE]\n\n',
    ]),
  ),
  chunks('an event in several data lines', () =>
    sse([
      ...events([role]),
      `data: {"id":"x","choices":\ndata: [{"index":0,"delta":{"content":"y"},"finish_reason":null}]}\n\n`,
      ...events([finish()]),
      'data: [DONE]\n\n',
    ]),
  ),
  chunks('event names, ids and no space after the colon', () =>
    sse([
      `event: message\nid: 1\ndata:${JSON.stringify(delta({ content: 'a' }))}\n\n`,
      ...events([finish()]),
      'data:[DONE]\n\n',
    ]),
  ),
  chunks('long deltas', () =>
    stream([role, delta({ content: zeroToNine.repeat(4000) }), delta({ content: 'x'.repeat(100_000) }), finish()]),
  ),
  chunks(
    'many short deltas',
    streamed((piece) => ({ content: piece }), zeroToNine.repeat(10), 1),
  ),
  chunks('reasoning before the answer', () =>
    stream([
      role,
      delta({ reasoning_content: '2 + ' }),
      delta({ reasoning_content: '2' }),
      delta({ content: '4' }),
      finish(),
    ]),
  ),
  chunks('a refusal', () => stream([role, delta({ refusal: 'No' }), delta({ refusal: 'pe' }), finish()])),
  chunks('fields that nobody knows yet', () =>
    stream([
      role,
      chatChunk([{ delta: { content: 'a', mood: 'calm' } }], { timings: { n: 1 } }),
      chatChunk([{ delta: {}, finish_reason: 'stop', stop_reason: null, token_ids: null }]),
      { kind: 'odd' },
    ]),
  ),
  chunks('a first chunk without choices', () =>
    stream([chatChunk([], { prompt_filter_results: [] }), role, delta({ content: 'a' }), finish()]),
  ),
  chunks('content in the finish chunk', () =>
    stream([role, chatChunk([{ delta: { content: 'all' }, finish_reason: 'stop' }])]),
  ),
  chunks('a filter', () => stream([role, delta({ content: 'a' }), finish('content_filter')])),
  chunks('no content at all', () => stream([role, finish()])),
  chunks(
    'usage in every chunk',
    () =>
      stream([
        role,
        chatChunk([{ delta: { content: 'a' } }], {
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }),
        finish(),
      ]),
    { stream_options: { include_usage: true, continuous_usage_stats: true } },
  ),
  {
    name: 'stream: text that only looks like the beginning of a stand-in',
    engine: streamed((piece) => ({ content: piece }), 'if a <b && c < d then <PERSON> or <EMAIL_9 &lt; \\< <', 1),
    run: async (client) => joined(await collect(client.chat.completions.create(body))),
  },
  {
    name: 'stream helper: events, final content and final message',
    engine: plain,
    run: async (client) => {
      const runner = client.chat.completions.stream({ ...body, stream: true });
      const seen: string[] = [];
      runner.on('content', (piece, snapshot) => seen.push(`${piece}|${snapshot}`));
      runner.on('content.done', ({ content }) => seen.push(`done ${content}`));
      return { content: await runner.finalContent(), message: await runner.finalMessage(), seen };
    },
  },
  {
    name: 'stream helper: tool calls are done when they are whole',
    engine: oneAfterAnother,
    run: async (client) => {
      const runner = client.chat.completions.stream({ ...body, stream: true });
      const seen: string[] = [];
      runner.on('tool_calls.function.arguments.done', (done) =>
        seen.push(`${done.index} ${done.name} ${done.arguments}`),
      );
      return { message: await runner.finalMessage(), seen };
    },
  },
  {
    name: 'tool runner: calls a function and sends its result',
    engine: (call) =>
      call.body.messages.length === 1
        ? stream([role, opened(0, 'add'), argument(0, '{"a":1,'), argument(0, '"b":2}'), finish('tool_calls')])
        : stream([role, delta({ content: `It is ${lastText(call)}.` }), finish()]),
    run: (client) => {
      const add = {
        type: 'function' as const,
        function: {
          name: 'add',
          description: 'Adds',
          parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
          parse: JSON.parse,
          function: ({ a, b }: { a: number; b: number }) => String(a + b),
        },
      };
      return client.chat.completions.runTools({ ...body, tools: [add as never] }).finalContent();
    },
  },
  {
    name: 'stream: leaving in the middle ends the engine’s work',
    engine: () => sse([...events([role, delta({ content: 'a' })]), 3000, ...events([finish()])]),
    run: async (client, calls) => {
      const answer = await client.chat.completions.create(body);
      for await (const { choices } of answer) if (choices[0]?.delta.content === 'a') break;
      return leftInTime(calls);
    },
  },
  {
    name: 'stream: an abort signal ends the engine’s work',
    engine: () => sse([...events([role]), 3000]),
    run: async (client, calls) => {
      const abort = new AbortController();
      const answer = await client.chat.completions.create(body, { signal: abort.signal });
      const seen: unknown[] = [];
      try {
        for await (const chunk of answer) {
          seen.push(chunk);
          abort.abort();
        }
      } catch (error) {
        seen.push((error as Error).name);
      }
      return { seen, left: await leftInTime(calls) };
    },
  },
];

/** Whether the engine saw its client leave within 100 ms from now. */
export async function leftInTime(calls: readonly { over: Promise<void>; leftAfterMs: number | undefined }[]) {
  const last = calls.at(-1);
  const timeout = AbortSignal.timeout(100);
  await Promise.race([last?.over, once(timeout, 'abort')]);
  return { engineSawIt: last?.leftAfterMs !== undefined };
}
