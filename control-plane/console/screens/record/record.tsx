// One record: what it says, how it ended, the proof that it stands in the log, and the commands that check it without us.

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type FoundRecord, recordQuery } from '../../data/records.ts';
import { Answer } from '../../look/answer.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { useWords } from '../../look/language.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { LOG_WORDS } from '../log/words.ts';
import { RECORD_WORDS } from './words.ts';

export function Record() {
  const { receipt } = useParams({ from: '/records/$receipt' });
  const words = useWords(RECORD_WORDS);
  const { kinds } = useWords(LOG_WORDS);
  const query = useQuery(recordQuery(receipt));
  const kind = query.data?.record.kind;
  return (
    <Screen
      title={kind === undefined ? words.title : `${words.title}: ${kinds[kind] ?? kind}`}
      lead={<code>{receipt}</code>}
      actions={
        <Link className="button" to="/records">
          {words.back}
        </Link>
      }
    >
      <Answer query={query}>{(found) => <Whole found={found} receipt={receipt} />}</Answer>
    </Screen>
  );
}

function Whole({
  found: { record, outcome, proof },
  receipt,
}: {
  readonly found: FoundRecord;
  readonly receipt: string;
}) {
  const words = useWords(RECORD_WORDS);
  return (
    <>
      <div className="panels">
        <Panel title={words.record}>
          <pre>{JSON.stringify(record, null, 2)}</pre>
        </Panel>
        {record.kind === 'intent' || outcome !== null ? (
          <Panel title={words.outcome}>
            {outcome === null ? (
              <p className="soft">{words.noOutcome}</p>
            ) : (
              <pre>{JSON.stringify(outcome, null, 2)}</pre>
            )}
          </Panel>
        ) : null}
      </div>
      <Panel title={words.proof}>
        <p className="soft">{proof === null ? words.noProof : words.place(proof.index)}</p>
        {proof === null ? null : (
          <>
            <pre>{proof.text}</pre>
            <CopyButton text={proof.text} label={words.copyProof} />
          </>
        )}
      </Panel>
      <Panel title={words.verify}>
        <p className="soft">{words.verifyLead}</p>
        <pre>{`npx intramuros audit prove ${receipt}\nnpx intramuros audit export --out evidence\nnpx intramuros audit verify evidence --key log-key.pub`}</pre>
      </Panel>
    </>
  );
}
