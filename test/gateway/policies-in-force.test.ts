// A policy on every gateway: how soon a change holds, what the count says of it, and that who died is not counted. Two
// whole gateways on a real PostgreSQL, each with its own watch.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { viewOf } from '../../control-plane/admin/policies/effective-view.ts';
import { judgeForce, policyStatusReader } from '../../control-plane/admin/policies/policies-in-force.ts';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { formatResources } from '../../control-plane/cli/get.ts';
import { findTarget } from '../../control-plane/gateway/route.ts';
import { gatewayRows } from '../../control-plane/resources/gateway-rows.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import type { PolicyAction, PrivacyPolicy } from '../../operator/api/v1alpha1/privacy-policy.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { whole } from './gateway-under-test.ts';
import { type GatewayOnPostgres, GONE_MS, serveModel, startGatewayOnPostgres } from './gateways-on-postgres.ts';

let database: TemporaryDatabase;
let audit: DatabaseAuditLog;
let store: PostgresResourceStore;
let engine: ScriptedEngine;
let gateways: readonly GatewayOnPostgres[];
const mail = `c${randomBytes(6).toString('hex')}@example.org`;

before(async () => {
  database = await startTemporaryDatabase();
  audit = await openAuditLog({ database, secrets: memorySecrets(), producer: 'test' });
  await audit.start();
  store = new PostgresResourceStore({ database });
  store.start();
  engine = await startScriptedEngine();
  engine.answer(() => ({ headers: { 'content-type': 'application/json' }, pieces: [whole('ok')] }));
  await store.apply(policyOf('pseudonymise'));
  await serveModel(store, engine.url, 'health');
  const options = { database, audit, surrogateKey: randomBytes(32) };
  gateways = [await startGatewayOnPostgres(options), await startGatewayOnPostgres(options)];
});

after(async () => {
  for (const gateway of gateways) await gateway.stop();
  await engine.stop();
  store.stop();
  await audit.stop();
  await database.stop();
});

function policyOf(action: PolicyAction): PrivacyPolicy {
  return {
    ...{ apiVersion: 'intramuros.dev/v1alpha1', kind: 'PrivacyPolicy', metadata: { name: 'health' } },
    spec: { default: 'pseudonymise', entities: { EMAIL: action }, keep: [], minScore: 0.5 },
  };
}

async function force() {
  const policies = (await store.list('PrivacyPolicy')).items;
  const judged = judgeForce(policies, await gatewayRows(database).live(GONE_MS));
  const health = judged.policies.find(({ name }) => name === 'health');
  return { applied: health?.applied ?? -1, of: judged.gateways.length, hash: health?.hash, gateways: judged.gateways };
}

async function untilForce(applied: number, of: number): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    const now = await force();
    if (now.applied === applied && now.of === of) return performance.now() - startedAtMs;
    if (performance.now() - startedAtMs > 20_000) assert.fail(`applied ${now.applied}/${now.of}, not ${applied}/${of}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const sentLast = () => engine.calls.at(-1)?.body.messages[0]?.content as string;

test('a change holds on every gateway within two seconds, and "applied n/n" says so', async (t) => {
  await untilForce(2, 2);
  const times: number[] = [];
  for (const action of ['mask', 'pseudonymise', 'mask', 'allow', 'mask'] as const) {
    await store.apply(policyOf(action));
    times.push(await untilForce(2, 2));
    for (const gateway of gateways) {
      const { status, receipt } = await gateway.chat(`Write to ${mail}.`);
      assert.equal(status, 200);
      if (action === 'allow') assert.ok(sentLast().includes(mail));
      else assert.match(sentLast(), action === 'mask' ? /<EMAIL>/ : /<EMAIL_1/);
      const record = (await audit.records.find(receipt))?.record;
      assert.deepEqual(
        record?.['policy'],
        { name: 'health', hash: (await force()).hash },
        'the record bears that hash',
      );
    }
  }
  t.diagnostic(`applied 2/2 after ${times.map((ms) => Math.round(ms)).join(', ')} ms`);
  assert.ok(Math.max(...times) <= 2000, `${Math.max(...times)} ms`);
});

test('the status of a policy says on how many gateways it holds, as of the moment of asking', async () => {
  const read = policyStatusReader(() => gatewayRows(database).live(GONE_MS));
  const policy = await store.get('PrivacyPolicy', { name: 'health' });
  assert.ok(policy);
  const [shown] = await read([policy]);
  const { hash } = await force();
  assert.ok(shown?.kind === 'PrivacyPolicy');
  assert.deepEqual(shown.status, { observedGeneration: policy.metadata.generation, hash, applied: '2/2' });
  assert.match(formatResources('PrivacyPolicy', [shown], false), /APPLIED[^\n]*\n.*2\/2/);
});

test('what holds for a tenant and a model is composed by the gateway and bears the hash of its records', async () => {
  const [gateway] = gateways;
  assert.ok(gateway);
  const { policy } = findTarget({ tenant: 'default' }, 'm', gateway.catalog);
  const sources = policy.sources.flatMap((name) => gateway.catalog.policy(name) ?? []);
  const view = viewOf('default', 'm', { policy, sources });
  const record = (await audit.records.find((await gateway.chat('Hello there, all of you.')).receipt))?.record;
  assert.deepEqual(record?.['policy'], { name: view.policy, hash: view.hash });
  const rule = view.rules.find(({ entity }) => entity === 'EMAIL');
  assert.deepEqual(
    [rule?.action, rule?.toModel, rule?.toCaller, rule?.decidedBy],
    ['mask', 'kindOnly', 'never', 'health'],
  );
});

test('the floor of a tenant holds on every gateway within two seconds, told as the one that decides', async (t) => {
  const floor = { apiVersion: 'intramuros.dev/v1alpha1', kind: 'Tenant', metadata: { name: 'default' } } as const;
  await store.apply({ ...policyOf('block'), metadata: { name: 'floor' } });
  await untilForce(2, 2);
  await store.apply({ ...floor, spec: { policyApproval: 'none', policy: 'floor' } });
  const startedAtMs = performance.now();
  const times: number[] = [];
  for (const gateway of gateways) {
    while ((await gateway.chat(`Write to ${mail}.`)).status === 200) {
      if (performance.now() - startedAtMs > 20_000) assert.fail('the floor does not hold');
    }
    times.push(performance.now() - startedAtMs);
    const { policy } = findTarget({ tenant: 'default', models: undefined }, 'm', gateway.catalog);
    assert.deepEqual(policy.sources, ['floor', 'health']);
    const sources = policy.sources.flatMap((name) => gateway.catalog.policy(name) ?? []);
    const rule = viewOf('default', 'm', { policy, sources }).rules.find(({ entity }) => entity === 'EMAIL');
    assert.deepEqual(
      [rule?.action, rule?.decidedBy, rule?.said],
      [
        'block',
        'floor',
        [
          { policy: 'floor', action: 'block' },
          { policy: 'health', action: 'mask' },
        ],
      ],
    );
  }
  t.diagnostic(`the floor holds after ${times.map((ms) => Math.round(ms)).join(', ')} ms`);
  assert.ok(Math.max(...times) <= 2000, `${Math.max(...times)} ms`);
  await store.delete('Tenant', { name: 'default' });
});

test('a gateway that has not taken a change yet is named, and is not counted as one that has', async () => {
  const live = await gatewayRows(database).live(GONE_MS);
  const changed = { ...policyOf('block'), metadata: { name: 'health', generation: 99 } };
  const judged = judgeForce([changed], live);
  assert.equal(judged.policies.find(({ name }) => name === 'health')?.applied, 0);
  assert.deepEqual(
    judged.gateways.map(({ behind }) => behind),
    [['health'], ['health']],
  );
  assert.equal(judged.policies.find(({ name }) => name === 'internal')?.applied, 2, 'the built-in one is everywhere');
});

test('a gateway that dies leaves the count by itself, one that stops leaves at once', async () => {
  const options = { database, audit, surrogateKey: randomBytes(32) };
  const [doomed, leaving] = [await startGatewayOnPostgres(options), await startGatewayOnPostgres(options)];
  await untilForce(4, 4);
  await leaving.stop();
  assert.equal((await force()).of, 3);
  doomed.die();
  const tookMs = await untilForce(2, 2);
  assert.ok(tookMs >= GONE_MS / 4, 'not before its beats are missed');
  await doomed.stop();
});
