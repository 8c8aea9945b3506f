// Policies: what one would make of a text, which hold where, what they come to for a tenant and a model, and changes that
// wait for a second person. A text that is tried goes no further than its question.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { EffectiveView } from '../../admin/policies/effective-view.ts';
import type { PoliciesInForce } from '../../admin/policies/policies-in-force.ts';
import type { TriedPolicy } from '../../admin/policies/routes.ts';
import type { PresentedProposal } from '../../admin/proposals/routes.ts';
import { change, get } from './api.ts';

export type { EffectiveView, PoliciesInForce, PresentedProposal, TriedPolicy };

export function tryQuery(policy: Readonly<Record<string, unknown>>, text: string) {
  return queryOptions({
    queryKey: ['try', policy, text],
    queryFn: () => change<TriedPolicy>('POST', '/api/v1/policies/try', { policy, text }),
    placeholderData: keepPreviousData,
    // What was typed is forgotten as soon as nothing shows it.
    gcTime: 0,
  });
}

/** A gateway that dies tells nobody: the count is asked again now and then. */
const REFRESH_MS = 5000;

export const forceQuery = queryOptions({
  queryKey: ['policies', 'force'],
  refetchInterval: REFRESH_MS,
  queryFn: ({ signal }) => get<PoliciesInForce>('/api/v1/policies', signal),
});

/** What stands in the address of the effective policy. */
export interface EffectiveSearch {
  readonly tenant?: string;
  readonly model?: string;
}

export function effectiveQuery({ tenant, model }: { readonly tenant: string | undefined; readonly model: string }) {
  const of = tenant === undefined ? '' : `tenant=${encodeURIComponent(tenant)}&`;
  return queryOptions({
    queryKey: ['policies', 'effective', tenant ?? '', model],
    queryFn: ({ signal }) =>
      get<EffectiveView>(`/api/v1/policies/effective?${of}model=${encodeURIComponent(model)}`, signal),
  });
}

export function proposalsQuery(of: { readonly [K in 'name' | 'state' | 'limit']?: string } = {}) {
  const query = new URLSearchParams(of).toString();
  return queryOptions({
    queryKey: ['policies', 'proposals', of],
    queryFn: async ({ signal }) =>
      (await get<{ readonly proposals: readonly PresentedProposal[] }>(`/api/v1/proposals?${query}`, signal)).proposals,
  });
}

export function proposalQuery(id: string) {
  return queryOptions({
    queryKey: ['policies', 'proposals', id],
    queryFn: ({ signal }) => get<PresentedProposal>(`/api/v1/proposals/${encodeURIComponent(id)}`, signal),
  });
}

export type NewProposal = {
  readonly baseGeneration: number;
  readonly reason: string;
} & (
  | { readonly resource: Readonly<Record<string, unknown>> }
  | { readonly remove: { readonly kind: string; readonly name: string } }
);

export function propose(proposal: NewProposal): Promise<PresentedProposal> {
  return change('POST', '/api/v1/proposals', proposal);
}

export function decide(id: string, step: 'approve' | 'reject' | 'withdraw'): Promise<PresentedProposal> {
  return change('POST', `/api/v1/proposals/${encodeURIComponent(id)}/${step}`);
}
