// One record: what it says, how it ended, and the proof that both stand in the signed log, worked out in this browser. What
// is shown is read out of the very bytes that are proven, not out of what the server says beside them.

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type FoundRecord, type LoggedRecord, recordQuery } from '../../data/records.ts';
import { Answer } from '../../look/answer.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { LOG_WORDS } from '../log/words.ts';
import { Facts } from './facts.tsx';
import { ProofPanel } from './proof-panel.tsx';
import { type RecordVerdict, useVerdict } from './use-verdict.ts';
import { RECORD_WORDS } from './words.ts';
import './record.css';

export function Record() {
  const { receipt } = useParams({ from: '/records/$receipt' });
  const query = useQuery(recordQuery(receipt));
  const words = useWords(RECORD_WORDS);
  if (query.data === undefined) {
    return (
      <Screen title={words.title} lead={<code>{receipt}</code>} actions={<Back />}>
        <Answer query={query}>{() => null}</Answer>
      </Screen>
    );
  }
  return <Found found={query.data} receipt={receipt} />;
}

function Back() {
  const words = useWords(RECORD_WORDS);
  return (
    <Link className="button" to="/records">
      {words.back}
    </Link>
  );
}

function Found({ found, receipt }: { readonly found: FoundRecord; readonly receipt: string }) {
  const words = useWords(RECORD_WORDS);
  const { kinds } = useWords(LOG_WORDS);
  const { keys, proof, outcomeProof, outcomeEntry } = found;
  const chain = { firstKey: keys.first, handovers: keys.handovers };
  const record = readEntry(found.entry);
  const outcome = outcomeEntry === null ? undefined : readEntry(outcomeEntry);
  const verdict = useVerdict({ ...chain, entry: found.entry, proof: proof?.text });
  const outcomeVerdict = useVerdict({ ...chain, entry: outcomeEntry ?? '', proof: outcomeProof?.text });
  // What is genuine may still be the record, or the outcome, of something else.
  const isOther = record?.receipt !== receipt;
  const isOtherOutcome = outcomeEntry !== null && outcome?.['intent'] !== receipt;
  const failed = isOther || isOtherOutcome || (outcomeEntry !== null && outcomeVerdict?.kind === 'failed');
  const kind = record?.kind ?? '';
  return (
    <Screen
      title={words.state(kinds[kind] ?? words.title, failed ? 'failed' : stateOf(verdict))}
      lead={<code>{receipt}</code>}
      actions={<Back />}
    >
      {isOther ? (
        <Notice urgency="failure" title={words.otherRecord}>
          {words.brokenRemedy}
        </Notice>
      ) : isOtherOutcome ? (
        <Notice urgency="failure" title={words.otherOutcome}>
          {words.brokenRemedy}
        </Notice>
      ) : null}
      <div className="record">
        <div className="stack">
          {record === undefined ? null : <RecordPanel title={words.record} record={record} />}
          {outcome !== undefined ? (
            <RecordPanel title={words.outcome} record={outcome} />
          ) : outcomeEntry === null && (kind === 'intent' || kind === 'change') ? (
            <Panel title={words.outcome}>
              <p className="soft">{words.noOutcome}</p>
            </Panel>
          ) : null}
        </div>
        <div className="stack">
          <ProofPanel title={words.proof} verdict={verdict} proof={proof?.text} firstKey={keys.first} />
          {outcomeEntry === null ? null : (
            <ProofPanel
              title={words.outcomeProof}
              verdict={outcomeVerdict}
              proof={outcomeProof?.text}
              firstKey={keys.first}
            />
          )}
          <Offline receipt={receipt} />
        </div>
      </div>
    </Screen>
  );
}

function RecordPanel({ title, record }: { readonly title: string; readonly record: LoggedRecord }) {
  const words = useWords(RECORD_WORDS);
  const text = JSON.stringify(record, null, 2);
  return (
    <Panel title={title}>
      <Facts record={record} />
      <details>
        <summary>{words.whole}</summary>
        <pre>{text}</pre>
        <CopyButton text={text} />
      </details>
    </Panel>
  );
}

function Offline({ receipt }: { readonly receipt: string }) {
  const words = useWords(RECORD_WORDS);
  const commands = `npx intramuros audit prove ${receipt}\nnpx intramuros audit export --out evidence\nnpx intramuros audit verify evidence --key log-key.pub`;
  return (
    <Panel title={words.verify}>
      <p className="soft">{words.verifyLead}</p>
      <pre>{commands}</pre>
      <CopyButton text={commands} />
    </Panel>
  );
}

function stateOf(verdict: RecordVerdict | undefined): RecordVerdict['kind'] | 'verifying' {
  return verdict?.kind ?? 'verifying';
}

/** Undefined for bytes that are no record. */
function readEntry(entry: string): LoggedRecord | undefined {
  try {
    const bytes = Uint8Array.from(atob(entry), (character) => character.charCodeAt(0));
    const record: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof record === 'object' && record !== null ? (record as LoggedRecord) : undefined;
  } catch {
    return undefined;
  }
}
