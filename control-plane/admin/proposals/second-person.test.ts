import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../../operator/api/resource.ts';
import type { StoredProposal } from '../../resources/proposal-rows.ts';
import {
  isSamePerson,
  requireFresh,
  requireOwn,
  requirePending,
  requireSecondPerson,
  stateOf,
  tenantsAsking,
} from './second-person.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 12, minutes));
const policy = (generation: number, uid = 'u1') =>
  ({ kind: 'PrivacyPolicy', metadata: { name: 'health', uid, generation }, spec: {} }) as unknown as Resource;

function proposal(changes: Partial<StoredProposal> = {}): StoredProposal {
  return {
    ...{ id: 'p1', kind: 'PrivacyPolicy', name: 'health', wanted: policy(1), base: policy(3), reason: '' },
    proposer: { name: 'oidc:ada', subject: 'sub-1' },
    ...{ proposedAt: at(0), expiresAt: at(60), receipt: undefined, state: 'pending', decision: undefined },
    ...changes,
  };
}

test('a person is the same under another name, another source and another case', () => {
  const ada = { name: 'oidc:ada', subject: 'sub-1' };
  assert.ok(isSamePerson(ada, { name: 'oidc:ada', subject: undefined }));
  assert.ok(isSamePerson(ada, { name: 'oidc:ada.married', subject: 'sub-1' }), 'renamed: the subject counts');
  assert.ok(isSamePerson(ada, { name: 'ldap:Ada', subject: 'uuid-9' }), 'the same name in another directory');
  assert.ok(isSamePerson(ada, { name: 'ada', subject: undefined }), 'a local account of the same name');
  assert.ok(!isSamePerson(ada, { name: 'oidc:grace', subject: 'sub-2' }));
  assert.ok(!isSamePerson({ name: 'ada', subject: undefined }, { name: 'grace', subject: undefined }));
});

test('nobody decides on their own, nor by a local account that was made afterwards', () => {
  const decider = (name: string, subject?: string, madeAt?: Date) => ({ name, subject, madeAt });
  const refused = { code: 'second_person_required' };
  assert.throws(() => requireSecondPerson(proposal(), decider('oidc:ada', 'sub-1')), refused);
  assert.throws(() => requireSecondPerson(proposal(), decider('oidc:renamed', 'sub-1')), refused);
  assert.throws(() => requireSecondPerson(proposal(), decider('grace', undefined, at(1))), refused);
  requireSecondPerson(proposal(), decider('grace', undefined, at(-1)));
  requireSecondPerson(proposal(), decider('oidc:grace', 'sub-2'));
});

test('only whoever proposed withdraws', () => {
  requireOwn(proposal(), { name: 'oidc:renamed', subject: 'sub-1' });
  assert.throws(() => requireOwn(proposal(), { name: 'oidc:grace', subject: 'sub-2' }), {
    code: 'second_person_required',
  });
});

test('a proposal is decided once, and not after its time', () => {
  requirePending(proposal(), at(59));
  assert.equal(stateOf(proposal(), at(60)), 'expired');
  for (const state of ['approved', 'rejected', 'withdrawn', 'expired'] as const) {
    assert.throws(() => requirePending(proposal({ state }), at(1)), { code: 'proposal_closed' });
  }
  assert.throws(() => requirePending(proposal(), at(60)), { code: 'proposal_closed' });
});

test('a proposal on an old base is refused and says on which it was written', () => {
  requireFresh(proposal(), policy(3));
  requireFresh(proposal({ base: undefined }), undefined);
  const stale = (base: Resource | undefined, current: Resource | undefined) => {
    try {
      requireFresh(proposal({ base }), current);
    } catch (error) {
      return error as { code: string; detail: string; remedy: string };
    }
    return undefined;
  };
  assert.match(stale(policy(3), policy(4))?.detail ?? '', /generation 3, and now there is generation 4/);
  assert.match(stale(policy(1), policy(1, 'u2'))?.detail ?? '', /changed meanwhile/, 'deleted and made again');
  assert.match(stale(undefined, policy(1))?.detail ?? '', /none of this name, and now there is generation 1/);
  assert.match(stale(policy(3), undefined)?.remedy ?? '', /propose the change again/);
});

test('a policy concerns every tenant that asks, a model none', () => {
  const tenants = [
    { name: 'cardiology', policyApproval: 'secondPerson' },
    { name: 'lab', policyApproval: 'none' },
  ] as const;
  assert.deepEqual(tenantsAsking('PrivacyPolicy', tenants), ['cardiology']);
  assert.deepEqual(tenantsAsking('Model', tenants), []);
  assert.deepEqual(tenantsAsking('PrivacyPolicy', []), []);
});
