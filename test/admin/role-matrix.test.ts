// Every endpoint by every role, as a list written by hand: what the product's own table says is not asked. The endpoints
// come from the route table, so that a new one without a row here fails. Each cell is a real request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiRoutes } from '../../control-plane/admin/app.ts';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { Browser, bearerOf, type RunningAdmin, runAdmin, tokenOf } from './admin-harness.ts';

const ROLES = ['admin', 'officer', 'auditor', 'developer', 'viewer'] as const;
const ALL = 'admin officer auditor developer viewer';

/** Who may; `anyone` needs nobody to be known. */
const MATRIX: Readonly<Record<string, string>> = {
  'GET /api/v1/session': 'anyone',
  'GET /api/v1/openapi.json': 'anyone',
  'POST /api/v1/sign-in': 'anyone',
  'DELETE /api/v1/session': ALL,
  'GET /api/v1/events': ALL,
  'POST /api/v1/password': ALL,
  'GET /api/v1/tokens': ALL,
  'POST /api/v1/tokens': ALL,
  'DELETE /api/v1/tokens/{id}': ALL,
  'GET /api/v1/accounts': 'admin officer auditor',
  'POST /api/v1/accounts': 'admin',
  'PUT /api/v1/accounts/{name}': 'admin',
  'POST /api/v1/accounts/{name}/password': 'admin',
  'DELETE /api/v1/accounts/{name}': 'admin',
  'GET /api/v1/models': ALL,
  'GET /api/v1/models/{namespace}/{name}/log': 'admin officer developer',
  'GET /api/v1/nodes': ALL,
  'GET /api/v1/usage': ALL,
  'GET /api/v1/system': 'admin officer auditor',
  'GET /api/v1/resources/Model': ALL,
  'GET /api/v1/resources/Model/{name}': ALL,
  'GET /api/v1/resources/Model/{name}/revisions': ALL,
  'PUT /api/v1/resources/Model/{name}': 'admin',
  'DELETE /api/v1/resources/Model/{name}': 'admin',
  'GET /api/v1/resources/Model/{namespace}/{name}': ALL,
  'GET /api/v1/resources/Model/{namespace}/{name}/revisions': ALL,
  'PUT /api/v1/resources/Model/{namespace}/{name}': 'admin',
  'DELETE /api/v1/resources/Model/{namespace}/{name}': 'admin',
  'GET /api/v1/resources/PrivacyPolicy': ALL,
  'GET /api/v1/resources/PrivacyPolicy/{name}': ALL,
  'GET /api/v1/resources/PrivacyPolicy/{name}/revisions': ALL,
  'PUT /api/v1/resources/PrivacyPolicy/{name}': 'officer',
  'DELETE /api/v1/resources/PrivacyPolicy/{name}': 'officer',
  'GET /api/v1/resources/PrivacyPolicy/{namespace}/{name}': ALL,
  'GET /api/v1/resources/PrivacyPolicy/{namespace}/{name}/revisions': ALL,
  'PUT /api/v1/resources/PrivacyPolicy/{namespace}/{name}': 'officer',
  'DELETE /api/v1/resources/PrivacyPolicy/{namespace}/{name}': 'officer',
  'GET /api/v1/resources/Tenant': ALL,
  'GET /api/v1/resources/Tenant/{name}': ALL,
  'GET /api/v1/resources/Tenant/{name}/revisions': ALL,
  'PUT /api/v1/resources/Tenant/{name}': 'admin officer',
  'DELETE /api/v1/resources/Tenant/{name}': 'admin',
  'GET /api/v1/resources/Tenant/{namespace}/{name}': ALL,
  'GET /api/v1/resources/Tenant/{namespace}/{name}/revisions': ALL,
  'PUT /api/v1/resources/Tenant/{namespace}/{name}': 'admin officer',
  'DELETE /api/v1/resources/Tenant/{namespace}/{name}': 'admin',
  'GET /api/v1/policies': ALL,
  'GET /api/v1/policies/effective': ALL,
  'GET /api/v1/proposals': 'admin officer auditor',
  'GET /api/v1/proposals/{id}': 'admin officer auditor',
  'POST /api/v1/proposals': 'admin officer',
  'POST /api/v1/proposals/{id}/approve': 'officer',
  'POST /api/v1/proposals/{id}/reject': 'officer',
  'POST /api/v1/proposals/{id}/withdraw': 'admin officer',
  'POST /api/v1/policies/try': 'admin officer developer',
  'POST /api/v1/plan': 'admin officer developer',
  'POST /api/v1/playground': 'admin officer developer',
  'POST /api/v1/playground/stream': 'admin officer developer',
  'POST /api/v1/keys': 'admin developer',
  'GET /api/v1/keys': 'admin officer developer',
  'POST /api/v1/keys/{prefix}/rotate': 'admin developer',
  'DELETE /api/v1/keys/{prefix}': 'admin officer developer',
  'GET /api/v1/secrets': 'admin officer auditor',
  'POST /api/v1/secrets/{name}/rotate': 'admin',
  'GET /api/v1/records/{receipt}': 'admin officer auditor',
  'POST /api/v1/records/{receipt}/match': 'officer auditor',
  'GET /api/v1/log/bundle': 'admin officer auditor',
  'GET /api/v1/log/health': 'admin officer auditor',
  'GET /api/v1/log/records': 'admin officer auditor',
  'GET /api/v1/log/names': 'admin officer auditor',
  'POST /api/v1/log/purpose': 'admin officer auditor',
  'POST /api/v1/log/digests': 'officer auditor',
  'POST /api/v1/log/reindex': 'admin',
  'POST /api/v1/redact/preview': 'admin officer developer',
};

interface Endpoint {
  readonly method: string;
  readonly path: string;
}

/** Each route; one whose action depends on a part of its path, once for each value of that part. */
function endpoints(): Endpoint[] {
  return apiRoutes(fakeDependencies()).flatMap(({ method, path, action }) => {
    const of = (at: string) => ({ method: method.toUpperCase(), path: at });
    if (typeof action === 'string') return [of(path)];
    return Object.keys(action.actions).map((value) => of(path.replace(`{${action.param}}`, value)));
  });
}

test('every endpoint has a row, and every row an endpoint', () => {
  const served = endpoints().map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(Object.keys(MATRIX).toSorted(), served.toSorted());
});

async function statusOf(admin: RunningAdmin, { method, path }: Endpoint, authorization: string | undefined) {
  const concrete = path.replaceAll(/\{\w+\}/g, 'x');
  const left = new AbortController();
  // A stream that does not end is left as soon as its head is there.
  const answer = await fetch(`${admin.address}${concrete}`, {
    method,
    signal: left.signal,
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    // Refused by whoever reads it: permission is asked before a body is read.
    ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{broken' }),
  });
  left.abort();
  return answer.status;
}

test('every role may do what its row says at every endpoint, and nothing else', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const tokens = new Map<string, string>();
  for (const role of ROLES) tokens.set(role, `Bearer ${await tokenOf(admin, role)}`);
  let cells = 0;
  for (const endpoint of endpoints()) {
    const name = `${endpoint.method} ${endpoint.path}`;
    const may = MATRIX[name] ?? '';
    assert.equal((await statusOf(admin, endpoint, undefined)) === 401, may !== 'anyone', `a stranger: ${name}`);
    const local = await statusOf(admin, endpoint, bearerOf(admin)['authorization']);
    assert.ok(local !== 401 && local !== 403, `the local principal: ${name}: ${local}`);
    for (const role of ROLES) {
      const status = await statusOf(admin, endpoint, tokens.get(role));
      const allowed = may === 'anyone' || may.split(' ').includes(role);
      assert.equal(status === 403, !allowed, `${role}: ${name}: ${status}`);
      assert.notEqual(status, 401, `${role}: ${name}`);
      cells += 1;
    }
  }
  assert.ok(cells >= 200);
});

test('a first password opens nothing but the choice of the next one', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const { accounts } = admin.dependencies;
  const authorization = `Bearer ${await tokenOf(admin, 'admin')}`;
  await accounts.change('test-admin', { mustChange: true });
  for (const endpoint of endpoints()) {
    const name = `${endpoint.method} ${endpoint.path}`;
    const status = await statusOf(admin, endpoint, authorization);
    assert.equal(status === 403, MATRIX[name] !== 'anyone' && name !== 'POST /api/v1/password', `${name}: ${status}`);
  }
});

test('an unknown kind is not found for whoever is known, and 401 for a stranger', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const viewer = { authorization: `Bearer ${await tokenOf(admin, 'viewer')}` };
  assert.equal((await browser.send('/api/v1/resources/gadgets', { headers: viewer })).status, 404);
  assert.equal((await browser.send('/api/v1/resources/gadgets')).status, 401);
});
