// Proposals in a list: what is proposed, by whom, and what became of it.

import { Link } from '@tanstack/react-router';
import type { PresentedProposal } from '../../data/policies.ts';
import { useWords } from '../../look/language.tsx';
import { Mark, type MarkKind } from '../../look/mark.tsx';
import { Time } from '../../look/time.tsx';
import { PROPOSAL_WORDS } from './words.ts';

const MARKS: Readonly<Record<PresentedProposal['state'], MarkKind>> = {
  pending: 'attention',
  approved: 'ready',
  rejected: 'failed',
  withdrawn: 'asleep',
  expired: 'asleep',
};

export function ProposalTable({ proposals }: { readonly proposals: readonly PresentedProposal[] }) {
  const words = useWords(PROPOSAL_WORDS);
  const { columns } = words;
  return (
    <div className="table">
      <table className="folds">
        <thead>
          <tr>
            {Object.values(columns).map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {proposals.map(({ id, kind, name, proposedBy, proposedAt, state, stale }) => (
            <tr key={id}>
              <th scope="row">
                <Link to="/proposals/$id" params={{ id }}>
                  {words.named[kind](name)}
                </Link>
              </th>
              <td data-label={columns.who}>{proposedBy}</td>
              <td data-label={columns.when}>
                <Time at={proposedAt} seconds={false} />
              </td>
              <td data-label={columns.state}>
                <Mark kind={stale ? 'asleep' : MARKS[state]} /> {stale ? words.old : words.states[state]}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
