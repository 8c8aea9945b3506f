// Searching the log over HTTP: the purpose first, then page by page. Every search is itself a record, with its filters and
// its purpose. Imports the files beside it and http/.

import * as z from 'zod';
import type { SearchHit, SearchNames, SearchOptions, SearchPage } from '../../audit/search/log-search.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { type Call, defineRoute, type Route } from '../http/route.ts';
import { requirePurpose, type SearchPurpose, searchPurpose } from './search-purpose.ts';
import { filtersOf, type SearchQuery, searchQuery, toFilter } from './search-query.ts';

/** What the audit room does for us. */
export interface LogSearcher {
  page(options: SearchOptions): Promise<SearchPage>;
  names(): Promise<SearchNames>;
  /** Makes everything that only serves to find anew, from the records. */
  rebuild(): Promise<void>;
}

const text = z.string().nullable();
const searchedRecord = z.object({
  index: z.int().meta({ description: 'Place in the log.' }),
  state: z.enum(['intact', 'changed', 'gone']).meta({
    description:
      'intact: its bytes are those that were hashed into the log. changed: they are others. gone: there are none; the rest is null.',
  }),
  receipt: text,
  time: text,
  kind: text,
  action: text,
  tenant: text,
  actor: z.object({ kind: z.string(), id: z.string() }).nullable(),
  model: text,
  dataClass: text,
  policy: text,
  code: text.meta({ description: 'How it ended; of an intent what its outcome says, null while there is none.' }),
  status: z.int().nullable(),
  entities: z.record(z.string(), z.int()).meta({ description: 'Number of values found, by entity type.' }),
  outside: text,
  object: text,
});
const page = z.object({
  records: z.array(searchedRecord),
  older: z.int().nullable().meta({ description: '`before` of the page that follows; null where nothing is left.' }),
  newer: z.int().min(-1).meta({ description: '`after` for what is written from now on; -1 in an empty log.' }),
  size: z.int().meta({ description: 'Records of the log.' }),
});
const names = z.record(z.string(), z.array(z.string()));

export type SearchedRecord = z.output<typeof searchedRecord>;
export type SearchedPage = z.output<typeof page>;
export type SearchedNames = z.output<typeof names>;
export type { SearchPurpose } from './search-purpose.ts';
export type { FilterName } from './search-query.ts';

const TEXT_MAX_BYTES = 16_777_216;

export interface SearchRouteDependencies {
  readonly logSearch: LogSearcher;
  readonly audit: AdminAudit;
}

export function searchRoutes({ logSearch, audit }: SearchRouteDependencies): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/log/purpose',
      summary: 'Say what the searches of this session are for',
      action: 'log.search',
      body: searchPurpose,
      answer: { description: 'What is kept with the session.', schema: z.object({ purpose: searchPurpose }) },
      record: { kind: 'read', facts: ({ body }) => ({ purpose: body }) },
      handle: async (call) => {
        call.keepPurpose(call.body);
        return { json: { purpose: call.body } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/log/records',
      summary: 'Search the log by any filters, newest first; a page may be short or empty and still lead on',
      action: 'log.search',
      query: searchQuery,
      answer: { description: 'A page, and the places from which both ways go on.', schema: page },
      record: {
        kind: 'read',
        facts: (call) => ({ purpose: purposeOf(call), search: filtersOf(call.query) }),
      },
      handle: async ({ query }) => {
        const { limit, before, after } = query;
        const found = await logSearch.page({ filter: toFilter(query), limit, before, after });
        const { older = null, newer, size } = found;
        return { json: { records: found.hits.map(toSearched), older, newer, size } satisfies SearchedPage };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/log/names',
      summary: 'Names that occur in the log, by filter: at most 200 of each',
      action: 'log.search',
      answer: { description: 'Lists by the name of the filter.', schema: names },
      handle: async () => ({ json: await logSearch.names() }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/log/digests',
      summary: 'The keyed digests of a text, to search for the records that speak of it',
      action: 'log.match',
      body: z.strictObject({ text: z.string().min(1) }),
      maxBodyBytes: TEXT_MAX_BYTES,
      answer: {
        description: 'One for each version of the digest key. The text is kept nowhere.',
        schema: z.object({ digests: z.array(z.string()) }),
      },
      record: { kind: 'read' },
      handle: async ({ body }) => ({ json: { digests: digestsOf(body.text, audit) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/log/reindex',
      summary: 'Make the search of the log anew from its records; the log itself is not touched',
      action: 'log.reindex',
      successStatus: 202,
      answer: { description: 'It is made in the background; until then searches read record by record.' },
      record: { kind: 'change', facts: () => ({ object: { kind: 'LogSearch' } }) },
      handle: async () => {
        await logSearch.rebuild();
        return { status: 202, json: { started: true } };
      },
    }),
  ];
}

function purposeOf(call: Call<unknown, SearchQuery, unknown>): SearchPurpose {
  const { purpose, reference } = call.query;
  const said = purpose === undefined ? undefined : { kind: purpose, ...(reference === undefined ? {} : { reference }) };
  return requirePurpose(said ?? call.purpose());
}

/** As given, and without the one line break that editors add at the end. */
function digestsOf(given: string, audit: AdminAudit): string[] {
  const texts = given.endsWith('\n') ? [given, given.replace(/\r?\n$/, '')] : [given];
  return texts.filter((each) => each !== '').flatMap((each) => audit.digests?.(each) ?? [audit.digest(each)]);
}

function toSearched({ index, state, facts, code }: SearchHit): SearchedRecord {
  const said = (value: string | undefined) => (value === undefined || value === '' ? null : value);
  return {
    index,
    state,
    receipt: said(facts?.receipt),
    time: facts === undefined ? null : new Date(facts.atMs).toISOString(),
    kind: said(facts?.kind),
    action: said(facts?.action),
    tenant: said(facts?.tenant),
    actor: facts === undefined || facts.actor.id === '' ? null : facts.actor,
    model: said(facts?.model),
    dataClass: said(facts?.dataClass),
    policy: said(facts?.policy),
    code: said(code),
    status: facts?.status ?? null,
    entities: { ...facts?.entities },
    outside: said(facts?.outside),
    object: said(facts?.object),
  };
}
