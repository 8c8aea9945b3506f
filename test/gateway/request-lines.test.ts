// The line that a request leaves on stderr: what is on it, and that nothing which a caller chose is.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { DONE, event, type GatewayUnderTest, SSE, startGatewayUnderTest, until, whole } from './gateway-under-test.ts';

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  engine = await startScriptedEngine();
  engine.answer(() => ({ pieces: [whole('ok')] }));
  gateway = await startGatewayUnderTest({ engines: [engine.url] });
});
afterEach(async () => {
  await gateway.end();
  await engine.stop();
});

const INFO = 30;

/** The lines of level info, once there are that many, without what is different each time. */
async function lines(count: number): Promise<Record<string, unknown>[]> {
  const parsed = () =>
    gateway.logLines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ level }) => level === INFO);
  await until(() => parsed().length >= count, `${count} lines`);
  assert.equal(parsed().length, count);
  return parsed().map(({ id, ms, ...line }) => {
    assert.match(String(id), /^[0-9a-f]{16}$/);
    assert.ok(Number.isInteger(ms) && Number(ms) >= 0);
    return Object.fromEntries(
      Object.entries(line).filter(([name]) => !['level', 'time', 'pid', 'hostname'].includes(name)),
    );
  });
}

const line = (more: object) => ({ msg: 'request', endpoint: 'chat.completions', ...more });
const TOKENS = { promptTokens: 3, completionTokens: 2 };

test('each answered request leaves one line, with the request id that its caller was given', async () => {
  const response = await gateway.chat();
  await response.text();
  assert.deepEqual(await lines(1), [line({ model: 'm', status: 200, code: 'answered', ...TOKENS })]);
  assert.ok(gateway.logLines.some((text) => text.includes(response.headers.get('x-request-id') ?? 'none')));
});

test('refusals, the list of models and unknown paths leave one too; probes leave none at info', async () => {
  await gateway.send('/livez');
  await gateway.send('/v1/models');
  await gateway.chat({ model: 'nowhere' });
  await gateway.send('/v1/files');
  engine.answer(() => ({ status: 500, pieces: ['{}'] }));
  await gateway.chat();
  assert.deepEqual(await lines(4), [
    line({ endpoint: 'models', status: 200, code: 'answered' }),
    line({ status: 404, code: 'model_not_found' }),
    line({ endpoint: 'unknown', status: 404, code: 'not_found' }),
    line({ model: 'm', status: 502, code: 'engine_failed' }),
  ]);
});

test('a stream that its caller leaves is told as such', async () => {
  engine.answer(() => ({ headers: SSE, pieces: [event('one')], ending: 'hang' }));
  const leaving = new AbortController();
  const response = await gateway.chat({ stream: true }, { signal: leaving.signal });
  leaving.abort();
  await response.text().catch(() => undefined);
  assert.deepEqual(await lines(1), [line({ model: 'm', status: 200, code: 'client_left' })]);
});

test('no text, name, path, field, header or key of a caller stands in any line', async () => {
  const canary = `kim${randomBytes(8).toString('hex')}`;
  const said = { messages: [{ role: 'user', content: `write to ${canary}@example.org` }] };
  engine.answer(() => ({ pieces: [whole(`as ${canary} said`)] }));
  await gateway.chat(said);
  engine.answer(() => ({ headers: SSE, pieces: [event(canary), DONE] }));
  await (await gateway.chat({ ...said, stream: true })).text();
  engine.answer(() => ({ status: 400, pieces: [JSON.stringify({ error: { message: canary, param: canary } })] }));
  await gateway.chat(said);
  await gateway.chat({ ...said, model: canary });
  await gateway.chat({ ...said, [canary]: 1 });
  await gateway.chat({}, { body: `{"${canary}` });
  await gateway.send(`/v1/${canary}?q=${canary}`, { method: 'POST', body: canary });
  await gateway.send(`/v1/models/${canary}`);
  await gateway.send('/v1/models', { headers: { 'x-request-id': canary, 'user-agent': canary } }, canary);
  await lines(9);
  const written = gateway.logLines.join('\n');
  assert.ok(!written.includes(canary.slice(0, 12)));
  assert.ok(!written.includes(gateway.key.slice(0, 11)), 'not even the public part of a key');
});
