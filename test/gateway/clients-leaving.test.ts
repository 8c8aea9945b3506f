// A client that leaves ends the engine's work within 100 ms and frees its place, wherever the request stands.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { DONE, event, type GatewayUnderTest, SSE, startGatewayUnderTest, until, whole } from './gateway-under-test.ts';

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  engine = await startScriptedEngine();
  gateway = await startGatewayUnderTest({ engines: [engine.url], slots: 1 });
});
afterEach(async () => {
  await gateway.end();
  await engine.stop();
});

async function leaveAndMeasure(stream: boolean): Promise<number> {
  engine.answer(() => ({ headers: SSE, pieces: stream ? [event('one')] : [' '], ending: 'hang' }));
  const leave = new AbortController();
  const asked = gateway.chat({ stream }, { signal: leave.signal });
  if (stream) {
    const reader = (await asked).body?.getReader();
    await reader?.read();
    reader?.closed.catch(() => undefined);
  }
  await until(() => engine.calls.length === 1, 'the call');
  const leftAtMs = performance.now();
  leave.abort();
  await asked.catch(() => undefined);
  await engine.calls[0]?.over;
  return performance.now() - leftAtMs;
}

for (const stream of [true, false]) {
  test(`a client that leaves a ${stream ? 'streamed' : 'whole'} answer ends the engine's work`, async () => {
    const tookMs = await leaveAndMeasure(stream);
    assert.ok(tookMs < 100, `took ${tookMs} ms`);
    await until(() => gateway.records('outcome').length === 1, 'the outcome');
    assert.deepEqual(gateway.outcomes(), ['client_left']);
    assert.equal(gateway.busy(), 0);
    engine.answer(() => ({ pieces: [whole('next')] }));
    assert.equal((await gateway.chat()).status, 200, 'its place is free again');
  });
}

test('a client that leaves the queue frees its turn, and the engine never hears of it', async () => {
  engine.answer(() => ({ headers: SSE, pieces: [event('one'), 400, DONE] }));
  const first = gateway.chat({ stream: true });
  await until(() => engine.calls.length === 1, 'the first call');
  const leave = new AbortController();
  const second = gateway.chat({}, { signal: leave.signal }).catch(() => undefined);
  await until(() => gateway.waiting() === 1, 'the second to wait');
  leave.abort();
  const leftAtMs = performance.now();
  await until(() => gateway.waiting() === 0, 'the second to be gone');
  assert.ok(performance.now() - leftAtMs < 100);
  await second;
  await (await first).text();
  await until(() => gateway.busy() === 0, 'the place');
  assert.equal(engine.calls.length, 1);
  assert.equal(gateway.records('intent').length, 1);
  await until(() => gateway.records('refusal').length === 1, 'the record of the one that left');
  assert.deepEqual(gateway.records('refusal')[0]?.['outcome'], { ok: false, code: 'client_left' });
});

test('a client that leaves inside its own body is no defect of ours', async () => {
  const { port } = new URL(gateway.address);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ncontent-length: 50\r\n\r\n{"mod`,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await until(() => gateway.logLines.some((line) => line.includes('"msg":"request"')), 'the request to end');
  assert.equal(gateway.logLines.filter((line) => line.includes('request failed')).length, 0);
  assert.equal(gateway.audit.records.length, 0);
});
