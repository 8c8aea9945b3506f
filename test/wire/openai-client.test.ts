import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { personalTexts } from './calls-personal.ts';
import type { ClientCall } from './client-call.ts';
import { CLIENT_CALLS } from './client-calls.ts';
import { type GatewayTarget, startGatewayTarget } from './gateway-target.ts';
import { type EngineCall, type ScriptedEngine, startScriptedEngine } from './scripted-engine.ts';

let engine: ScriptedEngine;
let gateway: GatewayTarget;

before(async () => {
  engine = await startScriptedEngine();
  gateway = await startGatewayTarget(engine.url);
});
after(async () => {
  await gateway.stop();
  await engine.stop();
});

test('the list holds at least 60 calls, each of its own name', () => {
  assert.ok(CLIENT_CALLS.length >= 60);
  assert.equal(new Set(CLIENT_CALLS.map(({ name }) => name)).size, CLIENT_CALLS.length);
});

for (const call of CLIENT_CALLS) {
  test(`${call.name}: the client sees the same directly and through the gateway`, async () => {
    const direct = await perform(call, { baseURL: `${engine.url}/v1`, apiKey: 'engine-bearer' });
    const through = await perform(call, { baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
    if (call.refused !== undefined) {
      const { message: _, ...outcome } = through.outcome as Record<string, unknown>;
      assert.deepEqual(outcome, { error: 'BadRequestError', status: 400, ...call.refused });
      assert.equal(through.calls.length, 0, 'the engine was called');
      return;
    }
    assert.deepEqual(comparable(through.outcome), comparable(call.through?.outcome ?? direct.outcome));
    if (call.personal === true) {
      const upstream = through.calls.map(({ text }) => text).join('\n');
      assert.match(upstream, /<EMAIL_\d+[a-z]{2}/);
      for (const text of personalTexts) assert.ok(!upstream.includes(text), 'the engine saw a personal value');
    } else if (call.through === undefined) {
      const expected = direct.calls.map(sent).sort();
      assert.deepEqual(through.calls.map(sent).sort(), expected.slice(0, through.calls.length));
    }
  });
}

async function perform(call: ClientCall, options: { baseURL: string; apiKey: string }) {
  engine.answer(call.engine);
  engine.calls.length = 0;
  const client = new OpenAI({ ...options, maxRetries: 0 });
  const outcome = await call.run(client, engine.calls).catch(errorOf);
  return { outcome: structuredClone(JSON.parse(JSON.stringify(outcome))) as unknown, calls: [...engine.calls] };
}

function errorOf(error: unknown): object {
  if (!(error instanceof Error)) throw error;
  const { name, status, param, code } = error as Error & Partial<Record<'status' | 'param' | 'code', unknown>>;
  if (status === undefined && !('param' in error)) return { error: error.constructor.name, name };
  // The words of a refused request are the engine's own, and they may quote the text: they must come back restored.
  return { error: error.constructor.name, status, code, param, ...(status === 400 ? { message: error.message } : {}) };
}

/** Codes are ours where the engine has numbers of its own: what a client branches on is class, status and `param`. */
function comparable(outcome: unknown): unknown {
  if (typeof outcome !== 'object' || outcome === null || !('error' in outcome)) return outcome;
  const { code: _, ...rest } = outcome as Record<string, unknown>;
  return { ...rest, param: rest['param'] ?? null };
}

/** What the engine was sent; usage is always asked for by the gateway, for the record. */
function sent({ method, path, body }: EngineCall): string {
  const { stream_options: _, ...rest } = body;
  return JSON.stringify({ method, path, body: rest });
}
