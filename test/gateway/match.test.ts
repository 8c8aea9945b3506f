// What the product's own match says of the texts of a request: those that its help names, and no others.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { type LoggedRecord, matchText } from '../../control-plane/admin/records/records.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import {
  CHAT,
  DONE,
  event,
  type GatewayUnderTest,
  SSE,
  startGatewayUnderTest,
  until,
  whole,
} from './gateway-under-test.ts';

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
const answerText = `Vu, ${randomBytes(8).toString('hex')}.`;

beforeEach(async () => {
  engine = await startScriptedEngine();
  gateway = await startGatewayUnderTest({ engines: [engine.url] });
});
afterEach(async () => {
  await gateway.end();
  await engine.stop();
});

/** Where the record of an answer speaks of a text. */
async function matcherOf(response: Response): Promise<(text: string) => string | undefined> {
  const receipt = response.headers.get('x-intramuros-receipt');
  await until(() => gateway.records('outcome').length > 0, 'the outcome');
  const record = gateway.records('intent').find((intent) => intent.receipt === receipt) as LoggedRecord;
  const outcome = gateway.records('outcome').find(({ intent }) => intent === receipt) as LoggedRecord;
  return (text) => matchText({ record, outcome }, text, gateway.audit).at;
}

function bytesRecorded(): number | undefined {
  const [outcome] = gateway.records('outcome');
  return (outcome?.['response'] as { bytes: number } | undefined)?.bytes;
}

test('a whole answer is matched by its body as it was sent, by its text, and by nothing near', async () => {
  engine.answer(() => ({ pieces: [whole(answerText)] }));
  const content = `a message ${randomBytes(12).toString('hex')}`;
  const messages = [{ role: 'user', content }];
  const response = await gateway.chat({ messages });
  const body = await response.text();
  const at = await matcherOf(response);
  assert.equal(at(body), 'response.digest');
  assert.equal(at(`${body}\n`), 'response.digest', 'an editor ends a file with a line break');
  assert.equal(at(answerText), 'response.texts[0]');
  assert.equal(at(content), 'request.texts[0]');
  assert.equal(at(JSON.stringify({ ...CHAT, messages })), 'request.digest');
  assert.equal(at(JSON.stringify(JSON.parse(body), null, 2)), undefined, 'the same JSON in other bytes');
  assert.equal(at(body.replace('Vu', 'vu')), undefined);
});

test('an answer of embeddings, which has no text, is matched by its body', async () => {
  const data = [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }];
  engine.answer(() => ({ pieces: [JSON.stringify({ object: 'list', model: 'm', data })] }));
  const response = await gateway.send('/v1/embeddings', {
    method: 'POST',
    body: JSON.stringify({ model: 'm', input: 'x' }),
  });
  const body = await response.text();
  assert.equal((await matcherOf(response))(body), 'response.digest');
});

test('a streamed answer is matched by its text; its record has no digest of a body', async () => {
  engine.answer(() => ({ headers: SSE, pieces: [event(answerText.slice(0, 5)), event(answerText.slice(5)), DONE] }));
  const response = await gateway.chat({ stream: true });
  const body = await response.text();
  const at = await matcherOf(response);
  assert.equal(at(answerText), 'response.texts[0]');
  assert.equal(at(body), undefined);
  assert.doesNotMatch(JSON.stringify(gateway.records('outcome')), /"digest"/);
});

test('the error of an engine is matched by its body and its message, in the record of the attempt that gave it', async () => {
  const message = `The grammar ${randomBytes(8).toString('hex')} does not parse.`;
  engine.answer(() => ({ status: 400, pieces: [JSON.stringify({ error: { message } })] }));
  const response = await gateway.chat();
  assert.equal(response.status, 400);
  const body = await response.text();
  const at = await matcherOf(response);
  assert.equal(at(body), 'response.digest');
  assert.equal(at(message), 'response.texts[0]');
  assert.equal(bytesRecorded(), Buffer.byteLength(body));
});

test('of several attempts only the last, which the client was told of, has the digest of the error', async () => {
  gateway.setModel({ engines: ['http://127.0.0.1:9'] });
  const response = await gateway.chat();
  assert.equal(response.status, 502);
  const body = await response.text();
  const at = await matcherOf(response);
  assert.equal(at(body), 'response.digest');
  const digests = gateway.records('outcome').map(({ response: told }) => (told as { digest?: string }).digest);
  assert.deepEqual(
    digests.map((digest) => digest !== undefined),
    [false, false, true],
  );
});

test('an error inside a stream is matched by its message, behind the text that came before it', async () => {
  engine.answer(() => ({ headers: SSE, pieces: [event(answerText)], ending: 'cut' }));
  const response = await gateway.chat({ stream: true });
  const body = await response.text();
  const { error } = JSON.parse(body.trim().split('data: ').at(-1) ?? '') as { error: { message: string } };
  const at = await matcherOf(response);
  assert.equal(at(answerText), 'response.texts[0]');
  assert.equal(at(error.message), 'response.texts[1]');
  assert.equal(bytesRecorded(), Buffer.byteLength(body));
});
