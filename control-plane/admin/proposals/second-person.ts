// When a change needs a second person, and who that may be. Pure: resources, persons and times are given.
// Imports operator/api, errors and the types of stored proposals.

import type { Kind, Resource } from '../../../operator/api/resource.ts';
import { type AppError, fail } from '../../errors.ts';
import type { Person, StoredProposal } from '../../resources/proposal-rows.ts';
import { changesRules } from '../resources/tenant-fields.ts';

/** What a tenant asks for. */
export interface TenantApproval {
  readonly name: string;
  readonly policyApproval: 'none' | 'secondPerson';
}

/** The tenants as they are now. */
export type TenantApprovals = () => Promise<readonly TenantApproval[]>;

/** Kinds whose change may need a second person. */
export const APPROVED_KINDS = ['PrivacyPolicy', 'Tenant'] as const satisfies readonly Kind[];
export type ApprovedKind = (typeof APPROVED_KINDS)[number];

export function isApprovedKind(kind: Kind): kind is ApprovedKind {
  return (APPROVED_KINDS as readonly Kind[]).includes(kind);
}

/**
 * The tenants that ask for a second person, for a change of this kind. A policy belongs to no tenant and any Model may
 * name any of them, also one that is made only now: so a policy concerns each tenant that asks.
 */
export function tenantsAsking(kind: Kind, tenants: readonly TenantApproval[]): readonly string[] {
  if (kind !== 'PrivacyPolicy') return [];
  return tenants.filter(({ policyApproval }) => policyApproval === 'secondPerson').map(({ name }) => name);
}

/**
 * The tenants that ask for a second person for this change. What holds for a tenant's data is the tenant's own business:
 * also that it asks at all, or one person could take the need away, change a policy, and put it back.
 */
export function askedBy(
  kind: Kind,
  { before, wanted }: { readonly before: Resource | undefined; readonly wanted: Resource | undefined },
  tenants: readonly TenantApproval[],
): readonly string[] {
  if (kind !== 'Tenant') return tenantsAsking(kind, tenants);
  if (before?.kind !== 'Tenant' || before.spec.policyApproval !== 'secondPerson') return [];
  return changesRules(before, wanted) ? [before.metadata.name] : [];
}

export function approvalRequired(kind: Kind, name: string, tenants: readonly string[]): AppError {
  const asking = tenants.length === 1 ? `The tenant ${tenants[0]} asks` : `The tenants ${tenants.join(', ')} ask`;
  return fail('approval_required', {
    detail: `${asking} that a second person approves a change of the ${kind} ${name}.`,
    remedy: 'Propose the change in the console or with POST /api/v1/proposals; another officer approves it there.',
  });
}

/** Who decides: known by name, and by what no second account or token changes. */
export interface Decider extends Person {
  /** Of a local account, which no directory vouches for; undefined for one of a directory. */
  readonly madeAt: Date | undefined;
}

/** One person may have an account of each source, two tokens, or a new name with the same subject. */
export function isSamePerson(a: Person, b: Person): boolean {
  if (a.subject !== undefined && a.subject === b.subject) return true;
  return bareName(a.name) === bareName(b.name);
}

function bareName(name: string): string {
  return name.replace(/^(?:oidc|ldap):/, '').toLowerCase();
}

/** A proposal that waits and whose time is over is of the past, also before somebody wrote that down. */
export function stateOf({ state, expiresAt }: StoredProposal, now: Date): StoredProposal['state'] {
  return state === 'pending' && expiresAt <= now ? 'expired' : state;
}

/** @throws AppError `proposal_closed`. */
export function requirePending(proposal: StoredProposal, now: Date): void {
  const state = stateOf(proposal, now);
  if (state === 'pending') return;
  const by = proposal.decision === undefined ? '' : ` by ${proposal.decision.person.name}`;
  throw fail('proposal_closed', {
    detail: `The proposal is ${state}${state === 'expired' ? '' : by}.`,
    remedy: 'Propose the change again if it is still wanted.',
  });
}

/** @throws AppError `second_person_required`. */
export function requireSecondPerson({ proposer, proposedAt }: StoredProposal, decider: Decider): void {
  if (isSamePerson(proposer, decider)) {
    throw fail('second_person_required', {
      detail: 'Nobody decides on a change of their own, by whatever account or token.',
      remedy: 'Another officer decides. Whoever proposed it can withdraw it.',
    });
  }
  if (decider.madeAt !== undefined && decider.madeAt > proposedAt) {
    throw fail('second_person_required', {
      detail: 'The account is younger than the proposal: it could be that of whoever proposed.',
      remedy: 'An officer whose account was there before decides; or have the change proposed again.',
    });
  }
}

/** @throws AppError `second_person_required`. */
export function requireOwn({ proposer }: StoredProposal, person: Person): void {
  if (isSamePerson(proposer, person)) return;
  throw fail('second_person_required', {
    detail: `Only ${proposer.name}, who proposed it, withdraws it.`,
    remedy: 'Reject it instead.',
  });
}

/** Whether the resource is no longer what the proposal was written on. */
export function isStale({ base }: Pick<StoredProposal, 'base'>, current: Resource | undefined): boolean {
  return base?.metadata.uid !== current?.metadata.uid || base?.metadata.generation !== current?.metadata.generation;
}

/** @throws AppError `proposal_stale`. */
export function requireFresh(proposal: Pick<StoredProposal, 'base' | 'kind' | 'name'>, current: Resource | undefined) {
  if (!isStale(proposal, current)) return;
  const { base, kind, name } = proposal;
  throw fail('proposal_stale', {
    detail: `The ${kind} ${name} was changed meanwhile: the proposal was written on ${saidOf(base)}, and now there is ${saidOf(current)}.`,
    remedy: 'Withdraw or reject it, and propose the change again on what holds now.',
  });
}

function saidOf(resource: Resource | undefined): string {
  if (resource === undefined) return 'none of this name';
  return `generation ${resource.metadata.generation ?? 1}`;
}
