import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { BodyBroken, parseJson, readBody } from './read-body.ts';

/** What readBody uses of a request: a stream of bytes with headers. */
function requestOf(headers: Record<string, string> = {}) {
  const stream = Object.assign(new PassThrough({ autoDestroy: false }), { headers });
  return { stream, request: stream as unknown as IncomingMessage };
}

test('a body is put together from its pieces, up to the bound and not a byte more', async () => {
  for (const [extra, code] of [
    [0, undefined],
    [1, 'body_too_large'],
  ] as const) {
    const { stream, request } = requestOf();
    stream.write('a'.repeat(60));
    stream.end('b'.repeat(40 + extra));
    if (code === undefined) assert.equal((await readBody(request, 100)).length, 100);
    else await assert.rejects(readBody(request, 100), { code });
    assert.equal(stream.destroyed, false, 'the connection must stay to carry the refusal');
  }
});

test('a length that is announced is judged before a byte was read; a compressed body is refused', async () => {
  await assert.rejects(readBody(requestOf({ 'content-length': '101' }).request, 100), { code: 'body_too_large' });
  await assert.rejects(readBody(requestOf({ 'content-encoding': 'gzip' }).request, 100), {
    code: 'unsupported_media_type',
  });
  const { stream, request } = requestOf({ 'content-encoding': 'Identity' });
  stream.end('x');
  assert.equal((await readBody(request, 100)).toString(), 'x');
});

test('a body that does not come is refused in time, one that breaks off is nobody to answer', async () => {
  const slow = requestOf();
  slow.stream.write('a');
  await assert.rejects(readBody(slow.request, 100, { timeoutMs: 30 }), { code: 'request_timeout', status: 408 });
  assert.equal(slow.stream.destroyed, false);
  const broken = requestOf();
  broken.stream.write('a');
  const reading = readBody(broken.request, 100);
  broken.stream.destroy(new Error('aborted'));
  await assert.rejects(reading, BodyBroken);
});

test('JSON errors tell the place and never the text', () => {
  const secret = `s${Date.now()}`;
  for (const body of [
    `{"${secret}": nope}`,
    `{"a":"${secret}"`,
    `["${secret}" 1]`,
    `{"in JSON at position 99":${secret}`,
  ]) {
    assert.throws(
      () => parseJson(Buffer.from(body)),
      (error: Error & { code?: string }) =>
        error.code === 'invalid_json' && !error.message.includes(secret) && !error.message.includes('99'),
    );
  }
  assert.throws(() => parseJson(Buffer.from([0x22, 0xff, 0x22])), { code: 'invalid_json' });
  assert.throws(() => parseJson(Buffer.alloc(0)), { code: 'invalid_json' });
  assert.deepEqual(parseJson(Buffer.from('{"é":"\u202f"}')), { é: '\u202f' });
});
