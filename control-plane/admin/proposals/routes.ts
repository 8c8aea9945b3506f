// Proposals over HTTP: a change that needs a second person is proposed, looked at with its difference, and approved,
// rejected or withdrawn. Each step is a record. Imports operator/api, errors, identity, http/ and the service beside it.

import * as z from 'zod';
import { findKind, type Kind, type Resource, validateResource } from '../../../operator/api/resource.ts';
import { ResourceError } from '../../../operator/api/resource-error.ts';
import { fail } from '../../errors.ts';
import type { StoredProposal } from '../../resources/proposal-rows.ts';
import { type Call, defineRoute, type Route } from '../http/route.ts';
import { authorise, type Principal } from '../identity/roles.ts';
import { isBuiltIn, undeletable } from '../resources/built-in-policy.ts';
import { RESOURCE_ACTIONS } from '../resources/resource-actions.ts';
import { proposalFacts } from './proposal-facts.ts';
import type { JudgedProposal, ProposalService, WantedChange } from './proposal-service.ts';
import { APPROVED_KINDS, isApprovedKind, stateOf } from './second-person.ts';

const STATES = ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] as const;
const resourceSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({}) });
const idPath = z.object({ id: z.uuid() });

const newProposal = z.strictObject({
  resource: z.looseObject({}).optional().meta({ description: 'The resource as it shall be.' }),
  remove: z
    .strictObject({ kind: z.string().max(64), name: z.string().max(253) })
    .optional()
    .meta({ description: 'Instead of `resource`: what shall be deleted.' }),
  baseGeneration: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Generation that the change was written on, 0 for none; an older one is refused.' }),
  reason: z.string().max(500).default('').meta({ description: 'Why, for whoever approves. It is not in the log.' }),
});

const presented = z.object({
  id: z.uuid(),
  kind: z.enum(APPROVED_KINDS),
  name: z.string(),
  operation: z.enum(['apply', 'delete']),
  wanted: resourceSchema.nullable(),
  base: resourceSchema.nullable().meta({ description: 'As it was when this was proposed.' }),
  reason: z.string(),
  state: z.enum(STATES),
  stale: z.boolean().meta({ description: 'The resource changed since: it can no longer be approved.' }),
  own: z.boolean().meta({ description: 'Proposed by whoever asks.' }),
  proposedBy: z.string(),
  proposedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  receipt: z.string().nullable().meta({ description: 'Of the record of the proposal.' }),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  decisionReceipt: z.string().nullable().meta({ description: 'Of the record of the decision.' }),
});
export type PresentedProposal = z.output<typeof presented>;

const listQuery = z.strictObject({
  state: z.enum(STATES).optional(),
  kind: z.enum(APPROVED_KINDS).optional(),
  name: z.string().max(253).optional(),
  before: z.uuid().optional().meta({ description: 'Id of a proposal: those that came before it.' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export function proposalRoutes(service: ProposalService): Route[] {
  const present = async (proposals: readonly StoredProposal[], principal: Principal | undefined) =>
    (await service.judge(proposals, principal)).map(presentProposal);
  const one = async (proposal: StoredProposal, principal: Principal | undefined) => {
    const [first] = await present([proposal], principal);
    return { json: first };
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/proposals',
      summary: 'Changes that wait for a second person, or waited for one, newest first',
      action: 'proposal.read',
      query: listQuery,
      answer: {
        description: 'A page of them; `next` is the `before` of the following one.',
        schema: z.object({ proposals: z.array(presented), next: z.uuid().nullable() }),
      },
      handle: async ({ query, principal }) => {
        await service.expire();
        const found = await service.list({ ...query, limit: query.limit + 1 });
        const page = found.slice(0, query.limit);
        const next = found.length > query.limit ? (page.at(-1)?.id ?? null) : null;
        return { json: { proposals: await present(page, principal), next } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/proposals/{id}',
      summary: 'One proposal',
      action: 'proposal.read',
      params: idPath,
      answer: { description: 'The proposal.', schema: presented },
      handle: async ({ params, principal }) => one(await service.find(params.id), principal),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/proposals',
      summary: 'Propose a change that a second person approves',
      action: 'proposal.create',
      body: newProposal,
      successStatus: 201,
      answer: { description: 'The proposal.', schema: presented },
      record: {
        kind: 'change',
        facts: ({ body, principal }) => {
          const change = readChange(body, principal);
          return proposalFacts(change, 'propose', change.baseGeneration);
        },
      },
      handle: async ({ body, principal, receipt }) => {
        const proposal = await service.propose(readChange(body, principal), { principal, receipt });
        return { status: 201, ...(await one(proposal, principal)) };
      },
    }),
    decisionRoute('approve', 'Approve a proposal of another person, which applies it', service, one),
    decisionRoute('reject', 'Reject a proposal of another person', service, one),
    decisionRoute('withdraw', 'Withdraw a proposal of your own', service, one),
  ];
}

function decisionRoute(
  step: 'approve' | 'reject' | 'withdraw',
  summary: string,
  service: ProposalService,
  one: (proposal: StoredProposal, principal: Principal | undefined) => Promise<{ json: unknown }>,
): Route {
  return defineRoute({
    method: 'post',
    path: `/api/v1/proposals/{id}/${step}`,
    summary,
    action: `proposal.${step}`,
    params: idPath,
    answer: { description: 'The proposal as it is now.', schema: presented },
    record: {
      kind: 'change',
      facts: async ({ params }) => proposalFacts(await service.find(params.id), step),
    },
    handle: async ({ params, principal, receipt }: Call<{ id: string }, unknown, unknown>) =>
      one(await service[step](params.id, { principal, receipt }), principal),
  });
}

/** @throws AppError or ResourceError for what could not be applied either. */
function readChange(body: z.output<typeof newProposal>, principal: Principal | undefined): WantedChange {
  const { resource, remove, reason, baseGeneration } = body;
  if ((resource === undefined) === (remove === undefined)) {
    throw fail(resource === undefined ? 'missing_field' : 'invalid_field', {
      param: 'resource',
      detail: 'A proposal has either resource or remove.',
      remedy: 'Send resource to create or change, remove to delete.',
    });
  }
  if (remove !== undefined) {
    const kind = approvedKind(findKind(remove.kind), 'remove.kind');
    if (isBuiltIn(kind, remove.name)) throw undeletable();
    authorise(principal, RESOURCE_ACTIONS[kind].delete);
    return { kind, name: remove.name, wanted: undefined, reason, baseGeneration };
  }
  const validation = validateResource(resource);
  if (!validation.ok) {
    throw new ResourceError('invalid', 'The resource is not valid.', { problems: validation.problems });
  }
  const wanted: Resource = validation.resource;
  const kind = approvedKind(wanted.kind, 'resource.kind');
  authorise(principal, RESOURCE_ACTIONS[kind].apply);
  return { kind, name: wanted.metadata.name, wanted, reason, baseGeneration };
}

function approvedKind(kind: Kind | undefined, param: string) {
  if (kind !== undefined && isApprovedKind(kind)) return kind;
  throw fail('invalid_field', {
    param,
    detail: 'A change of this kind needs nobody to approve it.',
    remedy: `Proposals are of ${APPROVED_KINDS.join(', ')}; apply others directly.`,
  });
}

function presentProposal({ proposal, stale, own }: JudgedProposal): PresentedProposal {
  const { id, kind, name, wanted, base, reason, proposer, proposedAt, expiresAt, receipt, decision } = proposal;
  return {
    ...{ id, kind: kind as PresentedProposal['kind'], name, reason, stale, own },
    operation: wanted === undefined ? 'delete' : 'apply',
    wanted: (wanted as PresentedProposal['wanted'] | undefined) ?? null,
    base: (base as PresentedProposal['base'] | undefined) ?? null,
    state: stateOf(proposal, new Date()),
    proposedBy: proposer.name,
    proposedAt: proposedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    receipt: receipt ?? null,
    decidedBy: decision?.person.name ?? null,
    decidedAt: decision?.at.toISOString() ?? null,
    decisionReceipt: decision?.receipt ?? null,
  };
}
