// A double of the rows of proposals, for tests: on any resource port, with the same questions at the same moments.

import type { Decision, ProposalRows, ProposalState, StoredProposal } from '../../resources/proposal-rows.ts';
import type { ResourcePort } from '../resources/routes.ts';

export function memoryProposals(resources: Pick<ResourcePort, 'get' | 'apply' | 'delete'>): ProposalRows {
  const known = new Map<string, StoredProposal>();
  const newestFirst = () => [...known.values()].toReversed();
  const close = (proposal: StoredProposal, state: ProposalState, decision: Decision) =>
    void known.set(proposal.id, { ...proposal, state, decision });
  return {
    insert: async (draft) => void known.set(draft.id, { ...draft, state: 'pending', decision: undefined }),
    find: async (id) => known.get(id),
    async list({ state, kind, name, before, limit }) {
      const all = newestFirst();
      const from = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1;
      const fits = (each: StoredProposal) =>
        (state === undefined || each.state === state) &&
        (kind === undefined || each.kind === kind) &&
        (name === undefined || each.name === name);
      return all.slice(from).filter(fits).slice(0, limit);
    },
    async approve(id, decision, check) {
      const proposal = known.get(id);
      if (proposal === undefined) return undefined;
      const { kind, name, wanted, proposer } = proposal;
      check(proposal, await resources.get(kind, { name }));
      close(proposal, 'approved', decision);
      if (wanted === undefined) return resources.delete(kind, { name });
      const by = { name: proposer.name, approvedBy: decision.person.name, receipt: decision.receipt };
      return resources.apply(wanted as never, { by });
    },
    async close(id, state, decision, check) {
      const proposal = known.get(id);
      if (proposal === undefined) return false;
      check(proposal, await resources.get(proposal.kind, { name: proposal.name }));
      close(proposal, state, decision);
      return true;
    },
    due: async (now) => newestFirst().filter(({ state, expiresAt }) => state === 'pending' && expiresAt <= now),
  };
}
