import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AppError, type ErrorCode } from '../errors.ts';
import { type Endpoint, endpointFor, readRequest, serialiseRequest } from './endpoint.ts';

const endpoint = (path: string): Endpoint => {
  const found = endpointFor('POST', path);
  assert.ok(found);
  return found;
};
const chat = endpoint('/v1/chat/completions');
const completions = endpoint('/v1/completions');
const embeddings = endpoint('/v1/embeddings');

const hello = { role: 'user', content: 'hello' };
const chatBody = (more: object = {}, messages: object[] = [hello]) => ({ model: 'm', messages, ...more });
const assistantCall = (args: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: args } }],
});

test('an endpoint is told by method and path, whatever the query', () => {
  assert.equal(endpointFor('POST', '/v1/embeddings?x=1'), embeddings);
  assert.equal(endpointFor('GET', '/v1/embeddings'), undefined);
  assert.equal(endpointFor('POST', '/v1/embeddings/'), undefined);
  assert.equal(endpointFor('POST', '/v1/responses'), undefined);
});

const REFUSED: [Endpoint, unknown, ErrorCode, string | undefined][] = [
  [chat, null, 'invalid_field', undefined],
  [chat, [], 'invalid_field', undefined],
  [chat, { messages: [hello] }, 'missing_field', 'model'],
  [chat, { model: null, messages: [hello] }, 'missing_field', 'model'],
  [chat, { model: '', messages: [hello] }, 'invalid_field', 'model'],
  [chat, { model: 'm' }, 'missing_field', 'messages'],
  [chat, chatBody({}, []), 'invalid_field', 'messages'],
  [chat, chatBody({ messages: 'hi' }), 'invalid_field', 'messages'],
  [chat, chatBody({ mesages: [] }), 'unknown_field', 'mesages'],
  [chat, chatBody({ 'odd key': 1 }), 'unknown_field', '["odd key"]'],
  [chat, chatBody({}, [hello, hello, { ...hello, foo: 1 }]), 'unknown_field', 'messages[2].foo'],
  [chat, chatBody({}, [{ content: 'x' }]), 'missing_field', 'messages[0].role'],
  [chat, chatBody({}, [{ role: 'wizard', content: 'x' }]), 'invalid_field', 'messages[0].role'],
  [chat, chatBody({}, [{ role: 'constructor', content: 'x' }]), 'invalid_field', 'messages[0].role'],
  [chat, chatBody({}, [{ role: 7, content: 'x' }]), 'invalid_field', 'messages[0].role'],
  [chat, chatBody({}, [{ role: 'user', content: 7 }]), 'invalid_field', 'messages[0].content'],
  [chat, chatBody({}, [{ role: 'user' }]), 'missing_field', 'messages[0].content'],
  [chat, chatBody({}, [{ role: 'tool', content: 'x' }]), 'missing_field', 'messages[0].tool_call_id'],
  [
    chat,
    chatBody({}, [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'x' },
          { type: 'image_url', image_url: { url: 'data:,' } },
        ],
      },
    ]),
    'unsupported_content',
    'messages[0].content[1]',
  ],
  [
    chat,
    chatBody({}, [{ role: 'user', content: [{ type: 'input_audio' }] }]),
    'unsupported_content',
    'messages[0].content[0]',
  ],
  [
    chat,
    chatBody({}, [{ role: 'user', content: [{ type: 'file' }] }]),
    'unsupported_content',
    'messages[0].content[0]',
  ],
  [
    chat,
    chatBody({}, [{ role: 'user', content: [{ type: 'smell' }] }]),
    'invalid_field',
    'messages[0].content[0].type',
  ],
  [chat, chatBody({ store: true }), 'unsupported_content', 'store'],
  [chat, chatBody({ logprobs: true }), 'unsupported_content', 'logprobs'],
  [chat, chatBody({ top_logprobs: 3 }), 'unsupported_content', 'top_logprobs'],
  [chat, chatBody({ web_search_options: {} }), 'unsupported_content', 'web_search_options'],
  [chat, chatBody({ modalities: ['text', 'audio'] }), 'unsupported_content', 'modalities[1]'],
  [chat, chatBody({ audio: { voice: 'ash', format: 'wav' } }), 'unsupported_content', 'audio'],
  [chat, chatBody({ cache_salt: 'x' }), 'unsupported_content', 'cache_salt'],
  [chat, chatBody({ chat_template: 'x' }), 'unsupported_content', 'chat_template'],
  [
    chat,
    chatBody({ chat_template_kwargs: { tools_in_user: 1 } }),
    'unknown_field',
    'chat_template_kwargs.tools_in_user',
  ],
  [chat, chatBody({ guided_json: {} }), 'unsupported_content', 'guided_json'],
  [chat, chatBody({ temperature: 'hot' }), 'invalid_field', 'temperature'],
  [chat, chatBody({ temperature: 99 }), 'invalid_field', 'temperature'],
  [chat, chatBody({ n: 1.5 }), 'invalid_field', 'n'],
  [chat, chatBody({ seed: 33_612_345_678 }), 'invalid_field', 'seed'],
  [chat, chatBody({ logit_bias: { '33612345678': 1 } }), 'invalid_field', 'logit_bias["33612345678"]'],
  [chat, chatBody({ logit_bias: { '5': 'x' } }), 'invalid_field', 'logit_bias["5"]'],
  [chat, chatBody({ metadata: { a: 1 } }), 'invalid_field', 'metadata.a'],
  [chat, chatBody({ metadata: 'x' }), 'invalid_field', 'metadata'],
  [chat, chatBody({ stop: [1] }), 'invalid_field', 'stop[0]'],
  [chat, chatBody({ stop: 1 }), 'invalid_field', 'stop'],
  [chat, chatBody({ tools: [{ type: 'function' }] }), 'missing_field', 'tools[0].function'],
  [chat, chatBody({ tools: [{ type: 'mcp' }] }), 'invalid_field', 'tools[0].type'],
  [chat, chatBody({ tool_choice: 'maybe' }), 'invalid_field', 'tool_choice'],
  [chat, chatBody({ response_format: { type: 'xml' } }), 'invalid_field', 'response_format.type'],
  [chat, chatBody({ stream_options: { include_usage: 1 } }), 'invalid_field', 'stream_options.include_usage'],
  [completions, { model: 'm' }, 'missing_field', 'prompt'],
  [completions, { model: 'm', prompt: [] }, 'invalid_field', 'prompt'],
  [completions, { model: 'm', prompt: [1, 2] }, 'unsupported_content', 'prompt[0]'],
  [completions, { model: 'm', prompt: ['x', [1]] }, 'unsupported_content', 'prompt[1]'],
  [completions, { model: 'm', prompt: 'x', logprobs: 0 }, 'unsupported_content', 'logprobs'],
  [completions, { model: 'm', prompt: 'x', messages: [] }, 'unknown_field', 'messages'],
  [embeddings, { model: 'm', input: [[1]] }, 'unsupported_content', 'input[0]'],
  [embeddings, { model: 'm', input: 5 }, 'invalid_field', 'input'],
  [embeddings, { model: 'm', input: 'x', encoding_format: 'hex' }, 'invalid_field', 'encoding_format'],
];

for (const [at, body, code, param] of REFUSED) {
  test(`${at.name}: ${JSON.stringify(body)} is ${code} at ${param ?? 'the body'}`, () => {
    const error = refusal(at, body);
    assert.equal(error.code, code);
    assert.equal(error.param, param);
    assert.equal(error.status, 400);
  });
}

test('keys of the language are unknown fields like any other', () => {
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const error = refusal(chat, JSON.parse(`{"model":"m","messages":[{"role":"user","content":"x"}],"${key}":{}}`));
    assert.deepEqual([error.code, error.param], ['unknown_field', key]);
  }
});

test('JSON that nests too deeply is refused, in the body and in a string of JSON', () => {
  const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const inBody = refusal(
    chat,
    chatBody({ tools: [{ type: 'function', function: { name: 'f', parameters: JSON.parse(nested(70)) } }] }),
  );
  assert.equal(inBody.code, 'too_deep');
  const inText = refusal(chat, chatBody({}, [hello, assistantCall(nested(70))]));
  assert.deepEqual([inText.code, inText.param], ['too_deep', 'messages[1].tool_calls[0].function.arguments']);
  assert.equal(refusal(chat, JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))).code, 'invalid_field');
  assert.equal(refusal(chat, chatBody({ metadata: JSON.parse('['.repeat(5000) + ']'.repeat(5000)) })).code, 'too_deep');
});

test('null in an optional field asks for its default', () => {
  const body = chatBody({
    stop: null,
    user: null,
    metadata: null,
    tools: null,
    store: null,
    logprobs: null,
    audio: null,
  });
  assert.deepEqual(
    readRequest(chat, body).slots.map(({ path }) => path),
    ['messages[0].content'],
  );
});

test('every place of text is a slot, in an order that a growing conversation keeps', () => {
  const body = {
    metadata: { trace: 'meta' },
    stop: ['s1', 's2'],
    user: 'u',
    safety_identifier: 'si',
    prompt_cache_key: 'pk',
    prediction: { type: 'content', content: [{ type: 'text', text: 'pred' }] },
    messages: [
      { role: 'system', content: 'sys', name: 'sn' },
      { role: 'developer', content: [{ type: 'text', text: 'dev' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'u1' },
          { type: 'text', text: 'u2' },
        ],
        name: 'un',
      },
      { ...assistantCall('{"k":"v"}'), refusal: 'no', reasoning_content: 'think' },
      { role: 'tool', tool_call_id: 'c1', content: '["r"]' },
      { role: 'function', name: 'old', content: 'res' },
    ],
    model: 'm',
    tools: [{ type: 'function', function: { name: 'f', description: 'fd', parameters: { type: 'object' } } }],
    response_format: { type: 'json_schema', json_schema: { name: 'rf', description: 'rd', schema: { title: 't' } } },
  };
  const { slots } = readRequest(chat, body);
  assert.deepEqual(
    slots.map(({ text }) => text),
    [
      'f',
      'fd',
      'rf',
      'rd',
      't',
      'sys',
      'sn',
      'dev',
      'u1',
      'u2',
      'un',
      'think',
      'no',
      'c1',
      'f',
      'k',
      'v',
      'r',
      'c1',
      'old',
      'res',
      'pred',
      's1',
      's2',
      'u',
      'si',
      'pk',
      'trace',
      'meta',
    ],
  );
  assert.deepEqual(
    slots.filter(({ text }) => text === 'u2').map(({ path, row, role }) => ({ path, row, role })),
    [{ path: 'messages[2].content[1].text', row: 'messages[].content[].text', role: 'user' }],
  );
});

test('a schema keeps its keywords; its names, texts and values are slots', () => {
  const parameters = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      type: {
        type: ['string', 'null'],
        description: 'D',
        enum: ['E1', 'E2'],
        default: 'DF',
        examples: [{ deep: 'EX' }],
      },
      items: { anyOf: [{ const: 'C' }, { $ref: '#/$defs/x' }] },
    },
    required: ['type'],
    'x-own': 'XO',
    $defs: { x: { type: 'integer', minimum: 12345678 } },
  };
  const { slots } = readRequest(chat, chatBody({ tools: [{ type: 'function', function: { name: 'f', parameters } }] }));
  assert.deepEqual(
    slots.map(({ text }) => text),
    [
      'f',
      'type',
      'D',
      'E1',
      'E2',
      'DF',
      'deep',
      'EX',
      'items',
      'C',
      '#/$defs/x',
      'type',
      'x-own',
      'XO',
      'x',
      '12345678',
      'hello',
    ],
  );
});

test('JSON in a string stays as it was written around what is replaced', () => {
  const args = '{ "to" : "Zo\\u00e9", "n": 1234567890123456789012, "x":1.50, "to": "b\\"q", "s": 0612 }'.replace(
    '0612',
    '612',
  );
  const request = readRequest(chat, chatBody({}, [hello, assistantCall(args)]));
  const sent = (): string => {
    const body = JSON.parse(serialiseRequest(request)) as { messages: ReturnType<typeof assistantCall>[] };
    return body.messages[1]?.tool_calls[0]?.function.arguments ?? '';
  };
  assert.equal(sent(), args);
  for (const slot of request.slots) if (slot.text === 'Zoé' || slot.text.startsWith('123')) slot.replace('<"1">');
  assert.equal(sent(), '{ "to" : "<\\"1\\">", "n": "<\\"1\\">", "x":1.50, "to": "b\\"q", "s": 612 }');
  for (const slot of request.slots) slot.replace(slot.text);
  assert.equal(sent(), args);
});

test('a value in JSON is told the key that it stands under', () => {
  const { slots } = readRequest(chat, chatBody({}, [assistantCall('{"patient":{"name":"N"},"phones":["P"]}')]));
  assert.deepEqual(
    slots.slice(2).map(({ text, label }) => [text, label]),
    [
      ['patient', undefined],
      ['name', undefined],
      ['N', 'name'],
      ['phones', undefined],
      ['P', 'phones'],
    ],
  );
});

test('a string that is no JSON is plain text', () => {
  for (const args of ['{"a":', 'not json', '"just a string"', '12345678']) {
    const { slots } = readRequest(chat, chatBody({}, [hello, assistantCall(args)]));
    assert.deepEqual(slots.at(-1)?.text, args);
  }
});

test('keys that are replaced keep their place, and replacing again starts from the original', () => {
  const request = readRequest(chat, chatBody({ metadata: { first: 'a', secret: 'b', last: 'c' } }));
  const rename = (to: string): unknown => {
    for (const slot of request.slots) slot.replace(slot.text === 'secret' ? to : slot.text);
    return (JSON.parse(serialiseRequest(request)) as { metadata: unknown }).metadata;
  };
  assert.equal(JSON.stringify(rename('<1>')), '{"first":"a","<1>":"b","last":"c"}');
  assert.equal(JSON.stringify(rename('<2>')), '{"first":"a","<2>":"b","last":"c"}');
  assert.equal(JSON.stringify(rename('secret')), '{"first":"a","secret":"b","last":"c"}');
});

test('what the request asks of its answer is read', () => {
  assert.equal(readRequest(chat, chatBody()).answerMode, 'text');
  assert.equal(readRequest(chat, chatBody({ response_format: { type: 'text' } })).answerMode, 'text');
  assert.equal(readRequest(chat, chatBody({ response_format: { type: 'json_object' } })).answerMode, 'json');
  const streamed = readRequest(chat, chatBody({ stream: true, stream_options: { include_usage: true } }));
  assert.deepEqual([streamed.stream, streamed.includeUsage], [true, true]);
  assert.deepEqual([readRequest(chat, chatBody()).stream, readRequest(chat, chatBody()).includeUsage], [false, false]);
});

test('the first turn of the user stands for the conversation', () => {
  const turns = [
    { role: 'system', content: 's' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
    hello,
  ];
  assert.equal(readRequest(chat, chatBody({}, turns)).firstUserTurn, 'a\nb');
  assert.equal(readRequest(chat, chatBody({}, [{ role: 'system', content: 's' }])).firstUserTurn, '');
  assert.equal(readRequest(completions, { model: 'm', prompt: ['p'.repeat(300)] }).firstUserTurn, 'p'.repeat(256));
  assert.equal(readRequest(embeddings, { model: 'm', input: 'x' }).firstUserTurn, '');
});

test('half a surrogate pair passes', () => {
  const request = readRequest(chat, chatBody({}, [{ role: 'user', content: 'a\ud83d' }]));
  assert.equal(request.slots[0]?.text, 'a\ud83d');
  assert.ok(serialiseRequest(request).includes('a\\ud83d'));
});

test('any JSON in arguments: with nothing replaced the bytes stay, with all replaced it still parses and holds nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const args = JSON.stringify({ value }, null, indent);
      const request = readRequest(chat, chatBody({}, [assistantCall(args)]));
      const sent = (): string =>
        (JSON.parse(serialiseRequest(request)) as { messages: [ReturnType<typeof assistantCall>] }).messages[0]
          .tool_calls[0]?.function.arguments ?? '';
      assert.equal(sent(), args);
      for (const slot of request.slots) slot.replace('\u0001"\\');
      const texts = [...leaves(JSON.parse(sent()))];
      assert.ok(texts.every((text) => text === '\u0001"\\' || text === ''));
    }),
    { numRuns: 300 },
  );
});

function* leaves(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (!Array.isArray(value)) yield key;
      yield* leaves(member);
    }
  }
}

function refusal(at: Endpoint, body: unknown): AppError {
  try {
    readRequest(at, body);
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  assert.fail('it was accepted');
}
