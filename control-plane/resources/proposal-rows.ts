// Proposals in PostgreSQL: changes of resources that wait for a second person. An approval is one transaction under the
// lock of all writers: the resource changes and the proposal closes, or neither. Whether it may happen is asked inside
// that transaction, so that nothing can change between the question and the answer.
// May import operator/api, control-plane/database.

import type { Pool } from 'pg';
import type { ChangedBy } from '../../operator/api/ports.ts';
import type { Kind, Resource } from '../../operator/api/resource.ts';
import { admit } from '../../operator/api/transition.ts';
import { applyIn, deleteIn } from './postgres-resource-store.ts';
import { ResourceRows, type Transaction, translated } from './resource-rows.ts';

export const PROPOSAL_STATES = ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** Who did something: the name of an account, and what a directory calls the person, where it is of one. */
export interface Person {
  readonly name: string;
  readonly subject: string | undefined;
}

export interface ProposalDraft {
  readonly id: string;
  readonly kind: Kind;
  readonly name: string;
  /** Undefined: it shall be deleted. */
  readonly wanted: Resource | undefined;
  /** As it stood when this was written; undefined: there was none. */
  readonly base: Resource | undefined;
  readonly reason: string;
  readonly proposer: Person;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  readonly receipt: string | undefined;
}

export interface Decision {
  readonly person: Person;
  readonly at: Date;
  readonly receipt: string | undefined;
}

export interface StoredProposal extends ProposalDraft {
  readonly state: ProposalState;
  readonly decision: Decision | undefined;
}

export interface ProposalFilter {
  readonly state?: ProposalState | undefined;
  readonly kind?: Kind | undefined;
  readonly name?: string | undefined;
  /** Of a proposal: those that came before it. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Throws what stands against it; `current` is the resource as it is now. */
export type ProposalCheck = (proposal: StoredProposal, current: Resource | undefined) => void;

export interface ProposalRows {
  insert(draft: ProposalDraft): Promise<void>;
  find(id: string): Promise<StoredProposal | undefined>;
  /** Newest first. */
  list(filter: ProposalFilter): Promise<readonly StoredProposal[]>;
  /** The resource as it is afterwards, or as it was before it was deleted; undefined: there is no such proposal. */
  approve(id: string, decision: Decision, check: ProposalCheck): Promise<Resource | undefined>;
  /** False: there is no such proposal. */
  close(
    id: string,
    state: 'rejected' | 'withdrawn' | 'expired',
    decision: Decision,
    check: ProposalCheck,
  ): Promise<boolean>;
  /** Those that wait and whose time is over. */
  due(now: Date): Promise<readonly StoredProposal[]>;
}

export function proposalRows({ pool }: { readonly pool: Pool }): ProposalRows {
  const resources = new ResourceRows(pool);
  const read = async (tail: string, values: readonly unknown[]) => {
    const { rows } = await translated(() => pool.query<RawProposal>(`${SELECT} ${tail}`, [...values]));
    return rows.map(toProposal);
  };
  return {
    async insert(draft) {
      const { id, kind, name, wanted, base, reason, proposer, proposedAt, expiresAt, receipt } = draft;
      await translated(() =>
        pool.query(INSERT, [
          ...[id, kind, name, wanted === undefined ? 'delete' : 'apply', wanted, base],
          ...[base?.metadata.uid, base?.metadata.generation, reason, proposer.name, proposer.subject],
          ...[proposedAt, expiresAt, receipt],
        ]),
      );
    },
    find: async (id) => (await read('WHERE id = $1', [id]))[0],
    list: ({ state, kind, name, before, limit }) => read(LIST, [state, kind, name, before, limit]),
    approve: (id, decision, check) =>
      resources.write(async (tx) => {
        const proposal = await lock(tx, id);
        if (proposal === undefined) return undefined;
        await checkNow(tx, proposal, check);
        await tx.query(CLOSE, closing(id, 'approved', decision));
        return change(tx, proposal, decision);
      }),
    close: (id, state, decision, check) =>
      resources.write(async (tx) => {
        const proposal = await lock(tx, id);
        if (proposal === undefined) return false;
        await checkNow(tx, proposal, check);
        await tx.query(CLOSE, closing(id, state, decision));
        return true;
      }),
    due: (now) => read(`WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at LIMIT 100`, [now]),
  };
}

async function lock(tx: Transaction, id: string): Promise<StoredProposal | undefined> {
  const { rows } = await tx.query<RawProposal>(`${SELECT} WHERE id = $1 FOR UPDATE`, [id]);
  return rows.map(toProposal)[0];
}

async function checkNow(tx: Transaction, proposal: StoredProposal, check: ProposalCheck): Promise<void> {
  const row = await tx.get(proposal.kind, { name: proposal.name });
  check(proposal, row === undefined || row.deleted ? undefined : row.resource);
}

async function change(tx: Transaction, proposal: StoredProposal, { person, receipt }: Decision) {
  const { kind, name, wanted, proposer } = proposal;
  if (wanted === undefined) return deleteIn(tx, kind, { name });
  const by: ChangedBy = { name: proposer.name, approvedBy: person.name, receipt };
  // Checked again: what was valid when it was proposed may not be since an upgrade.
  return applyIn(tx, admit(wanted), { by });
}

function closing(id: string, state: ProposalState, { person, at, receipt }: Decision): unknown[] {
  return [id, state, person.name, person.subject, at, receipt];
}

const COLUMNS = `id, kind, name, wanted, base, reason, proposed_by, proposed_subject, proposed_at, expires_at, receipt,
  state, decided_by, decided_subject, decided_at, decision_receipt`;
const SELECT = `SELECT ${COLUMNS} FROM proposal`;
const LIST = `
  WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR name = $3)
    AND ($4::uuid IS NULL OR (proposed_at, id) < (SELECT proposed_at, id FROM proposal WHERE id = $4))
  ORDER BY proposed_at DESC, id DESC LIMIT $5`;
const INSERT = `
  INSERT INTO proposal (id, kind, name, operation, wanted, base, base_uid, base_generation, reason, proposed_by,
                        proposed_subject, proposed_at, expires_at, receipt)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`;
const CLOSE = `
  UPDATE proposal SET state = $2, decided_by = $3, decided_subject = $4, decided_at = $5, decision_receipt = $6
  WHERE id = $1`;

interface RawProposal {
  readonly id: string;
  readonly kind: Kind;
  readonly name: string;
  readonly wanted: Resource | null;
  readonly base: Resource | null;
  readonly reason: string;
  readonly proposed_by: string;
  readonly proposed_subject: string | null;
  readonly proposed_at: Date;
  readonly expires_at: Date;
  readonly receipt: string | null;
  readonly state: ProposalState;
  readonly decided_by: string | null;
  readonly decided_subject: string | null;
  readonly decided_at: Date | null;
  readonly decision_receipt: string | null;
}

function toProposal(raw: RawProposal): StoredProposal {
  const { id, kind, name, reason, state, decided_by, decided_at } = raw;
  return {
    ...{ id, kind, name, reason, state },
    wanted: raw.wanted ?? undefined,
    base: raw.base ?? undefined,
    proposer: { name: raw.proposed_by, subject: raw.proposed_subject ?? undefined },
    proposedAt: raw.proposed_at,
    expiresAt: raw.expires_at,
    receipt: raw.receipt ?? undefined,
    decision:
      decided_by === null || decided_at === null
        ? undefined
        : {
            person: { name: decided_by, subject: raw.decided_subject ?? undefined },
            at: decided_at,
            receipt: raw.decision_receipt ?? undefined,
          },
  };
}
