// The proof, step by step, each with what this browser computed. A step that does not hold says what that means and what to
// do; those that rest on it were not looked at.

import { CopyButton } from '../../look/copy-button.tsx';
import { useWords } from '../../look/language.tsx';
import { Mark, type MarkKind } from '../../look/mark.tsx';
import { Notice } from '../../look/notice.tsx';
import { Panel } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import type { ProofStep, Verdict } from '../../proof/verify-record.ts';
import type { RecordVerdict } from './use-verdict.ts';
import { RECORD_WORDS } from './words.ts';

const STEPS: readonly ProofStep[] = ['record', 'path', 'keys', 'checkpoint'];

export interface ProofPanelProps {
  readonly title: string;
  readonly verdict: RecordVerdict | undefined;
  readonly proof: string | undefined;
  readonly firstKey: string;
}

export function ProofPanel({ title, verdict, proof, firstKey }: ProofPanelProps) {
  const words = useWords(RECORD_WORDS);
  return (
    <Panel title={title} proven={verdict?.kind === 'proven'}>
      <Outcome verdict={verdict} firstKey={firstKey} />
      {verdict?.kind === 'proven' || verdict?.kind === 'failed' ? <Steps verdict={verdict.verdict} /> : null}
      {proof === undefined ? null : (
        <details>
          <summary>{words.proofText}</summary>
          <pre>{proof}</pre>
          <CopyButton text={proof} label={words.copyProof} />
        </details>
      )}
    </Panel>
  );
}

function Outcome({ verdict, firstKey }: Pick<ProofPanelProps, 'verdict' | 'firstKey'>) {
  const words = useWords(RECORD_WORDS);
  if (verdict === undefined) return <p className="soft">{words.verifying}</p>;
  if (verdict.kind === 'waiting') return <p className="soft">{words.noProof}</p>;
  if (verdict.kind === 'unable') {
    return (
      <Notice urgency="attention" title={words.unable}>
        {words.unableRemedy}
      </Notice>
    );
  }
  const { known } = verdict;
  if (verdict.verdict.failed !== undefined) {
    return (
      <Notice urgency="failure" title={words.broken[verdict.verdict.failed]}>
        {words.brokenRemedy} <code>{verdict.verdict.why}</code>
      </Notice>
    );
  }
  if (known === undefined) return null;
  if (known.text !== firstKey) {
    return (
      <Notice urgency="failure" title={words.otherKey}>
        {words.otherKeyRemedy} <code>{known.text}</code> (<Time at={known.since} />)
      </Notice>
    );
  }
  return (
    <p>
      {words.provenHere} <span className="soft">{words.sameKeySince}</span> <Time at={known.since} />.
    </p>
  );
}

function Steps({ verdict }: { readonly verdict: Verdict }) {
  const words = useWords(RECORD_WORDS);
  const failedAt = verdict.failed === undefined ? STEPS.length : STEPS.indexOf(verdict.failed);
  return (
    <ol className="proof-steps">
      {STEPS.map((step, at) => (
        <li key={step}>
          <Mark kind={markOf(at, failedAt)} /> {words.steps[step]}
          <div className="soft">
            <Computed step={step} verdict={verdict} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function markOf(at: number, failedAt: number): MarkKind {
  if (at === failedAt) return 'failed';
  return at < failedAt ? 'ready' : 'asleep';
}

/** What was computed at the step; nothing where it was not reached. */
function Computed({ step, verdict }: { readonly step: ProofStep; readonly verdict: Verdict }) {
  const words = useWords(RECORD_WORDS);
  const { leaf, root, index, size, firstKey, signedBy } = verdict;
  if (step === 'record' && leaf !== undefined) return <code>{leaf}</code>;
  if (step === 'path' && root !== undefined) {
    return (
      <>
        {words.place(index ?? '', size ?? '')} <code>{root}</code>
      </>
    );
  }
  if (step === 'checkpoint' && signedBy !== undefined) return <code>{signedBy.text}</code>;
  if (step === 'keys' && firstKey !== undefined) {
    return (
      <>
        <code>{firstKey.text}</code> {words.compareKey}
      </>
    );
  }
  return null;
}
