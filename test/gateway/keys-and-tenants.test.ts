// Keys and tenants as applications meet them: a real database, the key service that writes it, and two gateways that read
// it. What a key or a tenant may not do is refused at the gateway, and by the next request when it was changed.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyService, type NewKey } from '../../control-plane/admin/keys/key-service.ts';
import { prismaApiKeySource } from '../../control-plane/admin/keys/prisma-api-key-source.ts';
import { prismaApiKeyStore } from '../../control-plane/admin/keys/prisma-api-key-store.ts';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { ApiKeys } from '../../control-plane/gateway/api-keys.ts';
import { tenantsByName } from '../../control-plane/policy/tenant-facts.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import type { PrivacyPolicySpec } from '../../operator/api/v1alpha1/privacy-policy.ts';
import type { TenantSpec } from '../../operator/api/v1alpha1/tenant.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { startScriptedEngine } from '../wire/scripted-engine.ts';
import { whole } from './gateway-under-test.ts';
import { type GatewayOnPostgres, serveModel, startGatewayOnPostgres } from './gateways-on-postgres.ts';

const pepper = randomBytes(32);
let database: TemporaryDatabase;
let audit: DatabaseAuditLog;
let store: PostgresResourceStore;
let engine: Awaited<ReturnType<typeof startScriptedEngine>>;
const gateways: { readonly gateway: GatewayOnPostgres; readonly keys: ApiKeys }[] = [];

before(async () => {
  database = await startTemporaryDatabase();
  audit = await openAuditLog({ database, secrets: memorySecrets(), producer: 'keys-test' });
  await audit.start();
  store = new PostgresResourceStore({ database });
  store.start();
  engine = await startScriptedEngine();
  engine.answer(() => ({ pieces: [whole('ok')] }));
  await serveModel(store, engine.url, 'internal');
  for (let count = 0; count < 2; count += 1) {
    const keys = new ApiKeys({
      source: prismaApiKeySource(database),
      pepper,
      onError: (error) => assert.fail(String(error)),
    });
    await keys.start();
    const gateway = await startGatewayOnPostgres({ database, audit, surrogateKey: randomBytes(32), keys });
    gateways.push({ gateway, keys });
  }
});

after(async () => {
  for (const { gateway, keys } of gateways) {
    await gateway.stop();
    keys.stop();
  }
  await engine?.stop();
  store?.stop();
  await audit?.stop();
  await database?.stop();
});

const service = () =>
  createKeyService({
    keys: prismaApiKeyStore(database),
    pepper,
    tenants: async () => tenantsByName((await store.list('Tenant')).items),
  });

const make = (wanted: Partial<NewKey> = {}) =>
  service().create({ name: 'app', tenant: 'default', dataClass: 'internal', createdBy: 'test', ...wanted });

async function ask(key: string, at = 0, content = 'hello') {
  const answer = await fetch(`${gateways[at]?.gateway.address}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
  });
  const body = (await answer.json()) as { error?: { code: string; message: string } };
  return { status: answer.status, code: body.error?.code, message: body.error?.message, headers: answer.headers };
}

/** The status at both gateways, once they say what is wanted; the time it took counts from the call. */
async function untilBoth(key: string, wanted: number): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    const statuses = await Promise.all([ask(key, 0), ask(key, 1)]);
    if (statuses.every(({ status }) => status === wanted)) return performance.now() - startedAtMs;
    if (performance.now() - startedAtMs > 10_000)
      assert.fail(`${statuses.map(({ status }) => status).join(' ')}, not ${wanted}`);
    await sleep(20);
  }
}

async function applyTenant(name: string, spec: Partial<TenantSpec>): Promise<void> {
  const apiVersion = 'intramuros.dev/v1alpha1';
  await store.apply({ apiVersion, kind: 'Tenant', metadata: { name }, spec: { policyApproval: 'none', ...spec } });
}

const dropTenant = (name: string) => store.delete('Tenant', { name });

test('a key opens both gateways at once, and none within two seconds of its end', async (t) => {
  const { key, row } = await make();
  const known = await untilBoth(key, 200);
  await service().revoke(row.prefix);
  const refused = await untilBoth(key, 401);
  t.diagnostic(`known after ${Math.round(known)} ms, refused after ${Math.round(refused)} ms`);
  assert.ok(refused < 2000);
});

test('a key that expires opens nothing from that moment on, without anybody’s doing', async () => {
  const { key } = await make({ expiresAt: new Date(Date.now() + 1500) });
  await untilBoth(key, 200);
  await sleep(1600);
  assert.deepEqual([(await ask(key, 0)).status, (await ask(key, 1)).status], [401, 401]);
});

test('a key is replaced with an overlap: both are valid for a while, then the new one alone, with the same rights', async () => {
  const lifeMs = 3 * 86_400_000;
  const old = await make({ models: ['m'], requestsPerMinute: 77, expiresAt: new Date(Date.now() + lifeMs) });
  const next = await service().rotate(old.row.prefix, { createdBy: 'other', overlapMs: 1500 });
  assert.notEqual(next.row.prefix, old.row.prefix);
  assert.deepEqual([next.row.models, next.row.requestsPerMinute, next.row.createdBy], [['m'], 77, 'other']);
  assert.ok(Math.abs((next.row.expiresAt?.getTime() ?? 0) - Date.now() - lifeMs) < 5000);
  await untilBoth(next.key, 200);
  assert.equal((await ask(old.key)).status, 200);
  await assert.rejects(service().rotate(old.row.prefix, { createdBy: 'other', overlapMs: 0 }), { code: 'conflict' });
  await sleep(1600);
  await untilBoth(old.key, 401);
  assert.equal((await ask(next.key)).status, 200);
});

test('two rotations of one key at once make one new key', async () => {
  const { row } = await make();
  const by = { createdBy: 'test', overlapMs: 60_000 };
  const results = await Promise.allSettled([service().rotate(row.prefix, by), service().rotate(row.prefix, by)]);
  assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
});

test('a key that is kept to other models finds none, and lists those alone', async () => {
  const { key } = await make({ models: ['another', 'm:letters'] });
  await untilBoth(key, 404);
  assert.equal((await ask(key)).code, 'model_not_found');
  const list = await fetch(`${gateways[0]?.gateway.address}/v1/models`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.deepEqual(((await list.json()) as { data: unknown[] }).data, []);
});

test('a key’s own limits hold at the gateway, and its client is told what is left', async () => {
  const { key } = await make({ requestsPerMinute: 3, tokensPerMinute: 1000 });
  await eventually(async () => (await ask(key)).status === 200);
  const second = await ask(key);
  assert.equal(second.headers.get('x-ratelimit-limit-requests'), '3');
  assert.equal(second.headers.get('x-ratelimit-limit-tokens'), '1000');
  for (let count = 0; count < 3; count += 1) await ask(key);
  const refused = await ask(key);
  assert.deepEqual([refused.status, refused.code], [429, 'rate_limited']);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.equal(refused.headers.get('x-ratelimit-remaining-requests'), '0');
});

test('tokens beyond the minute are refused until they are made up', async () => {
  engine.answer(() => ({
    pieces: [
      JSON.stringify({
        ...JSON.parse(whole('ok')),
        usage: { prompt_tokens: 400, completion_tokens: 700, total_tokens: 1100 },
      }),
    ],
  }));
  const { key } = await make({ tokensPerMinute: 1000 });
  // At one gateway alone: what it has answered once is what is counted.
  await eventually(async () => (await ask(key)).status === 200);
  const refused = await ask(key);
  assert.deepEqual([refused.status, refused.code], [429, 'rate_limited']);
  assert.match(refused.message ?? '', /tokens of this minute/);
  engine.answer(() => ({ pieces: [whole('ok')] }));
});

test('the limit of a tenant holds for all its keys together', async () => {
  await applyTenant('limited', { namespaces: ['default'], requestsPerMinute: 4 });
  const [a, b] = [await make({ tenant: 'limited' }), await make({ tenant: 'limited' })];
  await untilBoth(a.key, 200);
  await untilBoth(b.key, 200);
  for (let count = 0; count < 4; count += 1) await ask(count % 2 === 0 ? a.key : b.key);
  const refused = await ask(b.key);
  assert.deepEqual([refused.status, refused.code], [429, 'rate_limited']);
  assert.match(refused.message ?? '', /keys of this tenant/);
});

test('the floor of a tenant makes the model’s policy stricter and never milder, and both stand on the record', async () => {
  const policy = (name: string, spec: PrivacyPolicySpec) =>
    store.apply({ apiVersion: 'intramuros.dev/v1alpha1', kind: 'PrivacyPolicy', metadata: { name }, spec });
  await policy('no-mail', { default: 'allow', entities: { EMAIL: 'block' }, keep: [], minScore: 0.5 });
  await applyTenant('strict', { namespaces: ['default'], policy: 'no-mail' });
  const { key } = await make({ tenant: 'strict' });
  await untilBoth(key, 200);
  const address = ['someone', 'example.org'].join('@');
  const blocked = await ask(key, 0, `write to ${address}`);
  assert.deepEqual([blocked.status, blocked.code], [400, 'content_blocked']);
  const card = ['4539', '1488', '0343', '6467'].join(' ');
  const before = engine.calls.length;
  const allowed = await ask(key, 0, `card ${card}`);
  assert.equal(allowed.status, 200);
  const { record } = (await audit.records.find(allowed.headers.get('x-intramuros-receipt') ?? '')) ?? {};
  assert.equal((record?.['policy'] as { name: string } | undefined)?.name, 'no-mail+internal');
  assert.ok(
    !JSON.stringify(engine.calls.slice(before).map((call) => call.text)).includes(card),
    'the floor allows it, the model’s policy does not',
  );
  await store.delete('PrivacyPolicy', { name: 'no-mail' });
  await untilBoth(key, 503);
});

test('a key for milder data than its tenant allows cannot be made; an older one is raised', async () => {
  await applyTenant('clinic', { namespaces: ['default'], entitlements: { leastClass: 'public' } });
  const { key } = await make({ tenant: 'clinic', dataClass: 'public' });
  await untilBoth(key, 200);
  await applyTenant('clinic', { namespaces: ['default'], entitlements: { leastClass: 'restricted' } });
  await assert.rejects(make({ tenant: 'clinic', dataClass: 'public' }), { code: 'invalid_field', param: 'dataClass' });
  await sleep(500);
  const receipt = (await ask(key)).headers.get('x-intramuros-receipt') ?? '';
  const found = await audit.records.find(receipt);
  assert.equal(found?.record['dataClass'], 'restricted');
});

test('a tenant that is deleted takes its keys with it, and back when it comes again', async () => {
  await applyTenant('passing', { namespaces: ['default'] });
  const { key } = await make({ tenant: 'passing' });
  await untilBoth(key, 200);
  await dropTenant('passing');
  await untilBoth(key, 403);
  assert.equal((await ask(key)).code, 'tenant_not_found');
  await assert.rejects(make({ tenant: 'passing' }), { code: 'invalid_field', param: 'tenant' });
  await applyTenant('passing', { namespaces: ['default'] });
  await untilBoth(key, 200);
});

test('when a key was used last is kept, and a key that ends in the past is not made', async () => {
  const { key, row } = await make();
  const unused = await make();
  await untilBoth(key, 200);
  await gateways[0]?.keys.noteUse();
  const list = await service().list({ tenant: undefined, before: undefined, limit: 500 });
  const usedAt = list.find(({ prefix }) => prefix === row.prefix)?.lastUsedAt;
  assert.ok(usedAt !== undefined && Math.abs(Date.now() - usedAt.getTime()) < 10_000);
  assert.equal(list.find(({ prefix }) => prefix === unused.row.prefix)?.lastUsedAt, undefined);
  await assert.rejects(make({ expiresAt: new Date(Date.now() - 1) }), { code: 'invalid_field', param: 'expiresAt' });
});

test('pages of keys join without a gap', async () => {
  await applyTenant('many', { namespaces: ['default'] });
  for (let count = 0; count < 7; count += 1) await make({ tenant: 'many', name: `app-${count}` });
  const names: string[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await service().list({ tenant: 'many', before, limit: 3 });
    names.push(...page.map(({ name }) => name));
    before = page.at(-1)?.prefix;
    if (page.length < 3) break;
  }
  assert.deepEqual(
    names,
    [6, 5, 4, 3, 2, 1, 0].map((at) => `app-${at}`),
  );
});

test('a tenant that is kept to other models finds none of those that stand in its namespaces; the refusal is on the record', async () => {
  await applyTenant('kept', { namespaces: ['default'], entitlements: { models: ['another'], leastClass: 'internal' } });
  const { key } = await make({ tenant: 'kept' });
  await untilBoth(key, 404);
  const refused = await ask(key);
  assert.equal(refused.code, 'model_not_found');
  const receipt = refused.headers.get('x-intramuros-receipt') ?? '';
  await eventually(async () => (await audit.records.find(receipt))?.record.kind === 'refusal');
  await applyTenant('kept', { namespaces: ['default'], entitlements: { models: ['m'], leastClass: 'internal' } });
  await untilBoth(key, 200);
});

test('a key finds the models of its own tenant, by each name of every other tenant', async () => {
  const names = ['oslo', 'turin', 'gent'];
  for (const name of names) await applyTenant(name, {});
  for (const name of names) {
    const { key } = await make({ tenant: name });
    // The only model there is stands in another tenant's namespace.
    await untilBoth(key, 404);
    for (const model of ['m', 'default/m', 'm:letters']) {
      const answer = await fetch(`${gateways[0]?.gateway.address}/v1/models/${encodeURIComponent(model)}`, {
        headers: { authorization: `Bearer ${key}` },
      });
      assert.equal(answer.status, 404);
    }
  }
});

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return;
    await sleep(25);
  }
  assert.fail('it does not come to pass');
}
