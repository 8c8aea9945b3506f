// Calls full of personal data to an engine that repeats what it was sent: the client must get its own values back, byte
// for byte, so that it cannot tell the gateway from the engine. The values are made up at run time.

import { type ClientCall, collect, joined, user } from './client-call.ts';
import { personalValues } from './personal-values.ts';
import type { EngineCall } from './scripted-engine.ts';
import {
  chatAnswer,
  cut,
  delta,
  finish,
  lastText,
  recut,
  role,
  says,
  stream,
  textAnswer,
  textChunk,
  whole,
} from './scripts.ts';

const values = personalValues();
const [email, phone, nir, iban, card] = [values.email(), values.phone(), values.nir(), values.iban(), values.card()];
const letter = `Écrire à ${email} ou appeler le ${phone}. NIR : ${nir}, IBAN ${iban}, carte ${card} ; encore ${email} !`;
/** What the engine must never see. */
export const personalTexts: readonly string[] = [email, phone, nir, iban, card, 'Quentin Delmasse'];
const messages = [user(letter)];

const call = (args: string, index = 0) => ({ index, function: { arguments: args } });
const opened = { index: 0, id: 'c', type: 'function', function: { name: 'send', arguments: '' } };
/** What a model would answer: the stand-ins (or values) that it saw, in a JSON document. */
const asJson = (engineCall: EngineCall): string =>
  JSON.stringify({ note: `"${lastText(engineCall)}"\n`, list: [lastText(engineCall)] });

const calls: readonly ClientCall[] = [
  {
    name: 'personal: the whole text comes back',
    engine: (engineCall) => whole(chatAnswer([says(lastText(engineCall))])),
    run: (client) => client.chat.completions.create({ model: 'm', messages }),
  },
  ...[1, 2, 3, 7, 50].map(
    (size): ClientCall => ({
      name: `personal: the whole text comes back in pieces of ${size}`,
      engine: (engineCall) =>
        stream([role, ...cut(lastText(engineCall), size).map((piece) => delta({ content: piece })), finish()]),
      run: async (client) =>
        joined(await collect(client.chat.completions.create({ model: 'm', messages, stream: true }))),
    }),
  ),
  {
    name: 'personal: the whole text comes back, every byte a packet of its own',
    engine: (engineCall) =>
      recut(stream([role, ...cut(lastText(engineCall), 4).map((piece) => delta({ content: piece })), finish()]), 1),
    run: async (client) =>
      joined(await collect(client.chat.completions.create({ model: 'm', messages, stream: true }))),
  },
  {
    name: 'personal: the stream helper ends with the whole text',
    engine: (engineCall) =>
      stream([role, ...cut(lastText(engineCall), 5).map((piece) => delta({ content: piece })), finish()]),
    run: (client) => client.chat.completions.stream({ model: 'm', messages }).finalContent(),
  },
  {
    name: 'personal: arguments of a tool call, parsed',
    engine: (engineCall) =>
      whole(
        chatAnswer([
          says(null, {
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'send', arguments: asJson(engineCall) } }],
          }),
        ]),
      ),
    run: async (client) => {
      const answer = await client.chat.completions.create({
        model: 'm',
        messages: [user(`${letter} "quoted"\nline 👩‍⚕️`)],
      });
      const [made] = answer.choices[0]?.message.tool_calls ?? [];
      return JSON.parse(made?.type === 'function' ? made.function.arguments : '');
    },
  },
  {
    name: 'personal: arguments of a tool call, streamed and parsed',
    engine: (engineCall) =>
      stream([
        role,
        delta({ tool_calls: [opened] }),
        ...cut(asJson(engineCall), 3).map((piece) => delta({ tool_calls: [call(piece)] })),
        finish('tool_calls'),
      ]),
    run: async (client) => {
      const texts = joined(await collect(client.chat.completions.create({ model: 'm', messages, stream: true })));
      return JSON.parse(texts['[0].delta.tool_calls[0].function.arguments'] ?? '');
    },
  },
  {
    name: 'personal: an answer in JSON, parsed',
    engine: (engineCall) => whole(chatAnswer([says(asJson(engineCall))])),
    run: async (client) => {
      const answer = await client.chat.completions.create({
        model: 'm',
        messages,
        response_format: { type: 'json_object' },
      });
      return JSON.parse(answer.choices[0]?.message.content ?? '');
    },
  },
  {
    name: 'personal: values of the history, of tool calls and of their results',
    engine: ({ body }) => whole(chatAnswer([says(JSON.stringify(body.messages))])),
    run: async (client) => {
      const args = JSON.stringify({ to: email, phones: [phone], [nir]: true });
      const history = [
        user(letter),
        {
          role: 'assistant' as const,
          content: null,
          tool_calls: [{ id: 'c', type: 'function' as const, function: { name: 'send', arguments: args } }],
        },
        { role: 'tool' as const, tool_call_id: 'c', content: JSON.stringify({ sent: email }) },
        user(`And ${iban}?`),
      ];
      const answer = await client.chat.completions.create({
        model: 'm',
        messages: history,
        response_format: { type: 'json_object' },
      });
      return JSON.parse(answer.choices[0]?.message.content ?? '');
    },
  },
  {
    name: 'personal: a name that only its key in JSON gives away',
    engine: ({ body }) => whole(chatAnswer([says(JSON.stringify(body.messages))])),
    run: async (client) => {
      const found = JSON.stringify({ patient: 'Quentin Delmasse', ward: 'B' });
      const history = [
        user(letter),
        {
          role: 'assistant' as const,
          content: null,
          tool_calls: [{ id: 'c', type: 'function' as const, function: { name: 'find', arguments: found } }],
        },
        { role: 'tool' as const, tool_call_id: 'c', content: found },
      ];
      const asked = { model: 'm', messages: history, response_format: { type: 'json_object' as const } };
      const answer = await client.chat.completions.create(asked);
      return JSON.parse(answer.choices[0]?.message.content ?? '');
    },
  },
  {
    name: 'personal: reasoning and refusal come back too',
    engine: (engineCall) =>
      whole(chatAnswer([says(null, { reasoning_content: lastText(engineCall), refusal: lastText(engineCall) })])),
    run: (client) => client.chat.completions.create({ model: 'm', messages }),
  },
  {
    name: 'personal: an error of the engine that quotes the text',
    engine: (engineCall) =>
      whole({ error: { message: `Cannot read: ${lastText(engineCall)}`, type: 'BadRequestError', param: null } }, 400),
    run: (client) => client.chat.completions.create({ model: 'm', messages }),
  },
  {
    name: 'personal: a completion',
    engine: ({ body }) => whole(textAnswer([body.prompt])),
    run: (client) => client.completions.create({ model: 'm', prompt: letter }),
  },
  {
    name: 'personal: a completion, streamed',
    engine: ({ body }) => stream([...cut(body.prompt, 2).map((piece) => textChunk(piece)), textChunk('', 'stop')]),
    run: async (client) =>
      joined(await collect(client.completions.create({ model: 'm', prompt: letter, stream: true }))),
  },
];

export const personalCalls: readonly ClientCall[] = calls.map((one) => ({ ...one, personal: true }));
