import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AppError } from '../errors.ts';
import { formatSse, formatSseComment, type SseEvent, SseParser } from './sse.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): SseEvent[] => {
  const parser = new SseParser();
  return [...parser.push(encode(text)), ...parser.end()];
};

test('events end at an empty line, whatever the line ends are', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    assert.deepEqual(parse(`data: a${end}${end}data: b${end}${end}`), [{ data: 'a' }, { data: 'b' }]);
  }
});

test('data lines join, one space after the colon goes, comments and unknown fields are passed over', () => {
  assert.deepEqual(parse(': hi\ndata:  two\ndata:x\nretry: 5\nfoo: bar\ndata\n\n'), [{ data: ' two\nx\n' }]);
});

test('names and ids are read; an event without data is none; a byte order mark is passed over', () => {
  assert.deepEqual(parse('\ufeffevent: e\nid: 7\ndata: x\n\nevent: gone\n\ndata: y\n\n'), [
    { event: 'e', id: '7', data: 'x' },
    { id: '7', data: 'y' },
  ]);
});

test('the last event counts though its empty line, or the end of its line, is missing', () => {
  assert.deepEqual(parse('data: a\n\ndata: b\n'), [{ data: 'a' }, { data: 'b' }]);
  assert.deepEqual(parse('data: a\n\ndata: b'), [{ data: 'a' }, { data: 'b' }]);
});

test('an event past the limit is an error of the engine, in one line or in many', () => {
  for (const text of [`data: ${'x'.repeat(200)}`, 'data: xxxxxxxx\n'.repeat(30)]) {
    const parser = new SseParser(100);
    assert.throws(
      () => parser.push(encode(text)),
      (error: unknown) => error instanceof AppError && error.code === 'engine_failed',
    );
  }
});

test('an event of several lines is one event, cut between CR and LF or anywhere else', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const bytes = encode(`data: a${end}data: é${end}${end}data: c${end}${end}`);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const parser = new SseParser();
      const events = [...parser.push(bytes.subarray(0, cut)), ...parser.push(bytes.subarray(cut)), ...parser.end()];
      assert.deepEqual(events, [{ data: 'a\né' }, { data: 'c' }], `cut at ${cut}`);
    }
  }
});

test('any text in any cut of its bytes parses as the whole does', () => {
  const line = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('é', '👩‍⚕️', 'data: x', ':', ' '));
  fc.assert(
    fc.property(
      fc.array(fc.record({ data: line }), { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      (events, cuts, end) => {
        const sent = events.map(({ data }) => ({ data: data.replace(/\r\n?/g, '\n').toWellFormed() }));
        const bytes = encode(sent.map((event) => formatSse(event).replaceAll('\n', end)).join(''));
        const parser = new SseParser();
        const got: SseEvent[] = [];
        let from = 0;
        for (const cut of cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b)) {
          got.push(...parser.push(bytes.subarray(from, cut)));
          from = cut;
        }
        got.push(...parser.push(bytes.subarray(from)), ...parser.end());
        assert.deepEqual(got, sent);
      },
    ),
    { numRuns: 500 },
  );
});

test('a comment says nothing', () => {
  assert.deepEqual(parse(formatSseComment('wait\ndata: x')), []);
});
