// A model without a replica: requests wait for it, none is lost, no more than may, in turns, and nothing that a request
// goes through is left out because it waited.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { PrivacyPolicy } from '../../operator/api/v1alpha1/privacy-policy.ts';
import {
  blocking,
  DONE,
  errorOf,
  event,
  type GatewayUnderTest,
  SSE,
  startGatewayUnderTest,
  type TestOptions,
  until,
  whole,
} from '../gateway/gateway-under-test.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const REQUESTS = LONG ? 1000 : 100;

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;

const scaling = (maxQueued: number, maxWaitSeconds = 60) => ({
  ...{ min: 0, max: 1, target: 4, idleSeconds: 60 },
  coldStart: { maxQueued, maxWaitSeconds },
});

async function open(options: TestOptions): Promise<void> {
  gateway = await startGatewayUnderTest(options);
}

beforeEach(async () => {
  engine = await startScriptedEngine();
});
afterEach(async () => {
  await gateway.end();
  await engine.stop();
});

async function waitingIs(count: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (gateway.waiting() !== count) {
    assert.ok(performance.now() < deadline, `${gateway.waiting()} wait, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test(`of ${REQUESTS} requests to a model without a replica, none is lost, and each has its records`, async () => {
  await open({ scaling: scaling(REQUESTS) });
  engine.answer(() => ({ pieces: [whole('done')] }));
  const asked = Array.from({ length: REQUESTS }, () => gateway.chat());
  await waitingIs(REQUESTS);
  assert.equal(gateway.records('intent').length, 0, 'nothing was sent, so nothing is meant to be');
  gateway.setModel({ engines: [engine.url] });
  const answers = await Promise.all(asked);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(engine.calls.length, REQUESTS);
  const receipts = new Set(gateway.records('intent').map(({ receipt }) => receipt));
  assert.equal(receipts.size, REQUESTS);
  assert.ok(answers.every(({ headers }) => receipts.has(headers.get('x-intramuros-receipt') ?? '')));
  assert.equal(gateway.busy() + gateway.waiting(), 0);
});

test('one more than may wait is told so at once, with Retry-After, and on the record', async () => {
  await open({ scaling: scaling(3) });
  const asked = Array.from({ length: 3 }, () => gateway.chat());
  await waitingIs(3);
  const refused = await gateway.chat();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '5');
  assert.equal((await errorOf(refused)).code, 'queue_full');
  assert.equal(gateway.records('refusal')[0]?.receipt, refused.headers.get('x-intramuros-receipt'));
  engine.answer(() => ({ pieces: [whole('done')] }));
  gateway.setModel({ engines: [engine.url] });
  for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200);
});

test('no replica in time is 503 with Retry-After and the reason of the model', async () => {
  await open({ scaling: scaling(3, 1) });
  const answer = await gateway.chat();
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('retry-after'), '5');
  assert.equal((await errorOf(answer)).code, 'model_not_ready');
});

test('who streams hears comments while it waits, and the receipt it was told is that of its record', async () => {
  await open({ scaling: scaling(10), limits: { heartbeatMs: 20 } });
  engine.answer(() => ({ headers: SSE, pieces: [event('one'), DONE] }));
  const answer = await gateway.chat({ stream: true });
  assert.equal(answer.status, 200);
  const told = answer.headers.get('x-intramuros-receipt');
  assert.equal(gateway.records('intent').length, 0);
  gateway.setModel({ engines: [engine.url] });
  const text = await answer.text();
  assert.match(text, /^(: waiting for a place\n\n)+data: .*"one".*\n\ndata: \[DONE\]\n\n$/);
  assert.deepEqual(
    gateway.records('intent').map(({ receipt }) => receipt),
    [told],
  );
});

test('after the comments an error is an event, without [DONE]; its record bears the receipt that was told', async () => {
  await open({ scaling: scaling(10, 1), limits: { heartbeatMs: 20 } });
  const answer = await gateway.chat({ stream: true });
  const text = await answer.text();
  assert.match(text, /\n\ndata: \{"error":\{.*"code":"model_not_ready".*\}\}\n\n$/);
  assert.doesNotMatch(text, /DONE/);
  const [refusal] = gateway.records('refusal');
  assert.equal(refusal?.receipt, answer.headers.get('x-intramuros-receipt'));
});

test('an engine that refuses after the comments ends the stream with an event, and the outcome says so', async () => {
  await open({ scaling: scaling(10), limits: { heartbeatMs: 20 } });
  engine.answer(() => ({ status: 503, pieces: ['{}'] }));
  const answer = await gateway.chat({ stream: true });
  gateway.setModel({ engines: [engine.url] });
  assert.match(await answer.text(), /"code":"model_not_ready"/);
  await until(() => gateway.outcomes().length === 1, 'the outcome');
  assert.deepEqual(gateway.outcomes(), ['engine_refused']);
  assert.equal(gateway.records('intent')[0]?.receipt, answer.headers.get('x-intramuros-receipt'));
  assert.equal(gateway.busy(), 0);
});

test('a log that refuses after the comments is an event too, and nothing goes upstream', async () => {
  await open({ scaling: scaling(10), limits: { heartbeatMs: 20 } });
  const answer = await gateway.chat({ stream: true });
  gateway.audit.isClosed = true;
  gateway.setModel({ engines: [engine.url] });
  const text = await answer.text();
  assert.match(text, /: x-intramuros-receipt imr_\S+\n\ndata: \{"error":.*"code":"audit_unavailable"/);
  assert.equal(engine.calls.length, 0);
  gateway.audit.open();
  const told = /x-intramuros-receipt (imr_\S+)/.exec(text)?.[1];
  assert.equal(gateway.records('refusal')[0]?.receipt, told, 'the intent may still appear under the other one');
});

test('who leaves while it waits frees its place within a second, and is on the record', async () => {
  await open({ scaling: scaling(1), limits: { heartbeatMs: 20 } });
  for (const stream of [false, true]) {
    const leave = new AbortController();
    const asked = gateway.chat({ stream }, { signal: leave.signal }).then((answer) => answer.text());
    asked.catch(() => undefined);
    await waitingIs(1);
    await new Promise((resolve) => setTimeout(resolve, stream ? 100 : 0));
    const leftAtMs = performance.now();
    leave.abort();
    await waitingIs(0);
    assert.ok(performance.now() - leftAtMs < 1000);
  }
  await until(() => gateway.records('refusal').length === 2, 'the records');
  const codes = gateway.records('refusal').map(({ outcome }) => (outcome as { code: string }).code);
  assert.deepEqual(codes, ['client_left', 'client_left']);
});

test('a policy that changed meanwhile holds for those who waited', async () => {
  await open({ scaling: scaling(10), policy: 'p', policies: [{ ...blocking('p'), spec: { ...ALLOWING } }] });
  engine.answer(() => ({ pieces: [whole('done')] }));
  const address = `a${Math.random().toString(36).slice(2, 8)}@example.org`;
  const asked = gateway.chat({ messages: [{ role: 'user', content: `write to ${address}` }] });
  await waitingIs(1);
  gateway.setPolicies([{ ...blocking('p'), spec: { ...ALLOWING, default: 'mask' } }]);
  gateway.setModel({ engines: [engine.url] });
  assert.equal((await asked).status, 200);
  assert.equal(engine.calls.length, 1);
  assert.ok(!engine.calls[0]?.text.includes(address), 'the engine saw what the new policy hides');
});

const ALLOWING: PrivacyPolicy['spec'] = { default: 'allow', keep: [], minScore: 0.5 };

test('a model that is deleted, or whose weights turn out unusable, keeps nobody waiting for it', async () => {
  await open({ scaling: scaling(10) });
  const asked = gateway.chat();
  await waitingIs(1);
  gateway.dropModels();
  assert.equal((await asked).status, 404);
});

test('a request that may not go is refused before it waits', async () => {
  await open({ scaling: scaling(10), policy: 'p', policies: [blocking('p')] });
  const answer = await gateway.chat({ messages: [{ role: 'user', content: 'write to a.b@example.org' }] });
  assert.equal((await errorOf(answer)).code, 'content_blocked');
});
