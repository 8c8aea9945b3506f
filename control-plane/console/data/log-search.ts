// The log, searched page by page. Every asking is itself a record with its purpose, so nothing is asked again by itself:
// not on focus, not when something changed.

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  FilterName,
  SearchedNames,
  SearchedPage,
  SearchedRecord,
  SearchPurpose,
} from '../../admin/log/search-routes.ts';
import { change, get } from './api.ts';

export type { FilterName, SearchedNames, SearchedPage, SearchedRecord, SearchPurpose };

/** The filters as they stand in the address of the screen. */
export type LogSearch = { readonly [Name in FilterName]?: string };

export const LOG_FILTERS = [
  ...(['from', 'to', 'kind', 'tenant', 'model', 'code', 'entity', 'key', 'person', 'policy', 'class'] as const),
  ...(['status', 'action', 'object', 'outside', 'process', 'state', 'receipt', 'digest'] as const),
] as const satisfies readonly FilterName[];

/** Readings and signs of life are left out where nothing is said: each look at the log is a reading. */
const USUAL_KINDS = 'intent,outcome,refusal,change,session,lifecycle';
export const EVERY_KIND = 'all';

const PAGE = 200;
const ASKED_ONCE = { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false, retry: false } as const;

interface Direction {
  readonly before?: number;
  readonly after?: number;
}

const NEWEST: Direction = {};

export function logSearchQuery(search: LogSearch) {
  return infiniteQueryOptions({
    ...ASKED_ONCE,
    queryKey: ['log', 'search', search],
    initialPageParam: NEWEST,
    queryFn: ({ pageParam, signal }) =>
      get<SearchedPage>(`/api/v1/log/records?${parametersOf(search, pageParam)}`, signal),
    getNextPageParam: ({ older }: SearchedPage): Direction | undefined =>
      older === null ? undefined : { before: older },
    getPreviousPageParam: ({ newer }: SearchedPage): Direction => ({ after: newer }),
  });
}

export const logNamesQuery = queryOptions({
  ...ASKED_ONCE,
  queryKey: ['log', 'names'],
  queryFn: ({ signal }) => get<SearchedNames>('/api/v1/log/names', signal),
});

export function sayPurpose(purpose: SearchPurpose): Promise<unknown> {
  return change('POST', '/api/v1/log/purpose', purpose);
}

/** Under every version of the key, as one filter. The text is kept nowhere. */
export async function digestFilterOf(text: string): Promise<string> {
  const { digests } = await change<{ readonly digests: readonly string[] }>('POST', '/api/v1/log/digests', { text });
  return digests.join(',');
}

export function readLogSearch(search: Readonly<Record<string, unknown>>): LogSearch {
  return Object.fromEntries(
    LOG_FILTERS.flatMap((name) => {
      const value = search[name];
      return (typeof value === 'string' && value !== '') || typeof value === 'number' ? [[name, String(value)]] : [];
    }),
  );
}

function parametersOf({ kind = USUAL_KINDS, ...search }: LogSearch, { before, after }: Direction): URLSearchParams {
  const parameters = new URLSearchParams({ ...search, limit: String(PAGE) });
  if (kind !== EVERY_KIND) parameters.set('kind', kind);
  if (before !== undefined) parameters.set('before', String(before));
  if (after !== undefined) parameters.set('after', String(after));
  return parameters;
}
