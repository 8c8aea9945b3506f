// A log that is searched in memory, for tests: every record read at every search. Imports the port and the facts of the
// audit room.

import type { RecordFilter, SearchHit, SearchNames } from '../../audit/search/log-search.ts';
import { factsOf, type RecordFacts, TERMS, termOf, termsOf } from '../../audit/search/record-facts.ts';
import type { LoggedRecord } from '../records/records.ts';
import type { LogSearcher } from './search-routes.ts';

/** `read` gives the records as they stand, oldest first. */
export function memoryLogSearch(read: () => readonly LoggedRecord[]): LogSearcher {
  const facts = (): RecordFacts[] => {
    const known = new Map<string, RecordFacts>();
    return read().map((record) => {
      const { receipt, kind } = record;
      const columns = { receipt, kind, tenant: '-', stagedAtMs: 0 };
      const said = factsOf(Buffer.from(JSON.stringify(record)), columns, known.get(String(record['intent'])));
      known.set(receipt, said);
      return said;
    });
  };
  return {
    page: async ({ filter, limit, before, after }) => {
      const all = facts();
      const start = after === undefined ? 0 : after + 1;
      const hits = all
        .map((each, index): SearchHit => ({ index, state: 'intact', facts: each, code: each.code ?? endOf(each, all) }))
        .filter(({ index, facts: each }) => index >= start && index < (before ?? all.length) && isMeant(each, filter));
      const shown = after === undefined ? hits.slice(-limit).toReversed() : hits.slice(0, limit).toReversed();
      const isMore = hits.length > limit;
      return {
        hits: shown,
        older: isMore && after === undefined ? shown.at(-1)?.index : undefined,
        newer: after === undefined || isMore ? (shown[0]?.index ?? all.length - 1) : all.length - 1,
        size: all.length,
      };
    },
    names: async () => {
      const terms = facts().flatMap(termsOf);
      const named = TERMS.map((name) => {
        const prefix = termOf(name, '');
        const values = terms.filter((term) => term.startsWith(prefix)).map((term) => term.slice(prefix.length));
        return [name, [...new Set(values)].toSorted()] as const;
      });
      return Object.fromEntries(named) as unknown as SearchNames;
    },
    rebuild: async () => {},
  };
}

function endOf({ receipt }: RecordFacts, all: readonly RecordFacts[]): string | undefined {
  return all.find(({ intent }) => intent === receipt)?.code;
}

function isMeant(facts: RecordFacts | undefined, filter: RecordFilter): boolean {
  if (facts === undefined) return false;
  const { from, to, receipt, digests } = filter;
  const terms = termsOf(facts);
  return (
    TERMS.every((name) => {
      const wanted = filter[name];
      return wanted === undefined || [wanted].flat().some((each) => terms.includes(termOf(name, each)));
    }) &&
    (from === undefined || facts.atMs >= from.getTime()) &&
    (to === undefined || facts.atMs < to.getTime()) &&
    (receipt === undefined || facts.receipt === receipt || facts.intent === receipt) &&
    (digests === undefined || digests.some((digest) => facts.digests.includes(digest)))
  );
}
