// The whole circle with a real engine: a request wakes a model that sleeps, waits for its first replica and is answered;
// when no more come, the replica ends; and the next one wakes it again. Gateway, catalog, controller and llama.cpp.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import { MemoryAuditLog } from '../../control-plane/audit/memory-audit-log.ts';
import { ApiKeys, makeApiKey } from '../../control-plane/gateway/api-keys.ts';
import { Catalog } from '../../control-plane/gateway/catalog.ts';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { startGateway } from '../../control-plane/gateway/gateway.ts';
import { startLoadReports } from '../../control-plane/gateway/load-reports.ts';
import { createRateLimit } from '../../control-plane/gateway/rate-limit.ts';
import { scalingSchema } from '../../operator/api/v1alpha1/scaling.ts';
import { createDemandBoard } from '../../operator/controller/demand-board.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { eventually, isAlive, openStage, type Stage } from '../runtime/stage.ts';

async function openGateway(stage: Stage, board: ReturnType<typeof createDemandBoard>) {
  const pepper = randomBytes(32);
  const key = makeApiKey(pepper);
  const stored = { id: 'k', name: 'k', tenant: 'default', dataClass: 'internal', ...key } as const;
  const keys = new ApiKeys({
    source: { list: async () => [stored], onChange: () => undefined },
    pepper,
    onError: () => undefined,
  });
  await keys.start();
  const onError = () => undefined;
  const catalog = new Catalog({
    watchModels: (onSnapshot, signal) => watchAll(stage.store, 'Model', onSnapshot, { signal, onError }),
    watchPolicies: (onSnapshot, signal) => watchAll(stage.store, 'PrivacyPolicy', onSnapshot, { signal, onError }),
    watchTenants: (onSnapshot, signal) => watchAll(stage.store, 'Tenant', onSnapshot, { signal, onError }),
  });
  await catalog.start();
  const audit = new MemoryAuditLog();
  const connections = new EngineConnections(stage.bearer);
  const gateway = await startGateway({
    ...{ host: '127.0.0.1', port: 0, keys, catalog, audit, connections, surrogateKey: randomBytes(32) },
    admission: { rateLimit: createRateLimit(100_000), maxBodyBytes: 65_536, now: () => performance.now() },
    budgets: { queueMs: 60_000, firstByteMs: 60_000, betweenBytesMs: 60_000 },
    log: pino({ level: 'silent' }),
    ready: () => true,
  });
  const reports = startLoadReports({
    catalog,
    send: async (load) => board.report('g', load),
    onError: (error) => assert.fail(String(error)),
  });
  return {
    audit,
    complete: () =>
      fetch(`${gateway.address}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key.text}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'a', prompt: 'a', max_tokens: 4 }),
      }),
    async [Symbol.asyncDispose]() {
      await reports.stop();
      await gateway.stop(0);
      await connections.stop();
      catalog.stop();
      keys.stop();
    },
  };
}

test('a request wakes a model that sleeps, idle time lets it sleep again, and every decision has its reason', async () => {
  const board = createDemandBoard(() => performance.now());
  await using stage = await openStage({ engines: [chooseEngine({})], demand: board, resyncMs: 500 });
  copyFileSync(ggufFixture({ shape: 'llama' }), join(stage.models, 'a.gguf'));
  const scaling = scalingSchema.parse({ max: 1, idleSeconds: 3 });
  await stage.store.apply({
    ...{ apiVersion: 'intramuros.dev/v1alpha1', kind: 'Model', metadata: { name: 'a' } },
    spec: { source: { uri: 'file://a.gguf' }, scaling },
  });
  await using gateway = await openGateway(stage, board);
  await stage.until('a', 'Ready', 'False', { reason: 'ScaledToZero', withinMs: 30_000 });
  assert.deepEqual(stage.operator.runtime.processes('default/a'), []);

  for (const round of [1, 2]) {
    const answers = await Promise.all(Array.from({ length: 12 }, () => gateway.complete()));
    for (const answer of answers) assert.equal(answer.status, 200, await answer.text());
    assert.equal(gateway.audit.records.filter(({ kind }) => kind === 'intent').length, 12 * round);
    const [pid = 0] = stage.operator.runtime.processes('default/a');
    assert.ok(isAlive(pid));
    await stage.until('a', 'Ready', 'False', { reason: 'ScaledToZero', withinMs: 60_000 });
    await eventually(
      () => (isAlive(pid) ? undefined : true),
      20_000,
      () => 'the engine still runs',
    );
  }
  const decisions = (await stage.model('a')).status?.scaling?.decisions ?? [];
  assert.deepEqual(
    decisions.map(({ from, to, reason }) => `${from} -> ${to} ${reason}`),
    ['1 -> 0 Idle', '0 -> 1 Requests', '1 -> 0 Idle', '0 -> 1 Requests'],
  );
  assert.ok(decisions.every(({ message }) => message.length > 10));
});
