// The records found, in a list of any length: only the rows in sight and a few beside them are in the page, so that it
// scrolls as smoothly after ten thousand as after ten. More are asked for before the end is reached.

import { useNavigate } from '@tanstack/react-router';
import { type MouseEvent, memo, type UIEvent, useCallback, useEffect, useState } from 'react';
import type { SearchedPage, SearchedRecord } from '../../data/log-search.ts';
import { useLanguage, useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { Panel } from '../../look/screen.tsx';
import { formatTime } from '../../look/time.tsx';
import { useIsNarrow } from './use-is-narrow.ts';
import { LOG_WORDS } from './words.ts';

/** As log.css has them; a row is as high as this whatever it holds. */
const ROW_PX = { wide: 40, narrow: 152 } as const;
const ROWS_BESIDE = 12;
const STEP = 4;
/** Rows left below the last one in sight when the next page is asked for. */
const AHEAD = 120;

export interface RecordListProps {
  readonly pages: readonly SearchedPage[];
  readonly isFiltered: boolean;
  readonly hasMore: boolean;
  readonly isFetching: boolean;
  readonly onMore: () => void;
}

export function RecordList({ pages, isFiltered, hasMore, isFetching, onMore }: RecordListProps) {
  const words = useWords(LOG_WORDS);
  const records = pages.flatMap((page) => page.records);
  if (records.length === 0 && !hasMore) return <Nothing isFiltered={isFiltered} />;
  const lookedTo = pages.at(-1)?.older;
  return (
    <Panel>
      <p className="soft" role="status">
        {hasMore ? words.foundSoFar(records.length) : words.found(records.length)}
      </p>
      {records.length === 0 ? null : <Rows records={records} {...{ hasMore, isFetching, onMore }} />}
      {hasMore && (pages.at(-1)?.records.length ?? 0) === 0 ? (
        <div className="row">
          <span className="soft">{words.lookedTo(lookedTo ?? 0)}</span>
          <button type="button" disabled={isFetching} onClick={onMore}>
            {words.lookFurther}
          </button>
        </div>
      ) : null}
    </Panel>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  const words = useWords(LOG_WORDS);
  return (
    <div className="empty">
      <p>{isFiltered ? words.nothing : words.empty}</p>
      {isFiltered ? null : <pre>sh docs/guides/ask.sh</pre>}
    </div>
  );
}

interface RowsProps extends Omit<RecordListProps, 'pages' | 'isFiltered'> {
  readonly records: readonly SearchedRecord[];
}

function Rows({ records, hasMore, isFetching, onMore }: RowsProps) {
  const words = useWords(LOG_WORDS);
  const rowPx = useIsNarrow() ? ROW_PX.narrow : ROW_PX.wide;
  const follow = useFollow();
  const [view, setView] = useState({ first: 0, count: 24 });
  const onScroll = ({ currentTarget: { scrollTop, clientHeight } }: UIEvent<HTMLElement>) => {
    const first = Math.floor(scrollTop / rowPx / STEP) * STEP;
    const count = Math.ceil(clientHeight / rowPx) + STEP;
    if (first !== view.first || count !== view.count) setView({ first, count });
  };
  const start = Math.max(0, Math.min(view.first, records.length) - ROWS_BESIDE);
  const end = Math.min(records.length, view.first + view.count + ROWS_BESIDE);
  const isNearEnd = hasMore && !isFetching && end + AHEAD >= records.length;
  useEffect(() => {
    if (isNearEnd && view.first > 0) onMore();
  }, [isNearEnd, view.first, onMore]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="record-rows" aria-label={words.list} tabIndex={0} onScroll={onScroll}>
      <table className="folds" aria-rowcount={hasMore ? -1 : records.length + 1}>
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col" className={name}>
                {words.columns[name]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space px={start * rowPx} />
          {records.slice(start, end).map((record, at) => (
            <Row key={record.index} record={record} place={start + at} follow={follow} />
          ))}
          <Space px={(records.length - end) * rowPx} />
        </tbody>
      </table>
    </section>
  );
}

/** Plain links, followed by us: one that watches the router costs more than the rest of its row. */
function useFollow(): RowProps['follow'] {
  const navigate = useNavigate();
  return useCallback(
    (event) => {
      const { currentTarget, button, metaKey, ctrlKey, shiftKey, altKey } = event;
      if (button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return;
      event.preventDefault();
      void navigate({ to: '/records/$receipt', params: { receipt: currentTarget.textContent } });
    },
    [navigate],
  );
}

const RECORD_PATH = '/records/';
const COLUMNS = ['time', 'kind', 'action', 'actor', 'tenant', 'model', 'found', 'result', 'receipt'] as const;

function Space({ px }: { readonly px: number }) {
  return px === 0 ? null : (
    <tr className="space" style={{ height: px }}>
      <td colSpan={COLUMNS.length} />
    </tr>
  );
}

interface RowProps {
  readonly record: SearchedRecord;
  readonly place: number;
  readonly follow: (event: MouseEvent<HTMLAnchorElement>) => void;
}

/** Drawn once: a row that stays in sight while others come and go costs nothing. */
const Row = memo(function Row({ record, place, follow }: RowProps) {
  const { columns, kinds, states } = useWords(LOG_WORDS);
  const { language } = useLanguage();
  const { time, kind, action, actor, tenant, model, entities, state, code, receipt, index } = record;
  const found = Object.values(entities).reduce((sum, count) => sum + count, 0);
  return (
    <tr aria-rowindex={place + 2} className={place % 2 === 0 ? 'even' : undefined}>
      <td className="time">
        {time === null ? `#${index}` : <time dateTime={time}>{formatTime(new Date(time), language)}</time>}
      </td>
      <td data-label={columns.kind}>{kind === null ? '' : (kinds[kind] ?? kind)}</td>
      <td data-label={columns.action}>{action}</td>
      <td data-label={columns.actor}>{actor?.id}</td>
      <td data-label={columns.tenant}>{tenant}</td>
      <td data-label={columns.model}>{model}</td>
      <td data-label={columns.found}>{found === 0 ? '' : found}</td>
      <td data-label={columns.result} className="result">
        {state === 'intact' ? (
          code
        ) : (
          <span className="broken">
            <Mark kind="failed" /> {states[state]}
          </span>
        )}
      </td>
      <td data-label={columns.receipt} className="receipt">
        {receipt === null ? null : (
          <a href={`${RECORD_PATH}${receipt}`} onClick={follow}>
            {receipt}
          </a>
        )}
      </td>
    </tr>
  );
});
