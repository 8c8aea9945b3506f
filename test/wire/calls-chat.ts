// Chat completions that are not streamed.

import type OpenAI from 'openai';
import { type ClientCall, user } from './client-call.ts';
import { chatAnswer, says, whole, zeroToNine } from './scripts.ts';

type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'messages'> &
  Partial<Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, 'messages'>> &
  Record<string, unknown>;

function chat(name: string, body: Body, answer: object, more: Partial<ClientCall> = {}): ClientCall {
  return {
    name,
    engine: () => whole(answer),
    run: (client) => client.chat.completions.create({ model: 'm', messages: [user('Say something.')], ...body }),
    ...more,
  };
}

const plain = chatAnswer([says('Something.')]);
const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Weather of a town',
    parameters: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
    strict: true,
  },
};

export const chatCalls: readonly ClientCall[] = [
  chat('a plain answer', {}, plain),
  chat(
    'a history with every role',
    {
      messages: [
        { role: 'system', content: 'Be brief.', name: 'house' },
        { role: 'developer', content: [{ type: 'text', text: 'In English.' }] },
        user('Hello'),
        { role: 'assistant', content: 'Hello. And?', refusal: null },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: 'two' },
          ],
          name: 'me',
        },
      ],
    },
    plain,
  ),
  chat(
    'a history with tool calls and their results',
    {
      messages: [
        user('Weather?'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [call('call_1', 'weather', '{ "town": "Lyon", "days": 3.0 }') as never],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '{"sky": "clear", "degrees": [12, 14.50]}' },
      ],
      tools: [weather],
    },
    plain,
  ),
  chat(
    'a history with the functions of old',
    {
      messages: [
        user('Weather?'),
        { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{"town":"Lyon"}' } },
        { role: 'function', name: 'weather', content: 'clear' },
      ],
      functions: [{ name: 'weather', description: 'Weather', parameters: weather.function.parameters }],
      function_call: 'auto',
    },
    plain,
  ),
  chat('several choices', { n: 3 }, chatAnswer([says('One'), says('Two'), says('Three')])),
  chat('an answer cut by its length', { max_tokens: 1 }, chatAnswer([says('One', {}, { finish_reason: 'length' })])),
  chat('an answer cut by a filter', {}, chatAnswer([says(null, {}, { finish_reason: 'content_filter' })])),
  chat('a refusal of the model', {}, chatAnswer([says(null, { refusal: 'I would rather not.' })])),
  chat('reasoning beside the answer', {}, chatAnswer([says('4', { reasoning_content: '2 + 2', reasoning: '2 + 2' })])),
  chat(
    'fields that nobody knows yet',
    {},
    {
      ...chatAnswer([says('x', { mood: { deep: ['calm', 7, null, true] } }, { stop_reason: 128_009 })]),
      kv_transfer_params: null,
      timings: { predicted_per_second: 12.5 },
    },
  ),
  chat(
    'one tool call',
    { tools: [weather] },
    chatAnswer([
      says(null, { tool_calls: [call('a', 'weather', '{"town":"Lyon"}')] }, { finish_reason: 'tool_calls' }),
    ]),
  ),
  chat(
    'parallel tool calls',
    { tools: [weather], parallel_tool_calls: true, tool_choice: 'required' },
    chatAnswer([
      says(
        null,
        { tool_calls: [call('a', 'weather', '{"town":"Lyon"}'), call('b', 'weather', '{"town":"Brest"}')] },
        { finish_reason: 'tool_calls' },
      ),
    ]),
  ),
  chat(
    'tool arguments with quotes, line breaks, emoji and escapes',
    { tools: [weather], tool_choice: { type: 'function', function: { name: 'weather' } } },
    chatAnswer([says(null, { tool_calls: [call('a', 'weather', '{"town":"a \\"b\\" \\n\\u00e9 👩‍⚕️ \\\\"}')] })]),
  ),
  chat(
    'tool arguments that are not JSON',
    { tools: [weather] },
    chatAnswer([says(null, { tool_calls: [call('a', 'weather', '{"town": <')] })]),
  ),
  chat(
    'a custom tool',
    {
      tools: [
        {
          type: 'custom',
          custom: {
            name: 'run',
            description: 'Runs',
            format: { type: 'grammar', grammar: { syntax: 'regex', definition: '[a-z]+' } },
          },
        },
      ],
      tool_choice: { type: 'custom', custom: { name: 'run' } },
    },
    chatAnswer([says(null, { tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'run', input: 'abc <' } }] })]),
  ),
  chat(
    'a choice among allowed tools',
    {
      tools: [weather],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'weather' } }] },
      },
    },
    plain,
  ),
  chat(
    'a function call of old',
    {},
    chatAnswer([
      says(
        null,
        { function_call: { name: 'weather', arguments: '{"town":"Lyon"}' } },
        { finish_reason: 'function_call' },
      ),
    ]),
  ),
  {
    name: 'a parsed answer by schema',
    engine: () => whole(chatAnswer([says('{"town":"Lyon","degrees":12}')])),
    run: async (client) => {
      const schema = { type: 'object', properties: { town: { type: 'string' }, degrees: { type: 'number' } } };
      const format = { type: 'json_schema' as const, json_schema: { name: 'w', strict: true, schema } };
      const parsed = await client.chat.completions.parse({
        model: 'm',
        messages: [user('Weather?')],
        response_format: format,
      });
      return parsed.choices[0]?.message;
    },
  },
  chat('a JSON object', { response_format: { type: 'json_object' } }, chatAnswer([says('{"a": 1.0, "b": "x \\" y"}')])),
  chat('no content', {}, chatAnswer([says(null)])),
  chat('empty content', {}, chatAnswer([says('')])),
  chat('no choices', {}, chatAnswer([])),
  chat(
    'every detail of usage',
    {},
    chatAnswer([says('x')], {
      system_fingerprint: 'fp_1',
      service_tier: 'default',
      usage: {
        prompt_tokens: 1,
        completion_tokens: 2,
        total_tokens: 3,
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    }),
  ),
  chat('annotations', {}, chatAnswer([says('x', { annotations: [] })])),
  chat(
    'text of every script',
    { messages: [user('Łódź, Ωμέγα, עברית, 中文, 👩‍⚕️, a\u200bb, e\u0301, \ufb01')] },
    chatAnswer([says('Ωμέγα 👩‍⚕️ \u202eabc\u202c e\u0301 \u0000 <b>&lt;</b> \\<')]),
  ),
  chat('a long answer', {}, chatAnswer([says(`${zeroToNine} `.repeat(20_000))])),
  chat(
    'sampling parameters',
    {
      seed: 7,
      temperature: 0,
      top_p: 0.5,
      frequency_penalty: -1,
      presence_penalty: 1.5,
      logit_bias: { '128009': -100 },
      max_completion_tokens: 5,
      stop: ['\n', 'END'],
      reasoning_effort: 'low',
      verbosity: 'low',
      service_tier: 'auto',
    },
    plain,
  ),
  chat(
    'parameters of vLLM and llama.cpp',
    { top_k: 5, min_p: 0.1, repetition_penalty: 1.1, chat_template_kwargs: { enable_thinking: false } },
    plain,
  ),
  chat(
    'notes of the caller',
    {
      metadata: { team: 'blue' },
      user: 'someone',
      safety_identifier: 'abc',
      prompt_cache_key: 'k',
      prompt_cache_options: { mode: 'explicit' },
    },
    plain,
  ),
  chat('a prediction', { prediction: { type: 'content', content: 'Something.' } }, plain),
  chat(
    'nulls for defaults',
    {
      stop: null,
      n: null,
      temperature: null,
      metadata: null,
      store: false,
      logprobs: false,
      modalities: ['text'],
    } as never,
    plain,
  ),
  chat('an answer in pieces', {}, plain, {
    engine: () => ({
      pieces: Array.from(JSON.stringify(plain)).flatMap((char, at) => (at % 40 === 0 ? [char, 1] : [char])),
    }),
  }),
  ...refused(),
];

/** What cannot be redacted or would leave the walls: refused on purpose, with its path. */
function refused(): ClientCall[] {
  const part = (one: object) =>
    ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'What?' }, one] }] }) as never;
  const cases: [string, Body, string, string][] = [
    [
      'an image',
      part({ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }),
      'unsupported_content',
      'messages[0].content[1]',
    ],
    [
      'audio',
      part({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
      'unsupported_content',
      'messages[0].content[1]',
    ],
    ['a file', part({ type: 'file', file: { file_id: 'f' } }), 'unsupported_content', 'messages[0].content[1]'],
    ['storing', { store: true }, 'unsupported_content', 'store'],
    ['log probabilities', { logprobs: true, top_logprobs: 2 }, 'unsupported_content', 'logprobs'],
    ['a web search', { web_search_options: {} }, 'unsupported_content', 'web_search_options'],
    ['moderation', { moderation: { model: 'x' } }, 'unsupported_content', 'moderation'],
    ['audio answers', { audio: { voice: 'ash', format: 'wav' } }, 'unsupported_content', 'audio'],
    ['an unknown field', { no_such_field: 1 }, 'unknown_field', 'no_such_field'],
    [
      'an unknown field in a message',
      { messages: [{ ...user('x'), colour: 'red' } as never] },
      'unknown_field',
      'messages[0].colour',
    ],
    ['a wrong type', { temperature: 'hot' as never }, 'invalid_field', 'temperature'],
  ];
  return cases.map(([name, body, code, param]) => chat(`refused: ${name}`, body, plain, { refused: { code, param } }));
}
