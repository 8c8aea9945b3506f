// One change that waits for a second person, or waited for one: what it would change, a text to try it on, who proposed
// it, and the decision. Whoever proposed it sees that it is not theirs to decide.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { decide, type PresentedProposal, proposalQuery, tryQuery } from '../../data/policies.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { Diff } from '../../look/diff.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { yamlOf } from '../../look/resource-yaml.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { useSettled } from '../../look/use-settled.ts';
import { ChangeSummary } from '../policy/change-summary.tsx';
import { TryPanel } from '../policy/try-panel.tsx';
import { ProposalFacts } from './proposal-facts.tsx';
import { PROPOSAL_WORDS } from './words.ts';
import '../policy/policy.css';

const route = getRouteApi('/proposals/$id');
const TYPING_MS = 350;
type Step = 'approve' | 'reject' | 'withdraw';

export function Proposal() {
  const { id } = route.useParams();
  const query = useQuery(proposalQuery(id));
  return <Answer query={query}>{(proposal) => <Desk key={id} proposal={proposal} />}</Answer>;
}

function Desk({ proposal }: { readonly proposal: PresentedProposal }) {
  const words = useWords(PROPOSAL_WORDS);
  const { may } = useSession();
  const [step, setStep] = useState<Step>();
  const { kind, name, state, stale, own, base, wanted } = proposal;
  const isPolicy = kind === 'PrivacyPolicy';
  const pending = state === 'pending';
  const decides = pending && may.includes('proposal.approve') && !own;
  const withdraws = pending && own && may.includes('proposal.withdraw');
  const actions = (
    <>
      {wanted === null ? null : <CopyButton text={textOf(wanted)} label="YAML" />}
      {withdraws ? (
        <button type="button" onClick={() => setStep('withdraw')}>
          {words.withdraw}
        </button>
      ) : null}
      {decides ? (
        <>
          <button type="button" onClick={() => setStep('reject')}>
            {words.reject}
          </button>
          <button type="button" className="main" disabled={stale} onClick={() => setStep('approve')}>
            {words.approve}
          </button>
        </>
      ) : null}
    </>
  );
  return (
    <Screen title={titleOf(proposal, words)} lead={pending ? words.lead : undefined} actions={actions}>
      {pending && stale ? (
        <Notice urgency="attention" title={words.stale}>
          {words.staleLead(name)}
        </Notice>
      ) : null}
      {pending && own ? (
        <Notice urgency="attention" title={words.own}>
          {words.ownLead}
        </Notice>
      ) : null}
      <div className="policy">
        <Panel title={pending ? words.change : words.changed}>
          {isPolicy ? <ChangeSummary before={base?.['spec']} after={wanted?.['spec']} /> : null}
          <Diff before={textOf(base)} after={textOf(wanted)} label={words.change} />
        </Panel>
        <div className="stack">
          <ProposalFacts proposal={proposal} />
          {isPolicy && pending && wanted !== null && may.includes('redaction.preview') ? (
            <TryProposed wanted={wanted} />
          ) : null}
          {(state === 'approved' ? wanted : base) === null ? null : (
            <Link to={isPolicy ? '/policies/$name' : '/tenants/$name'} params={{ name }}>
              {isPolicy ? words.policy : words.tenant}
            </Link>
          )}
        </div>
      </div>
      {step === undefined ? null : <Decide proposal={proposal} step={step} onClose={() => setStep(undefined)} />}
    </Screen>
  );
}

function Decide({
  proposal: { id, kind, name: plainName, base, wanted },
  step,
  onClose,
}: {
  readonly proposal: PresentedProposal;
  readonly step: Step;
  readonly onClose: () => void;
}) {
  const words = useWords(PROPOSAL_WORDS);
  const client = useQueryClient();
  const name = words.named[kind](plainName);
  const confirm = async () => {
    await decide(id, step);
    await client.invalidateQueries({ queryKey: ['policies'] });
    await client.invalidateQueries({ queryKey: ['tenants'] });
  };
  return (
    <ConfirmDialog
      title={words[`${step}Title`](name)}
      confirm={words[step]}
      danger={step === 'reject'}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>{words[`${step}Lead`]}</p>
      {step === 'approve' ? (
        <>
          {kind === 'PrivacyPolicy' ? <ChangeSummary before={base?.['spec']} after={wanted?.['spec']} /> : null}
          <Diff before={textOf(base)} after={textOf(wanted)} label={words.change} />
        </>
      ) : null}
    </ConfirmDialog>
  );
}

function TryProposed({ wanted }: { readonly wanted: NonNullable<PresentedProposal['wanted']> }) {
  const [text, setText] = useState('');
  const settled = useSettled(text, TYPING_MS);
  const tried = useQuery(tryQuery(wanted, settled));
  return <TryPanel text={text} onText={setText} tried={tried} triedText={settled} />;
}

function titleOf(proposal: PresentedProposal, words: (typeof PROPOSAL_WORDS)['en']): string {
  const { state, operation, base, proposedBy, decidedBy } = proposal;
  const name = words.named[proposal.kind](proposal.name);
  if (state === 'approved') return words.approved(name, decidedBy ?? '');
  if (state !== 'pending') return words[state](name);
  return words.asks(proposedBy, operation === 'delete' ? 'delete' : base === null ? 'create' : 'apply', name);
}

function textOf(resource: PresentedProposal['wanted']): string {
  return resource === null ? '' : yamlOf(resource as unknown as Parameters<typeof yamlOf>[0]);
}
