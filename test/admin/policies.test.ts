// What people of a tenant are told of policies, and the playground's stream over HTTP: on the real listener with doubles
// behind its ports.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '../../control-plane/errors.ts';
import { bearerOf, type RunningAdmin, runAdmin, tokenOf } from './admin-harness.ts';

async function get(admin: RunningAdmin, path: string, token: string) {
  const answer = await fetch(`${admin.address}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test('someone of a tenant is told whether a second person is needed, and which tenants ask only if it is theirs', async (t) => {
  const admin = await runAdmin({
    tenantApprovals: async () => [
      { name: 'cardiology', policyApproval: 'secondPerson' },
      { name: 'lab', policyApproval: 'secondPerson' },
      { name: 'default', policyApproval: 'none' },
    ],
  });
  t.after(admin.stop);
  const approvalFor = async (token: string) => (await get(admin, '/api/v1/policies', token)).body['approval'];
  const all = { required: true, tenants: ['cardiology', 'lab'] };
  assert.deepEqual(await approvalFor(await tokenOf(admin, 'officer')), all);
  assert.deepEqual(await approvalFor(await tokenOf(admin, 'developer', 'lab')), { required: true, tenants: ['lab'] });
  assert.deepEqual(await approvalFor(await tokenOf(admin, 'developer')), { required: true, tenants: [] });
});

test('what holds for another tenant is not told', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const developer = await tokenOf(admin, 'developer', 'lab');
  const own = await get(admin, '/api/v1/policies/effective?model=m', developer);
  assert.deepEqual([own.status, own.body['tenant'], own.body['policy']], [200, 'lab', 'internal']);
  const foreign = await get(admin, '/api/v1/policies/effective?model=m&tenant=cardiology', developer);
  assert.deepEqual([foreign.status, foreign.body['param']], [404, 'tenant']);
  const missing = await get(admin, '/api/v1/policies/effective', developer);
  assert.deepEqual([missing.status, missing.body['param']], [400, 'model']);
});

test('the playground streams to one person one answer at a time, and says what is wrong before it begins', async (t) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sight = { policy: 'internal', policyHash: 'sha256:0', spans: [], saw: 'seen' };
  const admin = await runAdmin({
    askModel: async ({ model }, _signal, progress) => {
      if (model !== 'm') throw fail('model_not_found', { param: 'model', detail: 'There is no model of this name.' });
      progress?.sent(sight);
      await held;
      return { policy: 'internal', policyHash: 'sha256:0', spans: [], restored: [], totalMs: 1 };
    },
  });
  t.after(admin.stop);
  const ask = (model: string) =>
    fetch(`${admin.address}/api/v1/playground/stream`, {
      method: 'POST',
      headers: { ...bearerOf(admin), 'content-type': 'application/json' },
      body: JSON.stringify({ model, text: 'hello' }),
    });
  const unknown = await ask('other');
  assert.equal(unknown.status, 404);
  assert.equal(unknown.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  const first = await ask('m');
  assert.equal(first.status, 200);
  const second = await ask('m');
  assert.deepEqual([second.status, second.headers.get('retry-after')], [429, '1']);
  release();
  const text = await first.text();
  assert.match(text, /^event: sent\ndata: .*\n\nevent: answer\ndata: /);
  assert.equal((await ask('m')).status, 200, 'its turn is over with its answer');
});
