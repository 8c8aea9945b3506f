// What is wrong now, and nothing else above the fold: each fault with its cause, its remedy and the way there.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { causeOf, modelsQuery, type PresentedModel, stateOf } from '../../data/models.ts';
import { type PresentedProposal, proposalsQuery } from '../../data/policies.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { Screen } from '../../look/screen.tsx';
import { ModelTable, NoModels } from '../models/models.tsx';
import { PROPOSAL_WORDS } from '../proposal/words.ts';
import { OVERVIEW_WORDS } from './words.ts';

export function Overview() {
  const words = useWords(OVERVIEW_WORDS);
  const query = useQuery(modelsQuery);
  const { may } = useSession();
  const proposals = useQuery({ ...proposalsQuery({ state: 'pending' }), enabled: may.includes('proposal.approve') });
  const failed = (query.data ?? []).filter((model) => stateOf(model) === 'failed');
  const asked = (proposals.data ?? []).filter(({ own, stale }) => !own && !stale);
  return (
    <Screen title={words.title(failed.length + asked.length)}>
      <Answer query={query}>
        {(models) => (
          <>
            {asked.map((proposal) => (
              <AskedProposal key={proposal.id} proposal={proposal} />
            ))}
            {failed.map((model) => (
              <FailedModel key={`${model.namespace}/${model.name}`} model={model} />
            ))}
            {models.length === 0 ? <NoModels /> : <ModelTable models={models} />}
          </>
        )}
      </Answer>
    </Screen>
  );
}

/** A change that waits for this very person, among others. */
function AskedProposal({ proposal: { id, kind, name, proposedBy, reason } }: { readonly proposal: PresentedProposal }) {
  const words = useWords(OVERVIEW_WORDS);
  const { named } = useWords(PROPOSAL_WORDS);
  return (
    <Notice
      urgency="attention"
      title={words.asked(proposedBy, named[kind](name))}
      action={
        <Link className="button" to="/proposals/$id" params={{ id }}>
          {words.look}
        </Link>
      }
    >
      {reason === '' ? words.askedLead : reason}
    </Notice>
  );
}

function FailedModel({ model }: { readonly model: PresentedModel }) {
  const words = useWords(OVERVIEW_WORDS);
  const cause = causeOf(model);
  return (
    <Notice
      urgency="failure"
      title={words.notReady(model.name)}
      action={
        <Link className="button" to="/models/$namespace/$name" params={model}>
          {words.seeCause}
        </Link>
      }
    >
      {cause?.message} {cause?.remedy}
    </Notice>
  );
}
