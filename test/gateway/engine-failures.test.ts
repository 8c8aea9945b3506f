// What a client gets, and what is recorded, when an engine is slow, dies, refuses or cannot be reached.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import {
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

const UNREACHABLE = 'http://127.0.0.1:9';
let engine: ScriptedEngine;
let gateway: GatewayUnderTest;

async function start(options: TestOptions = {}): Promise<void> {
  gateway = await startGatewayUnderTest({ engines: [engine.url], ...options });
}

async function outcomeCode(): Promise<unknown> {
  await until(() => gateway.records('outcome').length > 0, 'an outcome');
  return gateway.outcomes().at(-1);
}

function statusRecorded(): unknown {
  const [response] = gateway
    .records('outcome')
    .map(({ response }) => response as { status: number })
    .slice(-1);
  return response?.status;
}

beforeEach(async () => {
  engine = await startScriptedEngine();
});
afterEach(async () => {
  await gateway.end();
  await engine.stop();
});

test('a spent queue budget is 503 overloaded, with Retry-After, a refusal and no intent of its own', async () => {
  engine.answer(() => ({ pieces: [], ending: 'hang' }));
  await start({ slots: 1, queueMs: 100 });
  const leave = new AbortController();
  const first = gateway.chat({}, { signal: leave.signal }).catch(() => undefined);
  await until(() => engine.calls.length === 1, 'the first call');
  const startedAtMs = performance.now();
  const second = await gateway.chat();
  assert.equal(second.status, 503);
  assert.equal((await errorOf(second)).code, 'overloaded');
  assert.ok(Number(second.headers.get('retry-after')) >= 1);
  assert.ok(performance.now() - startedAtMs < 1000);
  assert.equal(gateway.waiting(), 0);
  assert.equal(gateway.records('refusal').at(-1)?.receipt, second.headers.get('x-intramuros-receipt'));
  assert.equal(gateway.records('intent').length, 1);
  leave.abort();
  await first;
});

test('a spent first-byte budget is 504, for whole and streamed answers', async () => {
  engine.answer(() => ({ pieces: [400, whole('late')] }));
  await start({ firstByteMs: 120 });
  for (const stream of [false, true]) {
    const response = await gateway.chat({ stream });
    assert.equal(response.status, 504);
    const error = await errorOf(response);
    assert.equal(error.code, 'engine_timeout');
    assert.match(error.message, /FIRST_BYTE/);
    assert.equal(await outcomeCode(), 'engine_timeout');
    assert.equal(statusRecorded(), 504);
    assert.equal(gateway.records('outcome').at(-1)?.intent, response.headers.get('x-intramuros-receipt'));
  }
  assert.equal(gateway.busy(), 0);
});

test('headers that come at once are no first byte: a long wait behind them is not a pause between bytes', async () => {
  const hasty = createServer((request, response) => {
    request.resume();
    response.writeHead(200, SSE).flushHeaders();
    setTimeout(() => response.end(event('ok') + DONE), 300);
  }).listen(0, '127.0.0.1');
  await once(hasty, 'listening');
  const engines = [`http://127.0.0.1:${(hasty.address() as AddressInfo).port}`];
  await start({ engines, firstByteMs: 2000, betweenBytesMs: 100 });
  const response = await gateway.chat({ stream: true });
  assert.match(await response.text(), /ok.*\[DONE\]/s);
  hasty.closeAllConnections();
  hasty.close();
});

test('a pause inside a stream ends it with an error event that says engine_timeout, and no [DONE]', async () => {
  engine.answer(() => ({ headers: SSE, pieces: [event('one'), 600, event('two'), DONE] }));
  await start({ betweenBytesMs: 100 });
  const response = await gateway.chat({ stream: true });
  const text = await response.text();
  assert.match(text, /one/);
  assert.match(text, /"code":"engine_timeout"/);
  assert.doesNotMatch(text, /two|\[DONE\]/);
  assert.equal(await outcomeCode(), 'engine_timeout');
  assert.equal(statusRecorded(), 200, 'the status that the client was given');
});

test('a pause inside a whole answer is 504', async () => {
  const answer = whole('half');
  engine.answer(() => ({ pieces: [answer.slice(0, 20), 600, answer.slice(20)] }));
  await start({ betweenBytesMs: 100 });
  const response = await gateway.chat();
  assert.equal(response.status, 504);
  assert.match((await errorOf(response)).message, /BETWEEN_BYTES/);
});

for (const ending of ['cut', 'end'] as const) {
  test(`an engine that stops mid-stream (${ending}) is an error event without [DONE], outcome engine_failed`, async () => {
    engine.answer(() => ({ headers: SSE, pieces: [event('half')], ending }));
    await start();
    const text = await (await gateway.chat({ stream: true })).text();
    assert.match(text, /half/);
    assert.match(text, /"code":"engine_failed"/);
    assert.doesNotMatch(text, /\[DONE\]/);
    assert.equal(await outcomeCode(), 'engine_failed');
    assert.equal(gateway.busy(), 0);
  });
}

test('after [DONE] the answer is whole, even when the engine leaves its connection open or cuts it', async () => {
  for (const ending of ['hang', 'cut'] as const) {
    engine.answer(() => ({ headers: SSE, pieces: [event('all'), DONE], ending }));
    await start();
    const startedAtMs = performance.now();
    const text = await (await gateway.chat({ stream: true })).text();
    assert.match(text, /\[DONE\]\n\n$/);
    assert.doesNotMatch(text, /"error"/);
    assert.ok(performance.now() - startedAtMs < 2500);
    assert.equal(await outcomeCode(), 'answered');
    if (ending === 'hang') await gateway.end();
  }
});

test('an engine that cuts its whole answer, or sends what is not JSON, is 502 and is not tried again', async () => {
  await start();
  for (const answer of [
    { pieces: [whole('x').slice(0, 30)], ending: 'cut' } as const,
    { pieces: ['<html>'] },
    { status: 500, pieces: ['{}'] },
    { status: 401, pieces: ['{}'] },
    { status: 302, pieces: [''] },
  ]) {
    engine.answer(() => answer);
    const before = engine.calls.length;
    const response = await gateway.chat();
    assert.equal(response.status, 502);
    assert.equal((await errorOf(response)).code, 'engine_failed');
    assert.equal(engine.calls.length, before + 1);
  }
  assert.equal(gateway.records('refusal').length, 0, 'each has an outcome, so none has a refusal too');
});

test('an engine that cannot be reached is replaced by another one, under an intent of its own', async () => {
  engine.answer(() => ({ pieces: [whole('here')] }));
  await start({ engines: [UNREACHABLE, engine.url] });
  const response = await gateway.chat();
  assert.equal(response.status, 200);
  const intents = gateway.records('intent');
  assert.deepEqual(
    intents.map(({ attempt, target }) => [attempt, (target as { revision: string }).revision]),
    [
      [1, 'r0'],
      [2, 'r1'],
    ],
  );
  assert.equal(response.headers.get('x-intramuros-receipt'), intents[1]?.receipt);
  await until(() => gateway.records('outcome').length === 2, 'two outcomes');
  assert.deepEqual(
    gateway.records('outcome').map(({ intent, outcome }) => [intent, (outcome as { code: string }).code]),
    [
      [intents[0]?.receipt, 'engine_failed'],
      [intents[1]?.receipt, 'answered'],
    ],
  );
});

test('no engine that can be reached: 502 after three attempts, each recorded', async () => {
  await start({ engines: [UNREACHABLE] });
  const response = await gateway.chat();
  assert.equal(response.status, 502);
  assert.equal(gateway.records('intent').length, 3);
  assert.equal(gateway.records('outcome').length, 3);
  assert.equal(gateway.busy(), 0);
});

test('a request that makes its engine drop the connection is tried twice, not round all replicas', async () => {
  const hits: number[] = [];
  const dropping = [1, 2, 3].map((at) =>
    createSocketServer((socket) => {
      socket.once('data', () => {
        hits.push(at);
        socket.destroy();
      });
    }).listen(0, '127.0.0.1'),
  );
  await until(() => dropping.every((server) => server.listening), 'the droppers');
  await start({ engines: dropping.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`) });
  assert.equal((await gateway.chat()).status, 502);
  assert.equal(hits.length, 2);
  for (const server of dropping) server.close();
});

test('a loading engine (503) is passed over, and an answer schema still holds on the second attempt', async () => {
  const loading = await startScriptedEngine();
  loading.answer(() => ({ status: 503, pieces: ['{}'] }));
  const value = `a${Date.now()}"b@example.org`;
  engine.answer(({ body }) => ({ pieces: [whole(JSON.stringify({ echo: body.messages[0]?.content }))] }));
  await start({ engines: [loading.url, engine.url], answerSchema: { type: 'object' } });
  // A name with a quote: restored into JSON it must be escaped, which only answer mode `json` does.
  const response = await gateway.chat({ messages: [{ role: 'user', content: `{"patient":"x","secret":"${value}"}` }] });
  const answer = (await response.json()) as { choices: { message: { content: string } }[] };
  const sent = engine.calls[0]?.body as unknown as { response_format: { type: string } };
  assert.equal(sent.response_format.type, 'json_schema');
  const { echo } = JSON.parse(answer.choices[0]?.message.content ?? '') as { echo: string };
  assert.equal(echo, `{"patient":"x","secret":"${value}"}`);
  assert.equal(gateway.records('intent').length, 2);
  await loading.stop();
});

test('an engine that is full or loading everywhere is 503 with Retry-After', async () => {
  engine.answer(() => ({ status: 503, pieces: ['{}'] }));
  await start();
  const response = await gateway.chat();
  assert.equal(response.status, 503);
  assert.equal((await errorOf(response)).code, 'model_not_ready');
  assert.ok(Number(response.headers.get('retry-after')) > 0);
  assert.equal(await outcomeCode(), 'engine_refused');
});
