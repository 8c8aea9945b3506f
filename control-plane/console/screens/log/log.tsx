// The last records, newest first, page by page: who asked what kind of thing of which model, and how it ended.

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type LoggedRecord, recordsQuery } from '../../data/records.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { LOG_WORDS } from './words.ts';

/** Each look at this screen is a reading: shown, they would soon be all that it shows. */
const SIGNS: ReadonlySet<string> = new Set(['read', 'heartbeat']);

export function Log() {
  const words = useWords(LOG_WORDS);
  const shared = useWords(SHARED_WORDS);
  const query = useInfiniteQuery(recordsQuery);
  const [signs, setSigns] = useState(false);
  return (
    <Screen
      title={words.title}
      lead={words.lead}
      actions={
        <button type="button" onClick={() => void query.refetch()}>
          {words.reload}
        </button>
      }
    >
      <label className="row">
        <input type="checkbox" checked={signs} onChange={(event) => setSigns(event.target.checked)} />
        {words.signs}
      </label>
      <Answer query={query}>
        {({ pages }) => {
          const records = pages.flatMap((page) => page.records).filter(({ kind }) => signs || !SIGNS.has(kind));
          return records.length === 0 ? <NoRecords /> : <RecordTable records={records} />;
        }}
      </Answer>
      {query.hasNextPage ? (
        <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {shared.more}
        </button>
      ) : null}
    </Screen>
  );
}

function NoRecords() {
  const words = useWords(LOG_WORDS);
  return (
    <div className="empty">
      <p>{words.empty}</p>
      <pre>sh docs/guides/ask.sh</pre>
    </div>
  );
}

function RecordTable({ records }: { readonly records: readonly LoggedRecord[] }) {
  const { columns, kinds } = useWords(LOG_WORDS);
  const models = new Map(records.map(({ receipt, model }) => [receipt, model]));
  return (
    <Panel>
      <div className="table">
        <table className="folds">
          <thead>
            <tr>
              {Object.values(columns).map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {records.map((record) => (
              <tr key={record.receipt}>
                <td className="whole">
                  <Time at={record.time} />
                </td>
                <td data-label={columns.kind}>{kinds[record.kind] ?? record.kind}</td>
                <td data-label={columns.action}>
                  <code>{textOf(record['action'])}</code>
                </td>
                <td data-label={columns.actor}>{textOf(partOf(record['actor'], 'id'))}</td>
                {/* An outcome names no model: it gets that of its intent, where this stands among the same records. */}
                <td data-label={columns.model}>
                  {textOf(partOf(record['model'] ?? models.get(textOf(record['intent'])), 'name'))}
                </td>
                <td data-label={columns.result}>{textOf(partOf(record['outcome'], 'code'))}</td>
                <td data-label={columns.receipt}>
                  <Link to="/records/$receipt" params={{ receipt: record.receipt }}>
                    <code>{record.receipt}</code>
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
