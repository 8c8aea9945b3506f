import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ENTITY_TYPES } from '../../control-plane/redaction/entities.ts';
import { inspect } from '../../control-plane/redaction/inspect.ts';
import { type RedactionPolicy, redact } from '../../control-plane/redaction/redact.ts';
import { createRestorer } from '../../control-plane/redaction/restore.ts';
import { type AnswerRestorer, answerRestorer } from '../../control-plane/wire/answer.ts';
import { formatSse, SseParser } from '../../control-plane/wire/sse.ts';
import { joined } from './client-call.ts';
import { personalValues } from './personal-values.ts';
import { chatAnswer, chatChunk, delta, finish, says } from './scripts.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const values = personalValues();
const own = Array.from({ length: 10 }, () => values.next().text);
const policy: RedactionPolicy = { action: () => 'pseudonymise', keep: new Set(), minScore: 0.5 };
const redaction = redact(inspect(own.map((text, at) => ({ path: `messages[${at}].content`, text }))), policy, 'kt');
const standIns = redaction.texts;

const restorer = (answerMode: 'text' | 'json' = 'text'): AnswerRestorer =>
  answerRestorer({ endpoint: 'chat.completions', answerMode }, (mode) => createRestorer(redaction.surrogates, mode));

/** What a model may say: stand-ins whole, changed, forged or broken off, and everything that could be confused with one. */
const fragment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...standIns) },
  fc.constantFrom(...standIns).map((text) => text.toLowerCase()),
  fc.constantFrom(...standIns).map((text) => text.replaceAll('_', '\\_')),
  fc.constantFrom(...standIns).map((text) => text.replace('<', '&lt;').replace('>', '&gt;')),
  fc.tuple(fc.constantFrom(...standIns), fc.nat(20)).map(([text, length]) => text.slice(0, length)),
  fc.constantFrom(...ENTITY_TYPES).map((type) => `<${type}_9zz>`),
  fc.constantFrom(
    '<',
    '>',
    '&',
    '&lt;',
    '\\',
    '"',
    '\n',
    '<b>',
    '_',
    ':',
    '👩‍⚕️',
    '\u00e9',
    '\ud83d',
    'data: [DONE]\n\n',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const said = fc.array(fragment, { maxLength: 8 }).map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(), { maxLength: 30 });

interface Answer {
  readonly content: string;
  readonly reasoning: string;
  /** The arguments of two parallel calls, each a JSON document. */
  readonly calls: readonly string[];
}
const answer = fc.record({
  content: said,
  reasoning: said,
  calls: fc.array(
    said.map((text) => JSON.stringify({ note: text, [text]: [text, 1.5] })),
    { minLength: 2, maxLength: 2 },
  ),
});

test('the values that the streams are made of are all redacted', () => {
  assert.equal(new Set(standIns).size, own.length);
  for (const [at, standIn] of standIns.entries()) {
    assert.match(standIn, /^<[A-Z_]+_\d+kt[^>]*>$/);
    assert.equal(whole({ content: standIn, reasoning: '', calls: [] })['[0].message.content'], own[at]);
  }
});

test('a stream in any cut of its text, its lines and its bytes says what the whole answer says', () => {
  fc.assert(
    fc.property(answer, fc.constantFrom('text', 'json'), cuts, cuts, (given, mode, textCuts, byteCuts) => {
      const asked = mode === 'json' ? { ...given, content: given.calls[0] ?? '' } : given;
      const parts = interleave(asked, textCuts);
      const bytes = Buffer.from(
        [...parts, finish()].map((chunk, at) => lines(formatSse(JSON.stringify(chunk)), at)).join(''),
      );
      const out = relay(restorer(mode), split(bytes, byteCuts));
      const expected = whole(asked, mode);
      const got = joined(out);
      for (const [place, streamed] of Object.entries(PLACES)) {
        assert.equal(got[streamed] ?? '', expected[place] ?? '', place);
      }
      assertWellFormed(out);
    }),
    { numRuns: LONG ? 10_000 : 1_000 },
  );
});

test('every cut in two, of every stand-in in text and in arguments, gives the value back', () => {
  for (const [at, standIn] of standIns.entries()) {
    const value = own[at] ?? '';
    const cases: [string, string, (piece: string) => object, string][] = [
      [`a <${standIn}> b`, `a <${value}> b`, (content) => ({ content }), '[0].delta.content'],
      [
        JSON.stringify({ a: `\\"${standIn}"` }),
        JSON.stringify({ a: `\\"${value}"` }),
        (piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
        '[0].delta.tool_calls[0].function.arguments',
      ],
    ];
    for (const [text, expected, fields, place] of cases) {
      for (let cut = 0; cut <= text.length; cut += 1) {
        const stream = restorer();
        const out = [text.slice(0, cut), text.slice(cut)].flatMap((piece) => stream.event(delta(fields(piece))));
        assert.equal(joined([...out, ...stream.end()] as object[])[place], expected);
      }
    }
  }
});

test('arguments with quotes, line breaks, emoji and escapes parse to the very values, in any cut', () => {
  const nasty = ['"', '\n', '👩‍⚕️', 'é', '\\', '\u2028', '\t', '</script>'].map(
    (text) => `${text}${values.email()}${text}`,
  );
  const hard = redact(inspect(nasty.map((text, at) => ({ path: `f${at}`, text }))), policy, 'kt');
  fc.assert(
    fc.property(fc.shuffledSubarray([...nasty.keys()], { minLength: 1 }), cuts, (chosen, at) => {
      const args = JSON.stringify({ list: chosen.map((index) => hard.texts[index]) });
      const stream = answerRestorer({ endpoint: 'chat.completions', answerMode: 'text' }, (mode) =>
        createRestorer(hard.surrogates, mode),
      );
      const chunks = split(args, at).map((piece) =>
        delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
      );
      const out = [...chunks.flatMap((chunk) => stream.event(chunk)), ...stream.end()] as object[];
      const text = joined(out)['[0].delta.tool_calls[0].function.arguments'] ?? '';
      assert.deepEqual(JSON.parse(text), { list: chosen.map((index) => nasty[index]) });
    }),
    { numRuns: LONG ? 5_000 : 500 },
  );
});

/** Where a text stands in the whole answer, and where in a stream. */
const PLACES: Record<string, string> = {
  '[0].message.content': '[0].delta.content',
  '[0].message.reasoning_content': '[0].delta.reasoning_content',
  '[0].message.tool_calls[0].function.arguments': '[0].delta.tool_calls[0].function.arguments',
  '[0].message.tool_calls[1].function.arguments': '[0].delta.tool_calls[1].function.arguments',
};

function whole({ content, reasoning, calls }: Answer, mode: 'text' | 'json' = 'text'): Record<string, string> {
  const tool_calls = calls.map((args, index) => ({ index, id: `c${index}`, function: { name: 'f', arguments: args } }));
  const body = chatAnswer([says(content, { reasoning_content: reasoning, tool_calls })]);
  return joined([restorer(mode).json(structuredClone(body)) as object]);
}

/** The texts cut at the same places, their pieces in turn. */
function interleave({ content, reasoning, calls }: Answer, at: readonly number[]): object[] {
  const streams = [
    split(content, at).map((piece) => delta({ content: piece })),
    split(reasoning, at).map((piece) => delta({ reasoning_content: piece })),
    ...calls.map((args, index) =>
      split(args, at).map((piece) => delta({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ),
  ];
  const longest = Math.max(...streams.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => streams.flatMap((stream) => stream[turn] ?? [])).flat();
}

/** Line ends of all three kinds, and a comment now and then. */
function lines(event: string, at: number): string {
  const end = ['\n', '\r\n', '\r'][at % 3] ?? '\n';
  return (at % 5 === 0 ? `: still here${end}` : '') + event.replaceAll('\n', end);
}

function relay(stream: AnswerRestorer, pieces: readonly Uint8Array[]): object[] {
  const parser = new SseParser();
  const events = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  return [...events.flatMap(({ data }) => stream.event(JSON.parse(data))), ...stream.end()] as object[];
}

function assertWellFormed(chunks: readonly object[]): void {
  const example = chatChunk([]) as Record<string, unknown>;
  for (const chunk of chunks as Record<string, unknown>[]) {
    for (const key of ['id', 'object', 'created', 'model']) assert.deepEqual(chunk[key], example[key]);
  }
  const last = chunks.at(-1) as { choices: [{ finish_reason: string | null }] };
  assert.equal(last.choices[0].finish_reason, 'stop', 'something came after the finish');
}

function split(text: string, at: readonly number[]): string[];
function split(bytes: Uint8Array, at: readonly number[]): Uint8Array[];
function split(whole: string | Uint8Array, at: readonly number[]): (string | Uint8Array)[] {
  const places = [0, ...at.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((place, index) => whole.slice(places[index], place));
}
