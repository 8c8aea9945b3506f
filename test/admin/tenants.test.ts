// Nothing of one tenant reaches another: every read and write that somebody with a tenant may make, of every tenant by
// every other, is answered as if it were not there. And whose fields of a Tenant are whose.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import type { Tenant, TenantSpec } from '../../operator/api/v1alpha1/tenant.ts';
import { Browser, type RunningAdmin, runAdmin, tokenOf } from './admin-harness.ts';

const TENANTS = ['oslo', 'turin', 'gent', 'porto'];

function tenantOf(name: string, spec: Partial<TenantSpec> = {}): Tenant {
  const apiVersion = 'intramuros.dev/v1alpha1';
  return { apiVersion, kind: 'Tenant', metadata: { name }, spec: { policyApproval: 'none', ...spec } };
}

function modelOf(namespace: string): Model {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: `model-of-${namespace}`, namespace },
    spec: { source: { uri: 'bundled://clinical-extraction' } },
    status: { replicas: 1, readyReplicas: 1 },
  };
}

type Send = (method: string, path: string, body?: unknown) => Promise<{ status: number; text: string }>;

function clientOf(admin: RunningAdmin, token: string): Send {
  const browser = new Browser(admin.address);
  return (method, path, body) =>
    browser.send(path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

async function startWithTenants() {
  const admin = await runAdmin();
  const { resources, keys } = admin.dependencies;
  const prefixes = new Map<string, string>();
  for (const tenant of TENANTS) {
    await resources.apply(tenantOf(tenant));
    await resources.apply(modelOf(tenant));
    const made = await keys.create({ name: `app-${tenant}`, tenant, dataClass: 'internal', createdBy: 'test' });
    prefixes.set(tenant, made.row.prefix);
  }
  return { admin, prefixes };
}

test('whatever somebody of one tenant asks of another is not found, and changes nothing', async (t) => {
  const { admin, prefixes } = await startWithTenants();
  t.after(admin.stop);
  const { keys } = admin.dependencies;
  let pairs = 0;
  let hidden = 0;
  for (const own of TENANTS) {
    for (const role of ['developer', 'viewer'] as const) {
      const send = clientOf(admin, await tokenOf(admin, role, own));
      for (const other of TENANTS.filter((each) => each !== own)) {
        const model = `model-of-${other}`;
        const prefix = prefixes.get(other);
        const asked: [method: string, path: string, body: unknown, only?: 'developer'][] = [
          ['GET', `/api/v1/resources/Model/${other}/${model}`, undefined],
          ['GET', `/api/v1/resources/Model/${other}/${model}/revisions`, undefined],
          ['GET', `/api/v1/resources/Tenant/${other}`, undefined],
          ['GET', `/api/v1/resources/Tenant/${other}/revisions`, undefined],
          ['GET', `/api/v1/policies/effective?tenant=${other}&model=${model}`, undefined],
          ['GET', `/api/v1/models/${other}/${model}/log`, undefined, 'developer'],
          ['POST', '/api/v1/playground', { model, text: 'hello', tenant: other }, 'developer'],
          ['POST', '/api/v1/keys', { name: 'stolen', tenant: other }, 'developer'],
          ['GET', `/api/v1/keys?tenant=${other}`, undefined, 'developer'],
          ['GET', `/api/v1/keys?before=${prefix}`, undefined, 'developer'],
          ['POST', `/api/v1/keys/${prefix}/rotate`, {}, 'developer'],
          ['DELETE', `/api/v1/keys/${prefix}`, undefined, 'developer'],
        ];
        for (const [method, path, body, only] of asked) {
          if (only !== undefined && only !== role) continue;
          const { status, text } = await send(method, path, body);
          assert.equal(status, 404, `${role} of ${own}: ${method} ${path}: ${status} ${text}`);
          assert.ok(!text.includes(other), `${method} ${path} names the tenant`);
          pairs += 1;
          hidden += 1;
        }
        for (const [method, path] of [
          ['PUT', `/api/v1/resources/Model/${other}/${model}`],
          ['DELETE', `/api/v1/resources/Model/${other}/${model}`],
          ['PUT', `/api/v1/resources/Tenant/${other}`],
          ['DELETE', `/api/v1/resources/Tenant/${other}`],
        ] as const) {
          assert.equal((await send(method, path, {})).status, 403, `${role} of ${own}: ${method} ${path}`);
          pairs += 1;
        }
        const lists = ['resources/Model', 'resources/Tenant', 'models', 'nodes', 'usage'];
        if (role === 'developer') lists.push('keys');
        for (const list of lists) {
          const { status, text } = await send('GET', `/api/v1/${list}`);
          assert.equal(status, 200, list);
          assert.ok(!text.includes(other), `${role} of ${own} sees ${other} in ${list}`);
          if (list !== 'usage') assert.ok(text.includes(own), `${role} of ${own} sees nothing in ${list}`);
          pairs += 1;
        }
      }
    }
  }
  t.diagnostic(`${pairs} reads and writes across tenants, ${hidden} of them answered as if nothing were there`);
  assert.ok(hidden >= 100);
  const rows = await keys.list({ tenant: undefined, before: undefined, limit: 100 });
  assert.deepEqual(new Set(rows.map(({ name }) => name)), new Set(TENANTS.map((tenant) => `app-${tenant}`)));
  assert.ok(rows.every(({ revokedAt, replacedBy }) => revokedAt === undefined && replacedBy === undefined));
});

test('a tenant with several namespaces sees the models of each, and of no other', async (t) => {
  const { admin } = await startWithTenants();
  t.after(admin.stop);
  await admin.dependencies.resources.apply(tenantOf('oslo', { namespaces: ['oslo', 'gent'] }));
  const send = clientOf(admin, await tokenOf(admin, 'viewer', 'oslo'));
  const { models } = JSON.parse((await send('GET', '/api/v1/models')).text) as { models: { namespace: string }[] };
  assert.deepEqual(models.map(({ namespace }) => namespace).toSorted(), ['gent', 'oslo']);
  assert.equal((await send('GET', '/api/v1/resources/Model/turin/model-of-turin')).status, 404);
});

test('the admin gives a tenant namespaces and limits, the officer what holds for its data, and nobody the other’s', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const asAdmin = clientOf(admin, await tokenOf(admin, 'admin'));
  const asOfficer = clientOf(admin, await tokenOf(admin, 'officer'));
  const put = (send: Send, spec: object) => send('PUT', '/api/v1/resources/Tenant/lab', { ...tenantOf('lab'), spec });
  const paramOf = ({ text }: { text: string }) => (JSON.parse(text) as { param?: string }).param;

  const early = await put(asOfficer, {});
  assert.deepEqual([early.status, paramOf(early)], [403, 'metadata.name']);
  const withRules = await put(asAdmin, { entitlements: { leastClass: 'public' } });
  assert.deepEqual([withRules.status, paramOf(withRules)], [403, 'spec.entitlements']);
  assert.equal((await put(asAdmin, { namespaces: ['lab', 'shared'], requestsPerMinute: 60 })).status, 200);

  const limits = { namespaces: ['lab', 'shared'], requestsPerMinute: 60 };
  const rules = { policy: 'strict', entitlements: { models: ['m'], leastClass: 'confidential' } };
  const raised = await put(asOfficer, { ...limits, requestsPerMinute: 6000, ...rules });
  assert.deepEqual([raised.status, paramOf(raised)], [403, 'spec.requestsPerMinute']);
  assert.equal((await put(asOfficer, { ...limits, ...rules, policyApproval: 'secondPerson' })).status, 200);
  const dropped = await put(asAdmin, limits);
  assert.deepEqual([dropped.status, paramOf(dropped)], [403, 'spec.policy']);
  assert.equal(
    (await put(asAdmin, { ...limits, ...rules, policyApproval: 'secondPerson', tokensPerMinute: 1000 })).status,
    200,
  );
  const kept = JSON.parse((await asAdmin('GET', '/api/v1/resources/Tenant/lab')).text) as Tenant;
  assert.deepEqual([kept.spec.policy, kept.spec.tokensPerMinute, kept.spec.requestsPerMinute], ['strict', 1000, 60]);
});
