import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChatRequest, readCompletionRequest, readEmbeddingRequest } from './requests.ts';
import { WireError } from './wire-error.ts';

const messages = [{ role: 'user', content: 'x' }];

function refusal(read: (body: unknown) => unknown, body: object): WireError {
  try {
    read(body);
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const CHAT_CASES: readonly [object, string, string][] = [
  [{ n: 9 }, 'n', 'n: this engine takes a whole number of 1 to 8. Change it, or leave it out.'],
  [{ n: 1.5 }, 'n', 'n: this engine takes a whole number of 1 to 8. Change it, or leave it out.'],
  [
    { max_tokens: 0 },
    'max_tokens',
    'max_tokens: this engine takes a whole number of 1 or more. Change it, or leave it out.',
  ],
  [
    { temperature: 'hot' },
    'temperature',
    'temperature: this engine takes a number of 0 to 2. Change it, or leave it out.',
  ],
  [{ stream: 'yes' }, 'stream', 'stream: this engine takes true or false. Change it, or leave it out.'],
  [{ stop: [''] }, 'stop[0]', 'stop[0]: this engine takes a text that is not empty. Change it.'],
  [
    { stop: 5 },
    'stop',
    'stop: this engine takes a text that is not empty, or a list of at most 16 of them. Change it, or leave it out.',
  ],
  [{ messages: [] }, 'messages', 'messages: this engine takes a list of 1 or more. Change it.'],
  [{ messages: undefined }, 'messages', 'messages: this engine needs a list here. Change it.'],
  [{ messages: [7] }, 'messages[0]', 'messages[0]: this engine takes an object. Change it.'],
  [
    { messages: [{ role: 'nobody', content: 'x' }] },
    'messages[0].role',
    'messages[0].role: this engine takes system, developer, user, assistant or tool. Change it.',
  ],
  [
    { messages: [{ role: 'user', content: 5 }] },
    'messages[0].content',
    'messages[0].content: this engine takes a text, or a list of text parts. Change it.',
  ],
  [
    { response_format: { type: 'xml' } },
    'response_format.type',
    'response_format.type: this engine takes text, json_object or json_schema. Change it.',
  ],
  [
    { tools: [{ type: 'function', function: { name: 'a b' } }] },
    'tools[0].function.name',
    'tools[0].function.name: this engine takes 1 to 64 letters, digits, "_", "." and "-". Change it.',
  ],
  [
    { tool_choice: 'maybe' },
    'tool_choice',
    'tool_choice: this engine takes none, auto, required, or an object that names a function. Change it, or leave it out.',
  ],
];

for (const [extra, param, message] of CHAT_CASES) {
  test(`${JSON.stringify(extra)} is refused in a sentence that says what the field takes`, () => {
    const error = refusal(readChatRequest, { messages, ...extra });
    assert.deepEqual([error.status, error.code, error.param, error.message], [400, 'invalid_value', param, message]);
  });
}

test('echo and best_of are refused as unsupported, and accepted where they ask for nothing', () => {
  for (const [extra, param] of [
    [{ echo: true }, 'echo'],
    [{ best_of: 3 }, 'best_of'],
  ] as const) {
    const error = refusal(readCompletionRequest, { prompt: 'x', ...extra });
    assert.deepEqual([error.code, error.param], ['unsupported_parameter', param]);
    assert.match(error.message, new RegExp(`^${param} is not supported by this engine: it does not `));
  }
  assert.deepEqual(readCompletionRequest({ prompt: 'x', echo: false, best_of: 1 }).prompts, ['x']);
});

test('prompts and inputs say what they take, and no refusal repeats what was sent', () => {
  const secret = `s${Date.now()}`;
  assert.equal(
    refusal(readCompletionRequest, { prompt: 7 }).message,
    'prompt: this engine takes a text, or a list of 1 to 64 texts. Change it.',
  );
  assert.match(
    refusal(readEmbeddingRequest, { input: '' }).message,
    /^input: this engine takes a text that is not empty/,
  );
  for (const extra of [
    { n: secret },
    { tool_choice: secret },
    { stop: { a: secret } },
    { response_format: { type: secret } },
  ]) {
    assert.ok(!refusal(readChatRequest, { messages, ...extra }).message.includes(secret));
  }
});
