// Changes that a second person approves: proposed by one, decided by another, on the record at every step. The rules are
// in second-person.ts; here they meet accounts, resources and rows. Imports operator/api, errors and identity.

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Kind, Resource } from '../../../operator/api/resource.ts';
import { fail } from '../../errors.ts';
import type { Decision, ProposalFilter, ProposalRows, StoredProposal } from '../../resources/proposal-rows.ts';
import type { AdminAudit } from '../admin-audit.ts';
import type { ChangeFeed, Topic } from '../events/change-feed.ts';
import type { AccountStore } from '../identity/account-store.ts';
import type { Principal } from '../identity/roles.ts';
import { NO_TENANT } from '../records/open-record.ts';
import type { ResourcePort } from '../resources/routes.ts';
import { requireOwnFields } from '../resources/tenant-fields.ts';
import { proposalFacts } from './proposal-facts.ts';
import {
  type Decider,
  isSamePerson,
  isStale,
  requireFresh,
  requireOwn,
  requirePending,
  requireSecondPerson,
} from './second-person.ts';

/** A proposal that nobody decided on is of the past after this: what it was about has changed by then. */
export const PROPOSAL_DAYS = 14;
const DAY_MS = 86_400_000;

export interface ProposalDependencies {
  readonly rows: ProposalRows;
  /** Not guarded: what is approved is applied through the rows, and this only reads. */
  readonly resources: Pick<ResourcePort, 'get' | 'list'>;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly audit: Pick<AdminAudit, 'append'>;
  readonly changes: Pick<ChangeFeed, 'tell'>;
  readonly now?: () => Date;
}

export interface WantedChange {
  readonly kind: Kind;
  readonly name: string;
  /** Undefined: delete it. */
  readonly wanted: Resource | undefined;
  /** Generation that the writer had before their eyes; 0: none. */
  readonly baseGeneration: number | undefined;
  readonly reason: string;
}

/** Who asks, and the receipt of the record that was opened for it. */
export interface Asker {
  readonly principal: Principal | undefined;
  readonly receipt: string | undefined;
}

export interface JudgedProposal {
  readonly proposal: StoredProposal;
  /** The resource changed since: it can no longer be approved. */
  readonly stale: boolean;
  /** Whoever asks proposed it. */
  readonly own: boolean;
}

export interface ProposalService {
  propose(change: WantedChange, asker: Asker): Promise<StoredProposal>;
  /** @throws AppError `not_found`, `proposal_closed`, `proposal_stale`, `second_person_required`. */
  approve(id: string, asker: Asker): Promise<StoredProposal>;
  reject(id: string, asker: Asker): Promise<StoredProposal>;
  /** Only whoever proposed it. */
  withdraw(id: string, asker: Asker): Promise<StoredProposal>;
  find(id: string): Promise<StoredProposal>;
  judge(proposals: readonly StoredProposal[], principal: Principal | undefined): Promise<readonly JudgedProposal[]>;
  list(filter: ProposalFilter): Promise<readonly StoredProposal[]>;
  /** Closes those whose time is over, each on the record. */
  expire(): Promise<void>;
}

const TOPICS: Readonly<Partial<Record<Kind, Topic>>> = { PrivacyPolicy: 'policies', Tenant: 'tenants' };

export function createProposalService(dependencies: ProposalDependencies): ProposalService {
  const { rows, resources, accounts, audit, changes, now = () => new Date() } = dependencies;

  async function personOf(principal: Principal | undefined): Promise<Decider> {
    const account = principal?.kind === 'account' ? await accounts.find(principal.name) : undefined;
    if (account === undefined) {
      throw fail('second_person_required', {
        detail: 'Two persons share this change, and whoever reads the data folder is nobody in particular.',
        remedy: 'Sign in as an officer: in the console, or with "intramuros login ADDRESS" from another folder.',
      });
    }
    const { name, subject, source, createdAt } = account;
    return { name, subject, madeAt: source === 'local' ? createdAt : undefined };
  }

  async function find(id: string): Promise<StoredProposal> {
    return (await rows.find(id)) ?? missing();
  }

  async function decisionOf({ receipt }: Asker, person: Decider): Promise<Decision> {
    return { person: { name: person.name, subject: person.subject }, at: now(), receipt };
  }

  async function told(id: string): Promise<StoredProposal> {
    const proposal = await find(id);
    changes.tell(TOPICS[proposal.kind] ?? 'policies');
    return proposal;
  }

  return {
    find,
    list: (filter) => rows.list(filter),
    async propose(change, { principal, receipt }) {
      const person = await personOf(principal);
      const { kind, name, wanted, reason } = change;
      const base = await resources.get(kind, { name });
      requireBase(change, base);
      requireDifference(change, base);
      requireOwnFields(principal?.role ?? 'viewer', base, wanted);
      const proposedAt = now();
      const draft = {
        ...{
          id: randomUUID(),
          kind,
          name,
          wanted: wanted && plain(wanted),
          base: base && plain(base),
          reason,
          receipt,
        },
        proposer: { name: person.name, subject: person.subject },
        ...{ proposedAt, expiresAt: new Date(proposedAt.getTime() + PROPOSAL_DAYS * DAY_MS) },
      };
      await rows.insert(draft);
      return told(draft.id);
    },
    async approve(id, asker) {
      const person = await personOf(asker.principal);
      const found = await find(id);
      await rows.approve(id, await decisionOf(asker, person), (proposal, current) => {
        requirePending(proposal, now());
        requireSecondPerson(proposal, person);
        requireFresh(proposal, current);
      });
      return told(found.id);
    },
    async reject(id, asker) {
      const person = await personOf(asker.principal);
      const found = await rows.close(id, 'rejected', await decisionOf(asker, person), (proposal) => {
        requirePending(proposal, now());
        requireSecondPerson(proposal, person);
      });
      return found ? told(id) : missing();
    },
    async withdraw(id, asker) {
      const person = await personOf(asker.principal);
      const found = await rows.close(id, 'withdrawn', await decisionOf(asker, person), (proposal) => {
        requirePending(proposal, now());
        requireOwn(proposal, person);
      });
      return found ? told(id) : missing();
    },
    async judge(proposals, principal) {
      const account = principal?.kind === 'account' ? await accounts.find(principal.name) : undefined;
      const kinds = [...new Set(proposals.map(({ kind }) => kind))];
      const lists = await Promise.all(kinds.map(async (kind) => [kind, (await resources.list(kind)).items] as const));
      const known = new Map<string, Resource>(
        lists.flatMap(([kind, items]) => items.map((item) => [`${kind} ${item.metadata.name}`, item] as const)),
      );
      return proposals.map((proposal) => ({
        proposal,
        stale: proposal.state === 'pending' && isStale(proposal, known.get(`${proposal.kind} ${proposal.name}`)),
        own: account !== undefined && isSamePerson(proposal.proposer, account),
      }));
    },
    async expire() {
      for (const proposal of await rows.due(now())) {
        const receipt = await audit.append({
          ...proposalFacts(proposal, 'expire'),
          ...{ kind: 'change', tenant: NO_TENANT, actor: { kind: 'system', id: NO_TENANT }, action: 'proposal.expire' },
        });
        const decision = { person: { name: NO_TENANT, subject: undefined }, at: now(), receipt };
        // Whoever came first decided.
        await rows.close(proposal.id, 'expired', decision, ({ state }) => requireWaiting(state));
        changes.tell(TOPICS[proposal.kind] ?? 'policies');
      }
    },
  };
}

function requireWaiting(state: StoredProposal['state']): void {
  if (state !== 'pending') throw fail('proposal_closed', { detail: `The proposal is ${state}.` });
}

/** What a person wrote, and what tells one state of it from another. */
function plain({ apiVersion, kind, metadata, spec }: Resource): Resource {
  const { resourceVersion: _version, ...kept } = metadata;
  return { apiVersion, kind, metadata: kept, spec } as Resource;
}

function requireBase({ kind, name, baseGeneration }: WantedChange, base: Resource | undefined): void {
  const now = base?.metadata.generation ?? 0;
  if (baseGeneration === undefined || baseGeneration === now) return;
  throw fail('proposal_stale', {
    param: 'baseGeneration',
    detail: `The ${kind} ${name} is not as you saw it: you wrote on generation ${baseGeneration}, and there is ${now === 0 ? 'none' : `generation ${now}`} now.`,
    remedy: 'Read it again, and repeat the change on what holds now.',
  });
}

function requireDifference({ kind, name, wanted }: WantedChange, base: Resource | undefined): void {
  if (wanted === undefined ? base !== undefined : !isDeepStrictEqual(wanted.spec, base?.spec)) return;
  throw fail('invalid_field', {
    param: wanted === undefined ? 'remove.name' : 'resource.spec',
    detail: wanted === undefined ? `There is no ${kind} ${name} to delete.` : `The ${kind} ${name} says this already.`,
    remedy: 'Propose something that changes it.',
  });
}

function missing(): never {
  throw fail('not_found', {
    param: 'id',
    detail: 'There is no proposal of this id.',
    remedy: 'GET /api/v1/proposals lists them.',
  });
}
