// A change that is sent twice under one key is done once, whoever loses which answer.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Idempotency, memoryIdempotencyRows } from '../../control-plane/admin/idempotency/idempotency.ts';
import { prismaIdempotencyRows } from '../../control-plane/admin/idempotency/prisma-idempotency-rows.ts';
import { startTemporaryDatabase } from '../database/temporary-database.ts';
import { Browser, type RunningAdmin, runAdmin, tokenOf } from './admin-harness.ts';

function senderOf(admin: RunningAdmin, token: string) {
  const browser = new Browser(admin.address);
  return (path: string, body: unknown, key: string) =>
    browser.send(path, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    });
}

test('an answer that holds a secret is given once, and the change is done once', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = senderOf(admin, await tokenOf(admin, 'admin'));
  const key = randomUUID();
  const first = await send('/api/v1/keys', { name: 'app' }, key);
  assert.equal(first.status, 201);
  const again = await send('/api/v1/keys', { name: 'app' }, key);
  assert.deepEqual([again.status, again.json()['code']], [409, 'already_done']);
  assert.ok(again.text.includes(String(first.headers['x-intramuros-receipt'])));
  const page = { tenant: undefined, before: undefined, limit: 10 };
  assert.equal((await admin.dependencies.keys.list(page)).length, 1);
});

test('another body under the same key is refused, and a key of somebody else is another key', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const key = randomUUID();
  const asAdmin = senderOf(admin, await tokenOf(admin, 'admin'));
  assert.equal((await asAdmin('/api/v1/keys', { name: 'app' }, key)).status, 201);
  const other = await asAdmin('/api/v1/keys', { name: 'other' }, key);
  assert.deepEqual([other.status, other.json()['code']], [422, 'idempotency_key_reused']);
  const asDeveloper = senderOf(admin, await tokenOf(admin, 'developer'));
  assert.equal((await asDeveloper('/api/v1/keys', { name: 'app' }, key)).status, 201);
});

test('a request that failed may be sent again under its key', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = senderOf(admin, await tokenOf(admin, 'admin'));
  const key = randomUUID();
  const tenant = { apiVersion: 'intramuros.dev/v1alpha1', kind: 'Tenant', metadata: { name: 'lab' } } as const;
  assert.equal((await send('/api/v1/keys', { name: 'app', tenant: 'lab' }, key)).status, 400);
  await admin.dependencies.resources.apply({ ...tenant, spec: { policyApproval: 'none' } });
  assert.equal((await send('/api/v1/keys', { name: 'app', tenant: 'lab' }, key)).status, 201);
});

test('a key that cannot be read is refused by name, before anything is done', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = senderOf(admin, await tokenOf(admin, 'admin'));
  for (const key of ['a b', 'x'.repeat(256)]) {
    const reply = await send('/api/v1/keys', { name: 'app' }, key);
    assert.deepEqual([reply.status, reply.json()['param']], [400, 'idempotency-key']);
  }
});

test('a change whose answer could not be kept is not done again', async (t) => {
  const idempotency = { ...memoryIdempotencyRows(), finish: () => Promise.reject(new Error('the database is away')) };
  const admin = await runAdmin({ idempotency });
  t.after(admin.stop);
  const send = senderOf(admin, await tokenOf(admin, 'admin'));
  const key = randomUUID();
  assert.equal((await send('/api/v1/keys', { name: 'app' }, key)).status, 500);
  assert.equal((await send('/api/v1/keys', { name: 'app' }, key)).json()['code'], 'idempotency_in_flight');
  const page = { tenant: undefined, before: undefined, limit: 10 };
  assert.equal((await admin.dependencies.keys.list(page)).length, 1);
});

test('in PostgreSQL: of ten at once one is done, the others hear that it is being done, then what it answered', async (t) => {
  const database = await startTemporaryDatabase();
  t.after(() => database.stop());
  const rows = prismaIdempotencyRows(database);
  const once = new Idempotency(rows);
  const facts = { principal: 'account a', method: 'post', path: '/x', body: { a: 1 } };
  const begun = await Promise.allSettled(Array.from({ length: 10 }, () => once.begin('k', facts)));
  const mine = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  assert.equal(mine.length, 1);
  for (const each of begun) if (each.status === 'rejected') assert.equal(each.reason.code, 'idempotency_in_flight');
  const [first] = mine;
  assert.ok(first);
  await once.finish(first.request, { status: 201, answer: '{"ok":true}', receipt: 'imr_1' });
  assert.deepEqual((await once.begin('k', facts)).before, { status: 201, answer: '{"ok":true}', receipt: 'imr_1' });
  await once.drop(first.request);
  assert.ok((await once.begin('k', facts)).before, 'what was done is not dropped');
  await rows.removeBefore(new Date(Date.now() + 1000));
  assert.equal((await once.begin('k', facts)).before, undefined);
});
