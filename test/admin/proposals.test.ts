// A policy change by two persons on a real PostgreSQL and the real audit log: what is refused alone, what an approval
// does in one transaction, who may decide, and what of it is on the record.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { createAccessTokens } from '../../control-plane/admin/identity/access-tokens.ts';
import type { Account } from '../../control-plane/admin/identity/account-store.ts';
import { prismaAccountStore } from '../../control-plane/admin/identity/prisma-account-store.ts';
import { prismaTokenStore } from '../../control-plane/admin/identity/prisma-token-store.ts';
import type { PresentedProposal } from '../../control-plane/admin/proposals/routes.ts';
import type { TenantApproval } from '../../control-plane/admin/proposals/second-person.ts';
import type { PresentedRevision } from '../../control-plane/admin/resources/routes.ts';
import { type Admin, type AdminOptions, startAdmin } from '../../control-plane/admin/start-admin.ts';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { effectivePolicy } from '../../control-plane/policy/effective-policy.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { proposalRows } from '../../control-plane/resources/proposal-rows.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import type { PrivacyPolicy, PrivacyPolicySpec } from '../../operator/api/v1alpha1/privacy-policy.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';

let database: TemporaryDatabase;
let audit: DatabaseAuditLog;
let resources: PostgresResourceStore;
let options: AdminOptions;
let admin: Admin;
let asking: readonly TenantApproval[] = [{ name: 'cardiology', policyApproval: 'secondPerson' }];
const tokens = new Map<string, string>();

before(async () => {
  database = await startTemporaryDatabase();
  audit = await openAuditLog({ database, secrets: memorySecrets(), producer: 'admin-test' });
  await audit.start();
  resources = new PostgresResourceStore({ database });
  resources.start();
  options = {
    ...fakeDependencies(),
    accounts: prismaAccountStore(database),
    tokens: prismaTokenStore(database),
    ...{ audit, records: audit.records, bundle: audit, resources },
    proposals: proposalRows(database),
    tenantApprovals: async () => asking,
    ...{ host: '127.0.0.1', port: 0 },
  };
  admin = await startAdmin(options);
  await account('ada', {});
  await account('grace', {});
});

after(async () => {
  await admin.stop();
  resources.stop();
  await audit.stop();
  await database.stop();
});

async function account(name: string, changes: Partial<Account>): Promise<void> {
  const { accounts } = options;
  await accounts.createIfAbsent({
    ...{ name, role: 'officer', source: 'local', passwordHash: 'none', subject: undefined, tenant: undefined },
    ...{ mustChange: false, disabled: false, createdAt: new Date(), lastSignInAt: undefined, ...changes },
  });
  tokens.set(name, await tokenOf(name));
}

async function tokenOf(name: string): Promise<string> {
  return (await createAccessTokens(options).create(name, { name: 'test', days: 1 })).token;
}

/** What any of the answers may hold; a test looks at what its own has. */
interface AnswerBody extends PresentedProposal {
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
  readonly param: string;
  readonly revisions: readonly PresentedRevision[];
  readonly proposals: readonly PresentedProposal[];
  readonly next: string | null;
}

interface Reply {
  readonly status: number;
  readonly receipt: string;
  readonly body: AnswerBody;
}

async function call(who: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const token = tokens.get(who) ?? who;
  const answer = await fetch(`${admin.address}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const receipt = answer.headers.get('x-intramuros-receipt') ?? '';
  return { status: answer.status, receipt, body: (await answer.json()) as AnswerBody };
}

function policyOf(name: string, spec: Partial<PrivacyPolicySpec>): PrivacyPolicy {
  return {
    ...{ apiVersion: 'intramuros.dev/v1alpha1', kind: 'PrivacyPolicy', metadata: { name } },
    spec: { default: 'pseudonymise', keep: [], minScore: 0.5, ...spec },
  };
}

const fresh = () => `p-${randomBytes(4).toString('hex')}`;
const stored = (name: string) => resources.get('PrivacyPolicy', { name });

async function propose(who: string, resource: PrivacyPolicy, more: object = {}): Promise<PresentedProposal> {
  const { status, body } = await call(who, 'POST', '/api/v1/proposals', { resource, ...more });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

const decide = (who: string, { id }: Pick<PresentedProposal, 'id'>, step: string) =>
  call(who, 'POST', `/api/v1/proposals/${id}/${step}`);

/** The record and its outcome, as they stand in the log. */
async function recordOf(receipt: string) {
  const found = await audit.records.find(receipt);
  assert.ok(found, `a record ${receipt}`);
  return found.record;
}

async function outcomeOf(receipt: string): Promise<unknown> {
  for (;;) {
    const found = await audit.records.find(receipt);
    if (found?.outcome !== undefined) return found.outcome['outcome'];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('where a tenant asks for a second person, nobody writes a policy alone, by any way in', async () => {
  const name = fresh();
  await resources.apply(policyOf(name, {}));
  const path = `/api/v1/resources/PrivacyPolicy/${name}`;
  const changed = policyOf(name, { default: 'allow' });
  for (const who of ['ada', options.localToken.text]) {
    for (const reply of [
      await call(who, 'PUT', path, changed),
      await call(who, 'PUT', `${path}?dryRun=true`, changed),
      await call(who, 'DELETE', path),
      await call(who, 'PUT', `/api/v1/resources/pp/${name}-new`, policyOf(`${name}-new`, {})),
    ]) {
      assert.equal(reply.status, 403);
      assert.equal(reply.body.code, 'approval_required');
      assert.match(reply.body.detail, /The tenant cardiology asks/);
      assert.match(reply.body.remedy, /Propose the change in the console or with POST \/api\/v1\/proposals/);
      assert.deepEqual(await outcomeOf(reply.receipt), { ok: false, code: 'approval_required' });
    }
  }
  assert.equal((await stored(name))?.spec.default, 'pseudonymise');
  const same = await call('ada', 'PUT', path, { ...policyOf(name, {}), metadata: { name, labels: { team: 'a' } } });
  assert.equal(same.status, 200, 'what changes no rule needs nobody');
  asking = [];
  assert.equal((await call('ada', 'PUT', path, changed)).status, 200, 'nor where no tenant asks');
  asking = [{ name: 'cardiology', policyApproval: 'secondPerson' }];
});

test('one proposes, another approves: it holds, the history names both, and every step is on the record', async () => {
  const name = fresh();
  await resources.apply(policyOf(name, {}));
  const wanted = policyOf(name, { entities: { EMAIL: 'block' } });
  const proposal = await propose('ada', wanted, { baseGeneration: 1, reason: 'letters leave by mail' });
  assert.equal(proposal.state, 'pending');
  assert.equal(proposal.own, true);
  assert.equal((await stored(name))?.spec.entities, undefined, 'nothing holds before it is approved');
  const { status, body, receipt } = await decide('grace', proposal, 'approve');
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.state, body.decidedBy, body.own], ['approved', 'grace', false]);
  assert.deepEqual((await stored(name))?.spec.entities, { EMAIL: 'block' });
  const { revisions } = (await call('ada', 'GET', `/api/v1/resources/PrivacyPolicy/${name}/revisions`)).body;
  const newest = revisions[0];
  assert.deepEqual([newest?.by, newest?.approvedBy, newest?.receipt], ['ada', 'grace', receipt]);
  const proposed = await recordOf(proposal.receipt ?? '');
  const approved = await recordOf(receipt);
  assert.deepEqual(proposed.actor, { kind: 'account', id: 'ada' });
  assert.deepEqual(approved.actor, { kind: 'account', id: 'grace' });
  const facts = (record: Record<string, unknown>) => record['proposal'] as Record<string, unknown>;
  assert.deepEqual([proposed.action, approved.action], ['proposal.create', 'proposal.approve']);
  assert.equal(facts(proposed)['step'], 'propose');
  assert.equal(facts(approved)['step'], 'approve');
  assert.equal(facts(approved)['id'], proposal.id);
  assert.equal(facts(approved)['digest'], facts(proposed)['digest'], 'what was approved is what was proposed');
  assert.equal(facts(approved)['baseGeneration'], 1);
  assert.deepEqual(approved['policy'], { name, hash: effectivePolicy([{ name, spec: wanted.spec }]).hash });
  assert.deepEqual(await outcomeOf(receipt), { ok: true, code: 'done' });
  assert.ok(!JSON.stringify([proposed, approved]).includes('letters leave'), 'a reason is for people, not for the log');
});

test('a policy is made, rolled back and deleted by two persons likewise', async () => {
  const name = fresh();
  for (const spec of [{ default: 'mask' }, { default: 'block' }, { default: 'mask' }] as const) {
    const proposal = await propose('ada', policyOf(name, spec));
    assert.equal((await decide('grace', proposal, 'approve')).status, 200);
    assert.equal((await stored(name))?.spec.default, spec.default);
  }
  const { status, body } = await call('grace', 'POST', '/api/v1/proposals', {
    remove: { kind: 'PrivacyPolicy', name },
  });
  assert.equal(status, 201);
  assert.equal((await decide('ada', body, 'approve')).status, 200);
  assert.equal(await stored(name), undefined);
});

test('a tenant that asks keeps its rules, and the asking itself, behind two persons; its limits are the admin’s', async () => {
  await account('root', { role: 'admin' });
  const name = fresh();
  const path = `/api/v1/resources/Tenant/${name}`;
  const tenantOf = (spec: object) => ({
    ...{ apiVersion: 'intramuros.dev/v1alpha1', kind: 'Tenant', metadata: { name } },
    spec: { policyApproval: 'secondPerson', policy: 'internal', ...spec },
  });
  assert.equal((await call('root', 'PUT', path, { ...tenantOf({}), spec: {} })).status, 200);
  assert.equal((await call('ada', 'PUT', path, tenantOf({}))).status, 200, 'to begin to ask needs nobody');
  for (const spec of [{ policyApproval: 'none' }, { policy: 'other' }, { entitlements: { leastClass: 'public' } }]) {
    const { status, body } = await call('ada', 'PUT', path, tenantOf(spec));
    assert.deepEqual([status, body.code], [403, 'approval_required'], JSON.stringify(spec));
    assert.match(body.detail, new RegExp(`The tenant ${name} asks`));
  }
  assert.equal((await call('root', 'DELETE', path)).body.code, 'approval_required', 'nor does it go with its rules');
  assert.equal((await call('root', 'PUT', path, tenantOf({ requestsPerMinute: 60 }))).status, 200);
  assert.equal((await call('root', 'POST', '/api/v1/proposals', { resource: tenantOf({ policy: 'x' }) })).status, 403);
  assert.equal((await call('root', 'POST', '/api/v1/proposals', { resource: policyOf(fresh(), {}) })).status, 403);
  const floor = await call('ada', 'POST', '/api/v1/proposals', {
    resource: tenantOf({ requestsPerMinute: 60, policy: 'stricter' }),
  });
  assert.equal(floor.status, 201, JSON.stringify(floor.body));
  assert.equal((await decide('grace', floor.body, 'approve')).status, 200);
  assert.equal((await resources.get('Tenant', { name }))?.spec.policy, 'stricter');
  const gone = await call('root', 'POST', '/api/v1/proposals', { remove: { kind: 'Tenant', name } });
  assert.equal(gone.status, 201, JSON.stringify(gone.body));
  assert.equal((await decide('root', gone.body, 'approve')).status, 403, 'an admin decides nothing about data');
  assert.equal((await decide('ada', gone.body, 'approve')).status, 200);
  assert.equal(await resources.get('Tenant', { name }), undefined);
});

test('nobody approves their own: not by a second token, another account of theirs, or one made afterwards', async () => {
  const name = fresh();
  await account('oidc:mary', { source: 'oidc', passwordHash: undefined, subject: 'https://idp.example mary-1' });
  const own = await propose('oidc:mary', policyOf(name, {}));
  await account('oidc:mary.new', { source: 'oidc', passwordHash: undefined, subject: 'https://idp.example mary-1' });
  await account('ldap:mary', { source: 'ldap', passwordHash: undefined, subject: 'entry-77' });
  await account('mary', {});
  await account('newcomer', {});
  const seen = async (who: string) => (await call(who, 'GET', `/api/v1/proposals/${own.id}`)).body.own;
  assert.deepEqual(await Promise.all(['oidc:mary', 'oidc:mary.new', 'ldap:mary', 'grace'].map(seen)), [
    ...[true, true, true, false],
  ]);
  tokens.set('second token', await tokenOf('oidc:mary'));
  for (const who of [
    'oidc:mary',
    'second token',
    'oidc:mary.new',
    'ldap:mary',
    'mary',
    'newcomer',
    options.localToken.text,
  ]) {
    for (const step of ['approve', 'reject']) {
      const { status, body, receipt } = await decide(who, own, step);
      assert.deepEqual([status, body.code], [403, 'second_person_required'], `${who} ${step}`);
      assert.ok(body.remedy.length > 10);
      assert.deepEqual(await outcomeOf(receipt), { ok: false, code: 'second_person_required' });
    }
  }
  assert.equal(await stored(name), undefined);
  const { status, body } = await call(options.localToken.text, 'POST', '/api/v1/proposals', {
    resource: policyOf(fresh(), {}),
  });
  assert.deepEqual([status, body.code], [403, 'second_person_required'], 'whoever proposes must be somebody');
  assert.equal((await decide('grace', own, 'withdraw')).status, 403, 'others do not withdraw it');
  assert.equal((await decide('oidc:mary.new', own, 'withdraw')).status, 200, 'the same person does');
  assert.equal((await decide('grace', own, 'approve')).body.code, 'proposal_closed');
});

test('a proposal on an old base is refused with what to do, when it is written and when it is approved', async () => {
  const name = fresh();
  await resources.apply(policyOf(name, {}));
  const [first, second] = [
    await propose('ada', policyOf(name, { default: 'mask' })),
    await propose('ada', policyOf(name, { default: 'block' })),
  ];
  const both = await Promise.all([decide('grace', first, 'approve'), decide('grace', second, 'approve')]);
  assert.deepEqual(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409],
    'of two at once, one',
  );
  const late = both.find(({ status }) => status === 409);
  assert.equal(late?.body.code, 'proposal_stale');
  assert.match(late?.body.detail, /written on generation 1, and now there is generation 2/);
  assert.match(late?.body.remedy, /propose the change again/);
  assert.equal((await stored(name))?.metadata.generation, 2);
  const list = (await call('ada', 'GET', `/api/v1/proposals?name=${name}&state=pending`)).body.proposals;
  assert.deepEqual(
    list.map(({ stale }: PresentedProposal) => stale),
    [true],
  );
  assert.ok(list[0]);
  assert.equal((await decide('grace', list[0], 'reject')).body.state, 'rejected');
  const again = await call('ada', 'POST', '/api/v1/proposals', {
    resource: policyOf(name, { default: 'allow' }),
    baseGeneration: 1,
  });
  assert.deepEqual([again.status, again.body.code, again.body.param], [409, 'proposal_stale', 'baseGeneration']);
});

test('the same approval sent many times at once applies once', async () => {
  const proposal = await propose('ada', policyOf(fresh(), {}));
  const replies = await Promise.all(Array.from({ length: 8 }, () => decide('grace', proposal, 'approve')));
  const codes = replies.map(({ status, body }): string => (status === 200 ? 'done' : body.code));
  assert.deepEqual(codes.toSorted(), ['done', ...Array.from({ length: 7 }, () => 'proposal_closed')].toSorted());
  assert.equal((await stored(proposal.name))?.metadata.generation, 1);
});

test('what nobody decides on in time expires, on the record, and is decided on no more', async () => {
  const proposal = await propose('ada', policyOf(fresh(), {}));
  // The owner moves its time, which the product itself may not.
  const owner = new Client({ connectionString: database.server.url });
  await owner.connect();
  await owner.query(`UPDATE proposal SET expires_at = now() - interval '1 minute' WHERE id = $1`, [proposal.id]);
  await owner.end();
  assert.equal((await decide('grace', proposal, 'approve')).body.code, 'proposal_closed');
  const { proposals } = (await call('ada', 'GET', `/api/v1/proposals?name=${proposal.name}`)).body;
  assert.equal(proposals[0]?.state, 'expired');
  const { record } = (await audit.records.find(proposals[0]?.decisionReceipt ?? '')) ?? {};
  assert.equal(record?.action, 'proposal.expire');
  assert.deepEqual(record?.actor, { kind: 'system', id: '-' });
});

test('the database keeps what was proposed as it was, and no row is approved by its proposer', async () => {
  const proposal = await propose('ada', policyOf(fresh(), {}));
  const run = (sql: string) => database.pool.query(sql, [proposal.id]);
  for (const column of ['wanted', 'base', 'proposed_by', 'proposed_subject', 'proposed_at', 'expires_at', 'name']) {
    await assert.rejects(run(`UPDATE proposal SET ${column} = ${column} WHERE id = $1`), { code: '42501' });
  }
  await assert.rejects(run('DELETE FROM proposal WHERE id = $1'), { code: '42501' });
  const alone = `UPDATE proposal SET state = 'approved', decided_by = proposed_by, decided_at = now() WHERE id = $1`;
  await assert.rejects(run(alone), { code: '23514' });
});

test('lists go by pages, and a proposal says what is wrong with it', async () => {
  const name = fresh();
  await resources.apply(policyOf(name, {}));
  for (const action of ['mask', 'block', 'allow'] as const) await propose('ada', policyOf(name, { default: action }));
  const seen: string[] = [];
  let before = '';
  do {
    const { body } = await call('grace', 'GET', `/api/v1/proposals?name=${name}&limit=2${before}`);
    seen.push(
      ...body.proposals.map(({ wanted }: PresentedProposal) => (wanted as unknown as PrivacyPolicy).spec.default),
    );
    before = body.next === null ? '' : `&before=${body.next}`;
  } while (before !== '');
  assert.deepEqual(seen, ['allow', 'block', 'mask']);
  const wrong = [
    [{}, 400, 'resource'],
    [{ resource: policyOf(name, {}), remove: { kind: 'pp', name } }, 400, 'resource'],
    [{ resource: policyOf(name, {}) }, 400, 'resource.spec'],
    [{ resource: policyOf(name, { minScore: 2 }) }, 422, 'spec.minScore'],
    [
      { resource: { ...policyOf(name, {}), kind: 'Model', spec: { source: { uri: 'bundled://m' } } } },
      400,
      'resource.kind',
    ],
    [{ remove: { kind: 'pp', name: 'internal' } }, 400, 'name'],
    [{ remove: { kind: 'pp', name: fresh() } }, 400, 'remove.name'],
  ] as const;
  for (const [body, status, param] of wrong) {
    const reply = await call('ada', 'POST', '/api/v1/proposals', body);
    assert.deepEqual([reply.status, reply.body.param], [status, param], JSON.stringify(reply.body));
  }
  assert.equal((await call('ada', 'GET', '/api/v1/proposals/5d8a2c9e-5b3d-4c55-9a55-0d8a2c9e5b3d')).status, 404);
});
