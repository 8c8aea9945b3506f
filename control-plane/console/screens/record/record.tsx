// One record: what it says, how it ended, and the proof that both stand in the signed log, worked out in this browser. What
// is shown is read out of the very bytes that are proven, not out of what the server says beside them.

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type FoundRecord, type LoggedRecord, recordQuery } from '../../data/records.ts';
import { Answer } from '../../look/answer.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { useWords } from '../../look/language.tsx';
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
  const verdict = useVerdict({ ...chain, entry: found.entry, proof: proof?.text });
  const outcomeVerdict = useVerdict({ ...chain, entry: outcomeEntry ?? '', proof: outcomeProof?.text });
  const isOther = record.receipt !== receipt;
  return (
    <Screen
      title={words.state(kinds[record.kind] ?? record.kind, isOther ? 'failed' : stateOf(verdict))}
      lead={<code>{receipt}</code>}
      actions={<Back />}
    >
      <div className="record">
        <div className="stack">
          <RecordPanel title={words.record} record={record} />
          {outcomeEntry !== null ? (
            <RecordPanel title={words.outcome} record={readEntry(outcomeEntry)} />
          ) : record.kind === 'intent' || record.kind === 'change' ? (
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

function readEntry(entry: string): LoggedRecord {
  const bytes = Uint8Array.from(atob(entry), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as LoggedRecord;
}
