// How the policy stands: why it cannot be changed here, what others proposed, and on how many gateways it holds.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { forceQuery, proposalsQuery } from '../../data/policies.ts';
import { useSession } from '../../data/session.ts';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { foreignManager } from '../../look/resource-yaml.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { POLICY_WORDS } from './words.ts';

/** Why it cannot be changed here, and what others proposed. */
export function Standing({ stored, builtIn }: { readonly stored: PrivacyPolicy; readonly builtIn: boolean }) {
  const words = useWords(POLICY_WORDS);
  const shared = useWords(SHARED_WORDS);
  const { may } = useSession();
  const { name, labels } = stored.metadata;
  const manager = foreignManager(labels);
  const query = proposalsQuery({ name, state: 'pending' });
  const proposals = useQuery({ ...query, enabled: may.includes('proposal.read') && !builtIn });
  return (
    <>
      {builtIn ? <Notice urgency="attention" title={words.builtIn} /> : null}
      {manager === undefined ? null : <Notice urgency="attention" title={shared.managedBy(manager)} />}
      {proposals.data?.map(({ id, proposedBy, reason }) => (
        <Notice
          key={id}
          urgency="attention"
          title={words.asked(proposedBy)}
          action={
            <Link className="button" to="/proposals/$id" params={{ id }}>
              {words.look}
            </Link>
          }
        >
          {reason === '' ? words.askedLead : reason}
        </Notice>
      ))}
    </>
  );
}

/** "Generation 4, applied 2/2", and the hash that records bear. */
export function InForce({ name }: { readonly name: string }) {
  const words = useWords(POLICY_WORDS);
  const { data } = useQuery(forceQuery);
  const held = data?.policies.find((each) => each.name === name);
  if (data === undefined || held === undefined) return null;
  const { length } = data.gateways;
  const { generation, applied, hash } = held;
  return (
    <>
      {length === 0 ? words.noGateway(generation) : words.force(generation, applied, length)}
      {' · '}
      <code title={hash}>{hash.slice(0, 19)}…</code>
    </>
  );
}
