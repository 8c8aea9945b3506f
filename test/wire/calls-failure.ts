// Calls that fail, and calls that are tried again. A failing engine is our 502, not its 500: the request was fine and
// another try may be too.

import { leftInTime } from './calls-stream.ts';
import { type ClientCall, collect, user } from './client-call.ts';
import type { Script } from './scripted-engine.ts';
import { chatAnswer, delta, events, refusal, role, says, sse, stream, whole } from './scripts.ts';

const body = { model: 'm', messages: [user('Say something.')] };
const plain: Script = () => whole(chatAnswer([says('Something.')]));

function fails(name: string, engine: Script, more: Partial<ClientCall> = {}): ClientCall {
  return { name, engine, run: (client) => client.chat.completions.create(body), ...more };
}

/** Fails the first time, answers the second. */
function onceThen(first: ReturnType<Script>): Script {
  let calls = 0;
  return (call) => {
    calls += 1;
    return calls % 2 === 1 ? first : plain(call);
  };
}

const again = (name: string, first: ReturnType<Script>): ClientCall =>
  fails(name, onceThen(first), { run: (client) => client.chat.completions.create(body, { maxRetries: 2 }) });

const BROKEN = 'an engine that breaks is 502 (engine_failed), with nothing of its inside shown';

export const failureCalls: readonly ClientCall[] = [
  again('tried again after 500', refusal(500, { message: 'oops', type: 'server_error' })),
  again('tried again after 503', refusal(503, { message: 'loading' })),
  again(
    'tried again after 429 with Retry-After',
    refusal(429, { message: 'slow down', type: 'rate_limit' }, { 'retry-after': '1' }),
  ),
  fails('400 of the engine', () =>
    refusal(400, { message: 'stop must be short', type: 'BadRequestError', param: 'stop', code: 400 }),
  ),
  fails('400 of the engine: too long', () =>
    refusal(400, {
      message: 'This model’s maximum context length is 512 tokens.',
      type: 'BadRequestError',
      param: 'messages',
      code: 400,
    }),
  ),
  fails('500 of the engine', () => refusal(500, { message: 'CUDA error at line 7', type: 'server_error' }), {
    through: { because: BROKEN, outcome: { error: 'InternalServerError', status: 502, param: null } },
  }),
  fails('an answer that is no JSON', () => ({ pieces: ['<html>busy</html>'] }), {
    through: { because: BROKEN, outcome: { error: 'InternalServerError', status: 502, param: null } },
  }),
  fails('an engine that cuts the connection', () => ({ pieces: ['{"id":'], ending: 'cut' }), {
    through: { because: BROKEN, outcome: { error: 'InternalServerError', status: 502, param: null } },
  }),
  {
    name: 'a model that there is not',
    engine: () =>
      refusal(404, { message: 'The model `x` does not exist.', type: 'NotFoundError', param: 'model', code: 404 }),
    run: (client) => client.chat.completions.create({ ...body, model: 'x' }),
  },
  {
    name: 'a wrong key',
    engine: ({ headers }) =>
      headers.authorization === 'Bearer wrong' ? refusal(401, { message: 'Unauthorized' }) : plain({} as never),
    run: (client) => client.withOptions({ apiKey: 'wrong' }).chat.completions.create(body),
  },
  {
    name: 'a body that is too large',
    engine: ({ text }) => (text.length > 4_194_304 ? refusal(413, { message: 'too large' }) : plain({} as never)),
    run: (client) => client.chat.completions.create({ ...body, messages: [user('x '.repeat(2_500_000))] }),
  },
  {
    name: 'an endpoint that there is not',
    engine: () => refusal(404, { message: 'Not Found' }),
    run: (client) => client.moderations.create({ input: 'x' }),
  },
  {
    name: 'an abort before the answer ends the engine’s work',
    engine: () => ({ pieces: [3000], ending: 'hang' }),
    run: async (client, calls) => {
      const abort = new AbortController();
      const answer = client.chat.completions.create(body, { signal: abort.signal }).catch((error: Error) => error.name);
      while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort();
      return { error: await answer, left: await leftInTime(calls) };
    },
  },
  {
    name: 'a time-out of the client',
    engine: () => ({ pieces: [3000], ending: 'hang' }),
    run: (client) => client.chat.completions.create(body, { timeout: 200 }),
  },
  {
    name: 'stream: an error before it begins',
    engine: () => refusal(400, { message: 'no streaming today', type: 'BadRequestError', param: null, code: 400 }),
    run: (client) => collect(client.chat.completions.create({ ...body, stream: true })),
  },
  {
    name: 'stream: an error event in the middle',
    engine: () =>
      sse([
        ...events([
          role,
          delta({ content: 'a' }),
          { error: { message: 'out of memory', type: 'server_error', code: 500 } },
        ]),
      ]),
    run: (client) => collect(client.chat.completions.create({ ...body, stream: true })),
  },
  {
    name: 'stream: a connection cut in the middle is an error, not an answer',
    engine: () => sse(events([role, delta({ content: 'a' })]), 'cut'),
    run: (client) =>
      collect(client.chat.completions.create({ ...body, stream: true })).then(
        () => 'an answer',
        () => 'an error',
      ),
  },
  {
    name: 'stream: an end without [DONE]',
    engine: () => stream([role, delta({ content: 'a' })], { done: false }),
    run: (client) =>
      collect(client.chat.completions.create({ ...body, stream: true })).then(
        () => 'an answer',
        () => 'an error',
      ),
    through: { because: 'half an answer must not look like a whole one', outcome: 'an error' },
  },
];
