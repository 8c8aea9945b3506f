import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerRestorer } from './answer.ts';
import { fakeRestorer } from './fake-restorer.ts';

const VALUES = { A: 'Zoé "Z" Petit', B: 'b@x.test' };
const CHAT = { endpoint: 'chat.completions', answerMode: 'text' } as const;
const restorer = (request: Parameters<typeof answerRestorer>[0] = CHAT) =>
  answerRestorer(request, fakeRestorer(VALUES));

const chunk = (choice: object, more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: null, ...choice }],
  ...more,
});
const say = (content: string) => chunk({ delta: { content } });

test('a whole answer gets its values back in every string, fields unknown to us included', () => {
  const answer = restorer().json({
    id: 'chatcmpl-<A>',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Hello <A>',
          reasoning_content: 'mail <B>',
          refusal: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'mail_<B>', arguments: '{"to":"<A>"}' } }],
        },
        finish_reason: 'stop',
      },
    ],
    some_new_field: { deep: ['<B>'] },
    usage: { prompt_tokens: 3 },
  });
  assert.deepEqual(answer, {
    id: 'chatcmpl-<A>',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Hello Zoé "Z" Petit',
          reasoning_content: 'mail b@x.test',
          refusal: null,
          tool_calls: [
            {
              id: 'c',
              type: 'function',
              function: { name: 'mail_b@x.test', arguments: '{"to":"Zoé \\"Z\\" Petit"}' },
            },
          ],
        },
        finish_reason: 'stop',
      },
    ],
    some_new_field: { deep: ['b@x.test'] },
    usage: { prompt_tokens: 3 },
  });
});

test('an answer that was asked for as JSON stays JSON', () => {
  const json = restorer({ ...CHAT, answerMode: 'json' }).json({
    choices: [{ message: { content: '{"who":"<A>"}', reasoning_content: 'say <A>' } }],
  }) as { choices: [{ message: { content: string; reasoning_content: string } }] };
  assert.deepEqual(JSON.parse(json.choices[0].message.content), { who: VALUES.A });
  assert.equal(json.choices[0].message.reasoning_content, 'say Zoé "Z" Petit');
});

test('text that may be a stand-in is held back and let go with what follows', () => {
  const stream = restorer();
  assert.deepEqual(stream.event(say('Hello <')), [say('Hello ')]);
  assert.deepEqual(stream.event(say('A')), []);
  assert.deepEqual(stream.event(say('> and')), [say('Zoé "Z" Petit and')]);
  assert.deepEqual(stream.end(), []);
});

test('what is still held when a choice finishes goes out in a chunk of its own before the finish', () => {
  const stream = restorer();
  stream.event(say('1 <'));
  const finish = chunk({ delta: {}, finish_reason: 'stop' });
  assert.deepEqual(stream.event(finish), [say('<'), finish]);
  assert.deepEqual(stream.end(), []);
});

test('what is still held goes into the finish chunk where that has the same text', () => {
  const stream = restorer();
  stream.event(say('1 <'));
  const finish = chunk({ delta: { content: '' }, finish_reason: 'length' });
  assert.deepEqual(stream.event(finish), [chunk({ delta: { content: '<' }, finish_reason: 'length' })]);
});

test('what is still held goes out before [DONE] and at the end of a stream without a finish', () => {
  const stream = restorer();
  stream.event(say('1 <'));
  assert.deepEqual(stream.event('[DONE]'), [say('<'), '[DONE]']);
  assert.deepEqual(stream.end(), []);
});

test('what is still held goes out before an error, and the error is restored', () => {
  const stream = restorer();
  stream.event(say('1 <'));
  assert.deepEqual(stream.event({ error: { message: 'bad <B>', code: 500 } }), [
    say('<'),
    { error: { message: 'bad b@x.test', code: 500 } },
  ]);
});

test('choices and parallel tool calls do not mix, and their arguments stay JSON', () => {
  const stream = restorer();
  const call = (choice: number, index: number, args: string) =>
    chunk({ index: choice, delta: { tool_calls: [{ index, function: { arguments: args } }] } });
  const out = [
    call(0, 0, '{"a":"<'),
    call(1, 0, '{"b":"<'),
    call(0, 1, '{"c":"<B'),
    call(0, 0, 'A>"}'),
    call(1, 0, 'B>"}'),
    call(0, 1, '>"}'),
  ].flatMap((one) => stream.event(one));
  const texts = new Map<string, string>();
  for (const one of out as ReturnType<typeof chunk>[]) {
    const choice = one.choices[0] as unknown as {
      index: number;
      delta: { tool_calls: [{ index: number; function: { arguments: string } }] };
    };
    const [tool] = choice.delta.tool_calls;
    const key = `${choice.index}/${tool.index}`;
    texts.set(key, (texts.get(key) ?? '') + tool.function.arguments);
  }
  assert.deepEqual(Object.fromEntries([...texts].map(([key, text]) => [key, JSON.parse(text) as unknown])), {
    '0/0': { a: VALUES.A },
    '1/0': { b: VALUES.B },
    '0/1': { c: VALUES.B },
  });
});

test('a held tool argument is let go for its own tool call', () => {
  const stream = restorer();
  stream.event(
    chunk({
      delta: { tool_calls: [{ index: 2, id: 'c2', type: 'function', function: { name: 'f', arguments: '<' } }] },
    }),
  );
  const finish = chunk({ delta: {}, finish_reason: 'tool_calls' });
  assert.deepEqual(stream.event(finish), [
    chunk({ delta: { tool_calls: [{ index: 2, function: { arguments: '<' } }] } }),
    finish,
  ]);
});

test('one chunk may hold several choices; it is dropped only when none of them says anything', () => {
  const both = (first: string, second: string) => ({
    ...say(''),
    choices: [
      { index: 0, delta: { content: first }, finish_reason: null },
      { index: 1, delta: { content: second }, finish_reason: null },
    ],
  });
  const stream = restorer();
  assert.deepEqual(stream.event(both('<', 'x')), [both('', 'x')]);
  assert.deepEqual(stream.event(both('A', '<')), []);
  assert.deepEqual(stream.event(both('>', 'B>')), [both(VALUES.A, VALUES.B)]);
});

test('role, usage and keep-alive chunks are never dropped', () => {
  const stream = restorer();
  for (const kept of [
    chunk({ delta: { role: 'assistant', content: '' } }),
    chunk({ delta: { content: '' } }),
    { ...say(''), choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
    chunk({ delta: {}, logprobs: { content: [{ token: 'x', logprob: -1, bytes: [120], top_logprobs: [] }] } }),
  ]) {
    assert.deepEqual(stream.event(structuredClone(kept)), [kept]);
  }
  const held = stream.event(chunk({ delta: { role: 'assistant', content: '<' } }));
  assert.deepEqual(held, [chunk({ delta: { role: 'assistant', content: '' } })]);
  const withUsage = stream.event(chunk({ delta: { content: 'A' } }, { usage: { total_tokens: 9 } }));
  assert.deepEqual(withUsage, [chunk({ delta: { content: '' } }, { usage: { total_tokens: 9 } })]);
});

test('completions are restored in their text, streamed and whole', () => {
  const stream = answerRestorer({ endpoint: 'completions', answerMode: 'text' }, fakeRestorer(VALUES));
  const piece = (text: string, finish: string | null = null) => ({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
  });
  assert.deepEqual(stream.event(piece('a<')), [piece('a')]);
  assert.deepEqual(stream.event(piece('B>')), [piece('b@x.test')]);
  assert.deepEqual(stream.event(piece('<')), []);
  assert.deepEqual(stream.event(piece('', 'stop')), [piece('<', 'stop')]);
});

test('embeddings pass untouched', () => {
  const stream = answerRestorer({ endpoint: 'embeddings', answerMode: 'text' }, fakeRestorer(VALUES));
  const body = { data: [{ embedding: '<A>' }] };
  assert.equal(stream.json(body), body);
});

test('a member named __proto__ is carried as a member', () => {
  const body = JSON.parse('{"choices":[],"x":{"__proto__":"<B>"}}') as object;
  assert.equal(JSON.stringify(restorer().json(body)), '{"choices":[],"x":{"__proto__":"b@x.test"}}');
});
