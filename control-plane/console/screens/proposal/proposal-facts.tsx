// Who proposed it and why, until when it waits, who decided, on how many gateways it holds, and the records of both.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { forceQuery, type PresentedProposal } from '../../data/policies.ts';
import { useSession } from '../../data/session.ts';
import { useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { Panel } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { PROPOSAL_WORDS } from './words.ts';

export function ProposalFacts({ proposal }: { readonly proposal: PresentedProposal }) {
  const words = useWords(PROPOSAL_WORDS);
  const { state, base, reason, proposedBy, proposedAt, expiresAt, receipt, decidedBy, decidedAt } = proposal;
  const generation = base?.metadata['generation'];
  return (
    <Panel title={words.facts}>
      <dl className="facts">
        <Fact name={words.proposed}>
          <Time at={proposedAt} /> {words.by} <strong>{proposedBy}</strong>
          <Receipt of={receipt} />
        </Fact>
        <Fact name={words.reason}>{reason === '' ? <span className="soft">{words.noReason}</span> : reason}</Fact>
        <Fact name={words.base}>{typeof generation === 'number' ? words.generation(generation) : words.noBase}</Fact>
        {state === 'pending' ? (
          <Fact name={words.until}>
            <Time at={expiresAt} />
          </Fact>
        ) : (
          <Fact name={words.decided[state]}>
            {decidedAt === null ? null : <Time at={decidedAt} />}
            {decidedBy === null || decidedBy === '-' ? null : (
              <>
                {' '}
                {words.by} <strong>{decidedBy}</strong>
              </>
            )}
            <Receipt of={proposal.decisionReceipt} />
          </Fact>
        )}
        {state === 'approved' && proposal.kind === 'PrivacyPolicy' && proposal.operation === 'apply' ? (
          <Applied proposal={proposal} />
        ) : null}
      </dl>
    </Panel>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** One click from what was done to its proof. */
export function Receipt({ of: receipt }: { readonly of: string | null }) {
  const words = useWords(PROPOSAL_WORDS);
  const { may } = useSession();
  if (receipt === null || !may.includes('log.read')) return null;
  return (
    <>
      {' · '}
      <Link to="/records/$receipt" params={{ receipt }}>
        {words.record}
      </Link>
    </>
  );
}

/** Of the generation that this approval made, as long as it is the one that holds. */
function Applied({ proposal: { name, base } }: { readonly proposal: PresentedProposal }) {
  const words = useWords(PROPOSAL_WORDS);
  const { data } = useQuery(forceQuery);
  const made = Number(base?.metadata['generation'] ?? 0) + 1;
  const policy = data?.policies.find((each) => each.name === name && each.generation === made);
  if (data === undefined || policy === undefined) return null;
  const { length } = data.gateways;
  return (
    <Fact name={words.appliedLabel}>
      <Mark kind={policy.applied === length ? 'ready' : 'attention'} /> {words.applied(policy.applied, length)}
    </Fact>
  );
}
