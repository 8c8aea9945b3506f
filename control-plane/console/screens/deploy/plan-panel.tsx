// Will it fit? The sentence first, then what it needs part by part, against what is free, and the nearest change.

import type { UseQueryResult } from '@tanstack/react-query';
import type { PresentedPlan } from '../../../admin/resources/plan-routes.ts';
import { formatBytes } from '../../look/bytes.ts';
import { useLanguage, useWords } from '../../look/language.tsx';
import { Failure, Notice } from '../../look/notice.tsx';
import { Panel } from '../../look/screen.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { PlanTable } from '../model/memory-plan.tsx';
import { type ResourceDraft, withField } from './draft.ts';
import { DEPLOY_WORDS } from './words.ts';

type Change = (draft: ResourceDraft) => ResourceDraft;
type Plan = NonNullable<PresentedPlan['plans'][number]['status']['plan']>;

export interface PlanPanelProps {
  readonly plan: UseQueryResult<PresentedPlan>;
  readonly onUse: (change: Change) => void;
}

export function PlanPanel({ plan, onUse }: PlanPanelProps) {
  const words = useWords(DEPLOY_WORDS);
  const known = plan.data;
  return (
    <Panel title={words.fit}>
      <div aria-live="polite">
        {plan.isError ? <Failure error={plan.error} retry={() => void plan.refetch()} /> : null}
        {known === undefined ? (
          <p className="soft">{plan.isError ? '' : words.checking}</p>
        ) : (
          <Verdict plan={known} onUse={onUse} />
        )}
      </div>
    </Panel>
  );
}

function Verdict({ plan, onUse }: { readonly plan: PresentedPlan; readonly onUse: (change: Change) => void }) {
  const words = useWords(DEPLOY_WORDS);
  if (plan.problems.length > 0) return <Problems problems={plan.problems} />;
  const status = plan.plans[0]?.status;
  const fault = status?.conditions?.find(({ type, status: state }) => type !== 'Ready' && state === 'False');
  const bad = fault !== undefined;
  return (
    <>
      <p className={`verdict ${bad ? 'bad' : 'good'}`}>
        {bad ? words.notFit : status?.plan === undefined ? words.unknown : words.fits}
      </p>
      {fault === undefined ? null : (
        <p className="soft">
          {fault.message} {fault.remedy}
        </p>
      )}
      {status?.plan === undefined ? null : <PlanFacts plan={status.plan} onUse={onUse} />}
    </>
  );
}

function Problems({ problems }: Pick<PresentedPlan, 'problems'>) {
  const words = useWords(DEPLOY_WORDS);
  return (
    <Notice urgency="attention" title={words.faulty(problems.length)}>
      {problems.map(({ field, message, remedy }) => (
        <p key={field + message}>
          <code>{field}</code> {message}. {remedy}.
        </p>
      ))}
    </Notice>
  );
}

function PlanFacts({ plan, onUse }: { readonly plan: Plan; readonly onUse: (change: Change) => void }) {
  const { language } = useLanguage();
  const { availableBytes = 0, replicaBytes = 0, shortfallBytes = 0, nearestChange } = plan;
  const width = (bytes: number) => `${Math.min(100, (bytes / Math.max(1, availableBytes + shortfallBytes)) * 100)}%`;
  return (
    <>
      <div
        className="gauge"
        role="img"
        aria-label={`${formatBytes(replicaBytes, language)} / ${formatBytes(availableBytes, language)}`}
      >
        <span className="need" style={{ width: width(shortfallBytes > 0 ? availableBytes : replicaBytes) }} />
        <span className="short" style={{ width: width(shortfallBytes) }} />
      </div>
      <PlanTable plan={plan} />
      {nearestChange === undefined ? null : <Nearest change={nearestChange} onUse={onUse} />}
    </>
  );
}

function Nearest({
  change,
  onUse,
}: {
  readonly change: NonNullable<Plan['nearestChange']>;
  readonly onUse: (change: Change) => void;
}) {
  const words = useWords(DEPLOY_WORDS);
  const shared = useWords(SHARED_WORDS);
  const { replicas, contextTokens, quantisation } = change;
  const sentences = [
    replicas === undefined ? undefined : words.changes.replicas(replicas),
    contextTokens === undefined ? undefined : words.changes.contextTokens(contextTokens),
    quantisation === undefined ? undefined : words.changes.quantisation(quantisation),
  ].filter((sentence) => sentence !== undefined);
  const apply: Change = (draft) => {
    const next = replicas === undefined ? draft : withField(draft, 'replicas', String(replicas));
    return contextTokens === undefined ? next : withField(next, 'contextTokens', String(contextTokens));
  };
  const usable = replicas !== undefined || contextTokens !== undefined;
  return (
    <div className="row">
      <p>
        {words.change}: <strong>{sentences.length === 0 ? shared.none : sentences.join(', ')}</strong>
      </p>
      {usable ? (
        <button type="button" onClick={() => onUse(apply)}>
          {words.use}
        </button>
      ) : null}
    </div>
  );
}
