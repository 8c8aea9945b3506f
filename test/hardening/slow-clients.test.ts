// Clients that take their time: with their head, their body, or the answer. Each is cut off with a defined answer after
// a bounded time, holds nothing after it, and others are served meanwhile.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAdmin } from '../admin/admin-harness.ts';
import {
  DONE,
  event,
  type GatewayUnderTest,
  SSE,
  startGatewayUnderTest,
  type TestOptions,
  whole,
} from '../gateway/gateway-under-test.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { codeIn, exchange, open } from './raw-client.ts';

const WAIT_MS = 10_000;
let engine: ScriptedEngine;
let gateway: GatewayUnderTest;

async function start(options: TestOptions = {}): Promise<void> {
  gateway = await startGatewayUnderTest({ engines: [engine.url], ...options });
}

async function eventually(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!holds()) {
    if (performance.now() > deadline) assert.fail(`not in time: ${what}`);
    await sleep(20);
  }
}

beforeEach(async () => {
  engine = await startScriptedEngine();
  engine.answer(() => ({ pieces: [whole('ok')] }));
});
afterEach(async () => {
  await gateway.end();
  await engine.stop();
});

/** A header now and then, for as long as the other side listens. */
function drips(line: string): (string | number)[] {
  return Array.from({ length: 200 }, () => [line, 50]).flat();
}

test('fifty clients that never finish their head get 408 and are cut off; others are served meanwhile', async () => {
  await start({ limits: { headersMs: 400 } });
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n';
  const slow = Array.from({ length: 50 }, () => exchange(gateway.address, [head, ...drips('X-A: b\r\n')]));
  for (let round = 0; round < 5; round += 1) assert.equal((await gateway.chat()).status, 200);
  for (const reply of await Promise.all(slow)) {
    assert.ok(reply.closed);
    assert.ok(reply.tookMs < WAIT_MS);
    assert.deepEqual(reply.statuses, [408]);
    assert.equal(codeIn(reply), 'request_timeout');
  }
  assert.equal(gateway.records('refusal').length, 1, 'a flood shares a record');
});

test('a head that does not even begin is cut off too', async () => {
  await start({ limits: { headersMs: 300 } });
  const reply = await exchange(gateway.address, []);
  assert.ok(reply.closed);
});

test('a body that drips in gets 408, its bytes are held no longer, and no engine sees it', async () => {
  await start({ limits: { bodyMs: 400 } });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.key}\r\n`;
  for (const [start, drip] of [
    ['Content-Length: 60000\r\n\r\n', ' '],
    ['Transfer-Encoding: chunked\r\n\r\n', '1\r\n \r\n'],
  ] as const) {
    const reply = await exchange(gateway.address, [head + start, ...drips(drip)], { answers: 1 });
    assert.deepEqual(reply.statuses, [408]);
    assert.equal(codeIn(reply), 'request_timeout');
  }
  assert.equal(engine.calls.length, 0);
  assert.equal(gateway.records('refusal').length, 2);
});

test('a body without a key is refused before it has come', async () => {
  await start();
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\n';
  const reply = await exchange(gateway.address, [head, ...drips(' ')], { answers: 1 });
  assert.deepEqual(reply.statuses, [401]);
});

test('a body without end is 413, and its sender is cut off within seconds', async () => {
  await start();
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.key}\r\n`;
  const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
  const endless = Array.from({ length: 2000 }, () => [chunk, 10]).flat();
  const reply = await exchange(gateway.address, [`${head}Transfer-Encoding: chunked\r\n\r\n`, ...endless]);
  assert.deepEqual(reply.statuses, [413]);
  assert.equal(codeIn(reply), 'body_too_large');
  assert.ok(reply.closed);
});

test('who takes nothing of a stream is left after the stall time: the engine stops, the place is free', async () => {
  const piece = event('x'.repeat(60_000));
  engine.answer(() => ({ headers: SSE, pieces: [...Array.from({ length: 400 }, () => piece), DONE] }));
  await start({ limits: { stalledMs: 400 } });
  const socket = await open(gateway.address);
  socket.pause();
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await eventually(() => gateway.records('outcome').length === 1, 'an outcome');
  assert.equal(gateway.outcomes()[0], 'client_left');
  assert.equal(gateway.busy(), 0);
  await engine.calls[0]?.over;
  assert.ok(engine.calls[0]?.leftAfterMs !== undefined, 'the engine was left');
  socket.destroy();
});

test('who takes nothing of a whole answer is left after the stall time', async () => {
  engine.answer(() => ({ pieces: [whole('x'.repeat(20_000_000))] }));
  await start({ limits: { stalledMs: 400 } });
  const socket = await open(gateway.address);
  socket.pause();
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await eventually(() => gateway.records('outcome').length === 1, 'an outcome');
  await sleep(1200);
  // What lay in the buffers of the system still comes; the rest does not.
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.resume();
  await eventually(() => socket.destroyed, 'the end of the connection');
  assert.ok(bytes < 20_000_000, `${bytes} bytes`);
});

test('who reads slowly but reads gets all of it', async () => {
  const pieces = Array.from({ length: 100 }, (_, at) => event(`${at};${'x'.repeat(50_000)}`));
  engine.answer(() => ({ headers: SSE, pieces: [...pieces, DONE] }));
  await start({ limits: { stalledMs: 1500 } });
  const socket = await open(gateway.address);
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    socket.pause();
    setTimeout(() => socket.resume(), 5);
  });
  await eventually(() => text.includes('[DONE]'), 'the end of the stream');
  assert.match(text, /99;xxx/);
  socket.destroy();
});

test('one key cannot make the gateway hold bodies without bound: 503 with Retry-After, free again once one is over', async () => {
  engine.answer(() => ({ pieces: [], ending: 'hang' }));
  await start({ maxBodyBytes: 300_000, limits: { heldBodyBytes: 600_000 } });
  const messages = [{ role: 'user', content: 'x'.repeat(200_000) }];
  const leave = new AbortController();
  const first = gateway.chat({ messages }, { signal: leave.signal }).catch(() => undefined);
  await eventually(() => engine.calls.length === 1, 'the first call');
  const second = await gateway.chat({ messages });
  assert.equal(second.status, 503);
  assert.equal(((await second.json()) as { error: { code: string } }).error.code, 'overloaded');
  assert.ok(Number(second.headers.get('retry-after')) >= 1);
  engine.answer(() => ({ pieces: [whole('ok')] }));
  const foreign = await gateway.send(
    '/v1/chat/completions',
    { method: 'POST', body: JSON.stringify({ model: 'm', messages }) },
    gateway.foreignKey,
  );
  assert.notEqual(foreign.status, 503, 'another key has its own half');
  leave.abort();
  await first;
  await eventually(() => gateway.busy() === 0, 'the place');
  assert.equal((await gateway.chat({ messages })).status, 200);
});

test('beyond its connections the gateway takes no more, and serves those that it has', async () => {
  await start({ limits: { connections: 20 } });
  const idle = await Promise.all(Array.from({ length: 19 }, () => open(gateway.address)));
  const mine = [
    'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    500,
    'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
  ];
  const served = exchange(gateway.address, mine, { answers: 2 });
  await sleep(200);
  const refused = await exchange(gateway.address, ['GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n']);
  assert.deepEqual(refused.statuses, []);
  assert.ok(refused.closed);
  assert.deepEqual((await served).statuses, [200, 200]);
  for (const socket of idle) socket.destroy();
  await eventually(() => idle.every(({ destroyed }) => destroyed), 'their end');
  await sleep(100);
  assert.equal((await gateway.chat()).status, 200);
});

test('the admin listener cuts off slow heads and slow bodies', async () => {
  await start();
  const admin = await runAdmin({}, { headersTimeoutMs: 400, requestTimeoutMs: 800 });
  try {
    const head = `POST /api/v1/keys HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`;
    const own = `Authorization: Bearer ${admin.dependencies.localToken.text}\r\nContent-Length: 5000\r\n\r\n`;
    const slow = [
      exchange(admin.address, [head, ...drips('X-A: b\r\n')]),
      exchange(admin.address, [head + own, ...drips(' ')]),
    ];
    assert.equal((await fetch(`${admin.address}/livez`)).status, 200);
    for (const reply of await Promise.all(slow)) {
      assert.ok(reply.closed);
      assert.deepEqual(reply.statuses, [408]);
      assert.equal(codeIn(reply), 'request_timeout');
    }
  } finally {
    await admin.stop();
  }
});
