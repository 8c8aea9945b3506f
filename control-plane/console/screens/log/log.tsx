// The log, searched: who asked what kind of thing of which model, and how it ended. The filters stand in the address; what
// the search is for is asked once a session, before the first one.

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { type LogSearch, logSearchQuery } from '../../data/log-search.ts';
import { sessionQuery, useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Screen } from '../../look/screen.tsx';
import { FilterForm } from './filter-form.tsx';
import './log.css';
import { PurposeDialog } from './purpose-dialog.tsx';
import { RecordList } from './record-list.tsx';
import { LOG_WORDS } from './words.ts';

export function Log() {
  const { needsPurpose } = useSession();
  return needsPurpose ? <BeforeTheFirst /> : <Searched />;
}

export function BeforeTheFirst() {
  const words = useWords(LOG_WORDS);
  const client = useQueryClient();
  const [asks, setAsks] = useState(true);
  return (
    <Screen title={words.title} lead={words.lead}>
      <div className="empty stack">
        <p>{words.purposeFirst}</p>
        <p>
          <button type="button" className="main" onClick={() => setAsks(true)}>
            {words.sayPurpose}
          </button>
        </p>
      </div>
      {asks ? (
        <PurposeDialog
          onSaid={() => client.invalidateQueries({ queryKey: sessionQuery.queryKey })}
          onClose={() => setAsks(false)}
        />
      ) : null}
    </Screen>
  );
}

function Searched() {
  const words = useWords(LOG_WORDS);
  const client = useQueryClient();
  const navigate = useNavigate({ from: '/records' });
  const search = useSearch({ from: '/records' });
  const query = useInfiniteQuery(logSearchQuery(search));
  const size = query.data?.pages[0]?.size;
  // One function for as long as the question stands: a page that arrives draws the list, not the form.
  const show = useCallback(
    (next: LogSearch) => {
      // The same question again is a new one: somebody asked for it.
      const isSame = JSON.stringify(next) === JSON.stringify(search);
      if (isSame) void client.resetQueries({ queryKey: logSearchQuery(search).queryKey });
      else void navigate({ search: next });
    },
    [client, navigate, search],
  );
  return (
    <Screen
      title={size === undefined ? words.title : words.titleOf(size)}
      lead={words.lead}
      actions={
        <button type="button" disabled={query.isFetching} onClick={() => void query.fetchPreviousPage()}>
          {words.newer}
        </button>
      }
    >
      <FilterForm key={JSON.stringify(search)} search={search} onSearch={show} />
      <Answer query={query}>
        {({ pages }) => (
          <RecordList
            pages={pages}
            isFiltered={Object.keys(search).length > 0}
            hasMore={query.hasNextPage}
            isFetching={query.isFetchingNextPage}
            onMore={() => void query.fetchNextPage()}
          />
        )}
      </Answer>
    </Screen>
  );
}
