// Every refusal: its code and status, that the engine hears nothing of it, its receipt and record, and that no value of
// the request stands in a log line or a record.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import {
  blocking,
  CHAT,
  DONE,
  errorOf,
  event,
  type GatewayUnderTest,
  SSE,
  startGatewayUnderTest,
  type TestOptions,
  until,
  whole,
} from './gateway-under-test.ts';

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
/** Stands in every body; must stand nowhere else. */
let canary: string;

beforeEach(async () => {
  engine = await startScriptedEngine();
  engine.answer(() => ({ pieces: [whole('ok')] }));
  canary = `kim${randomBytes(6).toString('hex')}@example.org`;
});
afterEach(async () => {
  const written = JSON.stringify(gateway.audit.records) + gateway.logLines.join('\n');
  await gateway.end();
  await engine.stop();
  assert.ok(!written.includes(canary.slice(0, 15)), 'a value in a record or a log line');
});

async function start(options: TestOptions = {}): Promise<void> {
  gateway = await startGatewayUnderTest({ engines: [engine.url], ...options });
}

async function assertRefused(response: Response, status: number, code: string): Promise<{ param: string | null }> {
  const error = await errorOf(response);
  assert.equal(`${response.status} ${error.code}`, `${status} ${code}`);
  const receipt = response.headers.get('x-intramuros-receipt');
  assert.ok(receipt !== null && receipt !== '');
  await until(() => gateway.audit.isClosed || gateway.records('refusal').length > 0, 'the record');
  if (!gateway.audit.isClosed) {
    const record = gateway.records('refusal').find((refusal) => refusal.receipt === receipt);
    assert.deepEqual(record?.['outcome'], { ok: false, code });
  }
  assert.equal(engine.calls.length, 0, 'the engine heard of it');
  return error;
}

const said = () => ({ messages: [{ role: 'user', content: `write to ${canary}` }] });

interface Case {
  readonly name: string;
  readonly options?: TestOptions;
  readonly ask: () => Promise<Response>;
  readonly status: number;
  readonly code: string;
  readonly param?: string;
}

const CASES: readonly Case[] = [
  {
    name: 'an unknown field, before anything of an unknown model',
    ask: () => gateway.chat({ ...said(), model: 'nowhere', [canary]: 1 }),
    ...{ status: 400, code: 'unknown_field' },
  },
  {
    name: 'an unknown model',
    ask: () => gateway.chat({ ...said(), model: canary }),
    status: 404,
    code: 'model_not_found',
    param: 'model',
  },
  {
    name: 'the model of another tenant',
    ask: () => gateway.chat(said(), { headers: { authorization: `Bearer ${gateway.foreignKey}` } }),
    ...{ status: 404, code: 'model_not_found', param: 'model' },
  },
  {
    name: 'a model without replicas',
    options: { engines: [] },
    ask: () => gateway.chat(said()),
    status: 503,
    code: 'model_not_ready',
  },
  {
    name: 'a model whose policy is missing',
    options: { policy: 'gone' },
    ask: () => gateway.chat(said()),
    status: 503,
    code: 'model_not_ready',
  },
  {
    name: 'content that the policy blocks',
    options: { policy: 'strict', policies: [blocking('strict')] },
    ask: () => gateway.chat(said()),
    ...{ status: 400, code: 'content_blocked', param: 'messages[0].content' },
  },
  {
    name: 'no key',
    ask: () => gateway.chat(said(), { headers: { authorization: '' } }),
    status: 401,
    code: 'missing_api_key',
  },
  {
    name: 'a key with a wrong secret',
    ask: () => gateway.chat(said(), { headers: { authorization: `Bearer ${gateway.key.slice(0, -1)}~` } }),
    ...{ status: 401, code: 'invalid_api_key' },
  },
  {
    name: 'broken JSON',
    ask: () => gateway.chat({}, { body: `{"model":"${canary}` }),
    status: 400,
    code: 'invalid_json',
  },
  {
    name: 'invalid UTF-8',
    ask: () =>
      gateway.chat({}, { body: Buffer.concat([Buffer.from(`{"model":"${canary}`), Buffer.from([0xff, 0x22, 0x7d])]) }),
    ...{ status: 400, code: 'invalid_json' },
  },
  {
    name: 'a compressed body',
    ask: () => gateway.chat(said(), { headers: { 'content-encoding': 'gzip' } }),
    ...{ status: 415, code: 'unsupported_media_type', param: 'content-encoding' },
  },
  {
    name: 'another content type',
    ask: () => gateway.chat(said(), { headers: { 'content-type': 'application/json-seq' } }),
    ...{ status: 415, code: 'unsupported_media_type', param: 'content-type' },
  },
  {
    name: 'a body that announces too much',
    options: { maxBodyBytes: 1000 },
    ask: () => gateway.chat({ ...said(), user: 'x'.repeat(2_000_000) }),
    ...{ status: 413, code: 'body_too_large' },
  },
  {
    name: 'no such endpoint',
    ask: () => gateway.send('/v1/files', { method: 'POST', body: canary }),
    status: 404,
    code: 'not_found',
  },
];

for (const { name, options, ask, status, code, param } of CASES) {
  test(`refused with ${status} ${code}: ${name}`, async () => {
    await start(options);
    const error = await assertRefused(await ask(), status, code);
    if (param !== undefined) assert.equal(error.param, param);
  });
}

test('a path that is known answers another method with 405 and the methods that it takes', async () => {
  await start();
  for (const [method, path, allow] of [
    ['GET', '/v1/chat/completions', 'POST'],
    ['PUT', '/v1/embeddings?a=1', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', '/v1/models/m', 'GET, HEAD'],
    ['POST', '/readyz', 'GET, HEAD'],
  ] as const) {
    const response = await gateway.send(path, { method });
    assert.equal(response.headers.get('allow'), allow, path);
    assert.equal(`${response.status} ${(await errorOf(response)).code}`, '405 method_not_allowed');
  }
  assert.equal(gateway.records('refusal').length, 1, 'judged before the rate, so they share a record');
  const head = await gateway.send('/v1/completions', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('allow')], [405, 'POST']);
});

test('a body that does not announce its size is 413 too, and the client gets to read it', async () => {
  await start({ maxBodyBytes: 1000 });
  const body = new ReadableStream({
    start(controller) {
      for (let part = 0; part < 20; part += 1) controller.enqueue(Buffer.alloc(50_000, 0x20));
      controller.close();
    },
  });
  await assertRefused(await gateway.chat({}, { body, duplex: 'half' }), 413, 'body_too_large');
});

test('an audit log that cannot be written is 503 at once, and the engine receives nothing', async () => {
  await start();
  gateway.audit.isClosed = true;
  const startedAtMs = performance.now();
  for (const stream of [true, false])
    await assertRefused(await gateway.chat({ ...said(), stream }), 503, 'audit_unavailable');
  assert.ok(performance.now() - startedAtMs < 2000);
  assert.equal(gateway.busy(), 0);
  assert.equal((await fetch(`${gateway.address}/readyz`)).status, 503);
  gateway.audit.open();
  assert.equal(gateway.records('refusal').length, 2, 'written when it can be');
  assert.equal((await gateway.chat(said())).status, 200);
});

test('beyond its rate a key gets 429 with Retry-After; the flood shares one record; the list of models counts', async () => {
  await start({ requestsPerMinute: 2 });
  assert.equal((await gateway.send('/v1/models')).status, 200);
  assert.equal((await gateway.send('/v1/models')).status, 200);
  const refused = await Promise.all([gateway.chat(said()), gateway.chat(said()), gateway.send('/v1/models')]);
  for (const response of refused) {
    assert.ok(Number(response.headers.get('retry-after')) >= 1);
    await assertRefused(response, 429, 'rate_limited');
  }
  assert.equal(gateway.records('refusal').length, 1);
});

test('who has no key cannot flood the log, whatever they ask for', async () => {
  await start();
  for (let at = 0; at < 20; at += 1) assert.equal((await fetch(`${gateway.address}/v1/x${at}`)).status, 404);
  assert.equal(gateway.records('refusal').length, 1);
});

test('a flood of headers is 431 in the shape of every other error', async () => {
  await start();
  const text = await raw(`GET /v1/models HTTP/1.1\r\nhost: x\r\nx-a: ${canary}${'a'.repeat(20_000)}\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 431 /);
  assert.match(text, /"code":"headers_too_large"/);
  assert.match(text, new RegExp(`x-intramuros-receipt: ${gateway.records('refusal')[0]?.receipt}`));
});

test('what is not HTTP is 400 in the same shape', async () => {
  await start();
  assert.match(await raw(`${canary}\r\n\r\n`), /^HTTP\/1\.1 400 .*"error"/s);
});

test('the request id is ours: what a client sends under that name is not repeated', async () => {
  await start();
  const response = await gateway.chat(said(), { headers: { 'x-request-id': canary } });
  assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f]{16}$/);
  assert.equal(engine.calls[0]?.headers['x-request-id'], response.headers.get('x-request-id'));
  assert.ok(!engine.calls[0]?.text.includes(canary));
});

test('a graceful stop lets a stream end, and refuses what comes meanwhile', async () => {
  await start();
  engine.answer(() => ({ headers: SSE, pieces: [event('one'), 300, event('two'), DONE] }));
  const streamed = await gateway.chat({ ...said(), stream: true });
  const { port } = new URL(gateway.address);
  const waiting = connect(Number(port), '127.0.0.1');
  // Its head has begun, so it is not idle when the stop comes.
  waiting.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stopped = gateway.stop(2000);
  waiting.write('content-length: 2\r\n\r\n{}');
  const [refusal] = (await once(waiting, 'data')) as [Buffer];
  assert.match(refusal.toString(), /503.*connection: close.*shutting_down/is);
  assert.match(await streamed.text(), /two.*\[DONE\]/s);
  await stopped;
  assert.deepEqual(gateway.outcomes(), ['answered']);
  await assert.rejects(gateway.chat(CHAT));
});

test('a stop whose time is over ends the stream, and its outcome is still written', async () => {
  await start();
  engine.answer(() => ({ headers: SSE, pieces: [event('one')], ending: 'hang' }));
  const streamed = await gateway.chat({ ...said(), stream: true });
  await gateway.stop(50);
  assert.deepEqual(gateway.outcomes(), ['client_left']);
  await streamed.text().catch(() => undefined);
});

async function raw(head: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.address).port), '127.0.0.1');
  socket.write(head);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('utf8');
}
