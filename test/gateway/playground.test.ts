// What did the model see? A question through the whole pipe, and its four texts: those on the wire, not those that we
// believe. The record names the person, and holds nothing of the question.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { askModel, type PlaygroundProgress, type Question } from '../../control-plane/gateway/playground.ts';
import type { PrivacyPolicySpec } from '../../operator/api/v1alpha1/privacy-policy.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { DONE, event, type GatewayUnderTest, SSE, startGatewayUnderTest, until } from './gateway-under-test.ts';

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
let connections: EngineConnections;
const surrogateKey = randomBytes(32);
const mail = `c${randomBytes(6).toString('hex')}@example.org`;

beforeEach(async () => {
  engine = await startScriptedEngine();
  gateway = await startGatewayUnderTest({ engines: [engine.url] });
  connections = new EngineConnections(randomBytes(8).toString('hex'));
});
afterEach(async () => {
  await gateway.end();
  await connections.stop();
  await engine.stop();
});

function ask(change: Partial<Question> = {}, progress?: PlaygroundProgress) {
  const question: Question = {
    person: { kind: 'account', id: 'claire' },
    tenant: 'default',
    dataClass: 'internal',
    model: 'm',
    text: `Écrire à ${mail} demain.`,
    ...change,
  };
  const budgets = { queueMs: 2000, firstByteMs: 2000, betweenBytesMs: 2000 };
  const parts = { catalog: gateway.catalog, surrogateKey, audit: gateway.audit, connections, budgets };
  return askModel(question, parts, AbortSignal.timeout(10_000), progress);
}

test('the four texts are those of the wire, and each finding is explained', async () => {
  const seen: string[] = [];
  engine.answer(({ body }) => {
    const content = JSON.parse(JSON.stringify(body.messages[0]?.content)) as string;
    seen.push(content);
    const message = { role: 'assistant', content: `J'écris: ${content}` };
    const headers = { 'content-type': 'application/json' };
    return { headers, pieces: [JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] })] };
  });
  const answer = await ask();
  assert.equal(answer.saw, seen[0], 'what it saw is what the engine got');
  assert.ok(!answer.saw?.includes(mail));
  assert.equal(answer.answered, `J'écris: ${answer.saw}`);
  assert.equal(answer.got, `J'écris: Écrire à ${mail} demain.`);
  const [span] = answer.spans;
  assert.deepEqual([span?.type, span?.action, span?.rule], ['EMAIL', 'pseudonymise', 'internal']);
  const [restored] = answer.restored;
  assert.equal(answer.got?.slice(restored?.got.start, restored?.got.end), mail);
  const [intent] = gateway.records('intent');
  assert.equal(intent?.receipt, answer.receipt);
  assert.deepEqual(intent?.actor, { kind: 'account', id: 'claire' });
  await until(() => gateway.records('outcome').length === 1, 'the outcome');
  assert.deepEqual(gateway.records('outcome')[0]?.actor, { kind: 'account', id: 'claire' });
  assert.ok(!JSON.stringify(gateway.audit.records).includes(mail), 'nothing of it is recorded');
});

test('what a policy blocks reaches no engine, and says which finding did it', async () => {
  const policy: PrivacyPolicySpec = { default: 'block', keep: [], minScore: 0.5 };
  gateway.setPolicies([
    { apiVersion: 'intramuros.dev/v1alpha1', kind: 'PrivacyPolicy', metadata: { name: 'strict' }, spec: policy },
  ]);
  gateway.setModel({ policy: 'strict' });
  const answer = await ask();
  assert.equal(answer.refusal?.code, 'content_blocked');
  assert.equal(answer.saw, undefined);
  assert.deepEqual([answer.spans[0]?.action, answer.spans[0]?.rule], ['block', 'strict']);
  await until(() => gateway.records('refusal').length === 1, 'the refusal');
  assert.equal(gateway.records('refusal')[0]?.receipt, answer.receipt);
  assert.deepEqual(gateway.records('refusal')[0]?.actor, { kind: 'account', id: 'claire' });
});

test('a model of another tenant is not found', async () => {
  await assert.rejects(ask({ tenant: 'other' }), { code: 'model_not_found' });
  assert.equal(gateway.audit.records.length, 0);
});

/** What was told on the way, in order. */
function hearing() {
  const sights: Parameters<PlaygroundProgress['sent']>[0][] = [];
  let [answered, got] = ['', ''];
  const progress: PlaygroundProgress = {
    sent: (sight) => void sights.push(sight),
    came: (piece) => {
      answered += piece.answered;
      got += piece.got;
    },
  };
  return { progress, sights, heard: () => ({ answered, got }) };
}

test('an answer that is streamed is told as it comes, and its pieces are the whole', async () => {
  engine.answer(({ body }) => {
    const content = `J'écris: ${body.messages[0]?.content as string}`;
    // Cut anywhere, also within a surrogate.
    const pieces = Array.from(content, (character) => event(character));
    return { headers: SSE, pieces: [...pieces, DONE] };
  });
  const { progress, sights, heard } = hearing();
  const answer = await ask({}, progress);
  assert.equal(engine.calls[0]?.body.stream, true);
  assert.equal(sights[0]?.saw, engine.calls[0]?.body.messages[0]?.content);
  assert.deepEqual(Object.keys(sights[0] ?? {}).toSorted(), ['policy', 'policyHash', 'saw', 'spans']);
  assert.equal(answer.got, `J'écris: Écrire à ${mail} demain.`);
  assert.equal(answer.answered, `J'écris: ${answer.saw}`);
  assert.deepEqual(heard(), { answered: answer.answered, got: answer.got });
  assert.equal(answer.restored.length, 1);
  assert.equal(answer.receipt, gateway.records('intent')[0]?.receipt);
});

test('an engine that breaks off in the middle leaves what came, and says why there is no more', async () => {
  engine.answer(() => ({ headers: SSE, pieces: [event('half an '), event('answer')], ending: 'cut' }));
  const { progress } = hearing();
  const answer = await ask({}, progress);
  assert.equal(answer.refusal?.code, 'engine_failed');
  assert.ok('half an answer'.startsWith(answer.got ?? ''));
});

test('who must wait is told for how long', async () => {
  gateway.setModel({ engines: [] });
  const answer = await ask({}, hearing().progress);
  assert.equal(answer.refusal?.code, 'model_not_ready');
  assert.ok((answer.refusal?.retryAfterS ?? 0) > 0);
  assert.equal(answer.saw, undefined, 'no model saw it');
});

test('a model that is asleep is woken by a question, which waits for it', async () => {
  const scaling = { min: 0, max: 1, target: 4, idleSeconds: 60, coldStart: { maxQueued: 4, maxWaitSeconds: 10 } };
  gateway.setModel({ engines: [], scaling: { ...scaling, schedules: [] } });
  engine.answer(() => ({ headers: SSE, pieces: [event('awake'), DONE] }));
  const asked = ask({}, hearing().progress);
  await until(() => gateway.waiting() === 1, 'the question waits');
  gateway.setModel({ engines: [engine.url], scaling: { ...scaling, schedules: [] } });
  assert.equal((await asked).got, 'awake');
});
