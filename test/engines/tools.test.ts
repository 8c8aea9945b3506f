import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ggufFixture } from '../fixtures/gguf.ts';
import { HERMES_TEMPLATE, LLAMA3_TEMPLATE, MISTRAL_TEMPLATE } from '../fixtures/tool-templates.ts';
import { type RunningEngine, startEngine } from './engine-process.ts';

const parameters = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 12 } },
  required: ['city'],
  additionalProperties: false,
};
const tools = [
  { type: 'function', function: { name: 'weather', description: 'Weather of a city', parameters } },
  { type: 'function', function: { name: 'time', parameters } },
];
const ask = { messages: [{ role: 'user', content: 'Temps ?' }], temperature: 0, tools };

async function withModel(
  answer: string,
  chatTemplate: string,
  use: (engine: RunningEngine) => Promise<void>,
): Promise<void> {
  const engine = await startEngine(ggufFixture({ shape: 'script', answer, chatTemplate }));
  try {
    await use(engine);
  } finally {
    await engine.stop();
  }
}

interface Call {
  index?: number;
  id: string;
  type: string;
  function: { name: string; arguments: string };
}

async function callsOf(
  engine: RunningEngine,
  body: Record<string, unknown>,
): Promise<{ calls: Call[]; content: string | null; finish: string }> {
  const whole = await engine.chat(body);
  assert.equal(whole.status, 200, whole.text);
  const [choice] = whole.json.choices;
  const events = await engine.stream('/v1/chat/completions', body);
  const deltas = events.map((event) => event.choices[0].delta);
  const streamed: Call[] = deltas.flatMap((delta) => delta.tool_calls ?? []);
  const calls: Call[] = choice.message.tool_calls ?? [];
  assert.deepEqual(
    streamed.map((call) => call.function),
    calls.map((call) => call.function),
    'streamed and whole hold the same calls',
  );
  assert.deepEqual(
    streamed.map((call) => call.index),
    calls.map((_, index) => index),
  );
  assert.equal(deltas.map((delta) => delta.content ?? '').join(''), choice.message.content ?? '');
  assert.equal(events.at(-1)?.choices[0].finish_reason, choice.finish_reason);
  assert.equal(new Set(calls.map((call) => call.id)).size, calls.length);
  return { calls, content: choice.message.content, finish: choice.finish_reason };
}

describe('tool calls', () => {
  it('Hermes notation: parallel calls and the text before them are told apart', async () => {
    const answer =
      'Je regarde.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Nîmes"}}\n</tool_call>' +
      '\n<tool_call> {"name":"time","arguments":{"city":"Pau"}} </tool_call>';
    await withModel(answer, HERMES_TEMPLATE, async (engine) => {
      const { calls, content, finish } = await callsOf(engine, ask);
      assert.equal(finish, 'tool_calls');
      assert.equal(content?.trim(), 'Je regarde.');
      assert.deepEqual(
        calls.map((call) => [call.type, call.function.name, JSON.parse(call.function.arguments)]),
        [
          ['function', 'weather', { city: 'Nîmes' }],
          ['function', 'time', { city: 'Pau' }],
        ],
      );
      const one = await callsOf(engine, { ...ask, parallel_tool_calls: false });
      assert.equal(one.calls.length, 1);
      const none = await engine.chat({ ...ask, tool_choice: 'none' });
      assert.equal(none.json.choices[0].message.content, answer, 'without tools it is text');
      assert.ok(none.json.usage.prompt_tokens < (await engine.chat(ask)).json.usage.prompt_tokens);
    });
  });

  it('Hermes notation: what is no valid call stays text', async () => {
    await withModel('<tool_call>{"name": weather}</tool_call> et <tool', HERMES_TEMPLATE, async (engine) => {
      const { calls, content, finish } = await callsOf(engine, ask);
      assert.deepEqual([calls.length, finish], [0, 'stop']);
      assert.equal(content, '<tool_call>{"name": weather}</tool_call> et <tool');
    });
  });

  it('Mistral notation: a list after the mark', async () => {
    await withModel(
      '[TOOL_CALLS][{"name":"weather","arguments":{"city":"Brest"}}]',
      MISTRAL_TEMPLATE,
      async (engine) => {
        const { calls, content } = await callsOf(engine, ask);
        assert.deepEqual([calls.length, content], [1, null]);
        assert.deepEqual(JSON.parse(calls[0]?.function.arguments ?? ''), { city: 'Brest' });
      },
    );
  });

  it('Llama 3 notation: the whole answer is the call, and other text is text', async () => {
    await withModel('{"name": "weather", "parameters": {"city": "Sète"}}', LLAMA3_TEMPLATE, async (engine) => {
      const { calls } = await callsOf(engine, ask);
      assert.deepEqual(JSON.parse(calls[0]?.function.arguments ?? ''), { city: 'Sète' });
    });
    await withModel('Il fait beau {ici}.', LLAMA3_TEMPLATE, async (engine) => {
      const { calls, content } = await callsOf(engine, ask);
      assert.deepEqual([calls.length, content], [0, 'Il fait beau {ici}.']);
    });
  });

  it('the history may hold calls and results; arguments that are no JSON are refused with their path', async () => {
    await withModel('Soleil.', HERMES_TEMPLATE, async (engine) => {
      const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Nice"}' } };
      const history = [
        { role: 'user', content: '?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: 'beau <|im_end|>' },
      ];
      assert.equal((await engine.chat({ ...ask, messages: history })).json.choices[0].message.content, 'Soleil.');
      const broken = [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'weather', arguments: '{' } }] }];
      const { status, json } = await engine.chat({ ...ask, messages: broken });
      assert.deepEqual([status, json.error.param], [400, 'messages[0].tool_calls[0].function.arguments']);
    });
  });

  for (const [notation, chatTemplate] of Object.entries({ HERMES_TEMPLATE, MISTRAL_TEMPLATE, LLAMA3_TEMPLATE })) {
    it(`${notation}: a required or named call is forced, even on random weights, with valid arguments`, async () => {
      const engine = await startEngine(ggufFixture({ shape: 'llama', chatTemplate }));
      try {
        for (let seed = 0; seed < 4; seed += 1) {
          const choice = seed % 2 === 0 ? 'required' : { type: 'function', function: { name: 'time' } };
          const body = { ...ask, temperature: 1, seed, tool_choice: choice, max_tokens: 300 };
          const { status, json, text } = await engine.chat(body);
          assert.equal(status, 200, text);
          const [call] = json.choices[0].message.tool_calls ?? [];
          assert.ok(call, text);
          if (seed % 2 === 1) assert.equal(call.function.name, 'time');
          assert.equal(typeof JSON.parse(call.function.arguments).city, 'string');
        }
      } finally {
        await engine.stop();
      }
    });
  }
});
