// Searches the log, newest first or onwards from a record: the blocks say where to look, the records say what is shown.
// A record that does not say what was asked for is left out although a block names it; what no block covers yet is read
// record by record, so that an answer is right whatever the blocks hold, and only its pages become smaller. Pages go by
// the place in the log. May import its own room and types of audit/.

import { LogReader, type Queryable } from '../log-reader.ts';
import { candidatesIn, readBlocks, type TermGroup } from './block-candidates.ts';
import { BLOCK_RECORDS } from './position-set.ts';
import { RecentFacts } from './recent-facts.ts';
import { BORROWED_TERMS, type RecordFacts, TERMS, type TermName, termOf, termsOf } from './record-facts.ts';
import { type CheckedRecord, placesOf, type ReadRecord, readAt, readFacts, readIntact } from './stored-records.ts';

/** All of what is given must hold; of a list one of its values. */
export type RecordFilter = { readonly [Name in TermName]?: string | readonly string[] | undefined } & {
  /** Included. */
  readonly from?: Date | undefined;
  /** Not included. */
  readonly to?: Date | undefined;
  /** A record, and those that name it as their intent. */
  readonly receipt?: string | undefined;
  /** Keyed digests, one of which a record must hold. */
  readonly digests?: readonly string[] | undefined;
};

export interface SearchOptions {
  readonly filter: RecordFilter;
  readonly limit: number;
  /** Places in the log: older than this one, or newer than this one. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

export interface SearchHit {
  /** Place in the log. */
  readonly index: number;
  /** Its bytes are those that were hashed into the log, they are others, or they are gone. */
  readonly state: 'intact' | 'changed' | 'gone';
  /** What the record says; of one that is gone nothing is left to say. */
  readonly facts: RecordFacts | undefined;
  /** How it ended: of an intent or a change what its outcome says, undefined while there is none. */
  readonly code: string | undefined;
}

export interface SearchPage {
  /** Newest first. */
  readonly hits: readonly SearchHit[];
  /** `before` of the page that follows; undefined where nothing older is left to look at. */
  readonly older: number | undefined;
  /** `after` of what is written from now on. */
  readonly newer: number;
  /** Records of the log. */
  readonly size: number;
}

/** Names that occur, for a person to choose from. */
export type SearchNames = Readonly<Record<TermName, readonly string[]>>;

/** Records that one search reads where no block says which; then it answers with what it has. */
const MOST_READ = 4 * BLOCK_RECORDS;
/** Blocks that one search looks through, 16 million records. */
const MOST_BLOCKS = 8_192;
const BLOCKS_AT_ONCE = 512;
const MAX_NAMES = 200;

export class LogSearch {
  readonly #db: Queryable;
  readonly #reader: LogReader;
  readonly #recent: RecentFacts;

  constructor(db: Queryable) {
    this.#db = db;
    this.#reader = new LogReader(db);
    this.#recent = new RecentFacts(db);
  }

  async page({ filter, limit, before, after }: SearchOptions): Promise<SearchPage> {
    const size = await this.#reader.size();
    const isOnwards = after !== undefined;
    const range = { start: isOnwards ? after + 1 : 0, end: Math.min(before ?? size, size) };
    const walk = new Walk(this.#db, { filter, limit, isOnwards, recent: this.#recent });
    const found =
      filter.receipt === undefined ? await walk.through(range) : await walk.over(await this.#placesIn(filter, range));
    const hits = await this.#withOutcomes(isOnwards ? found.hits.toReversed() : found.hits);
    const [newest] = hits;
    const oldest = hits.at(-1);
    return isOnwards
      ? { hits, size, newer: found.reached, older: oldest?.index ?? after + 1 }
      : {
          ...{ hits, size, older: found.reached > 0 ? found.reached : undefined },
          newer: newest?.index ?? (before === undefined ? size : before) - 1,
        };
  }

  /** Steps from name to name through the key of the terms: its cost is that of the names, not of the records. */
  async names(): Promise<SearchNames> {
    const size = await this.#reader.size();
    const unmade = Math.max(0, Math.floor((size - 1) / BLOCK_RECORDS)) * BLOCK_RECORDS;
    const recent = (await this.#recent.read(unmade, size)).flatMap(({ facts }) => termsOf(facts));
    const lists: [TermName, string[]][] = [];
    for (const name of TERMS) {
      const terms = new Set([...recent, ...(await this.#termsOf(name))]);
      const prefix = termOf(name, '');
      const names = [...terms].filter((term) => term.startsWith(prefix)).map((term) => term.slice(prefix.length));
      lists.push([name, names.toSorted().slice(0, MAX_NAMES)]);
    }
    return Object.fromEntries(lists) as unknown as SearchNames;
  }

  async #termsOf(name: TermName): Promise<string[]> {
    const { rows } = await this.#db.query<{ term: string }>(
      `WITH RECURSIVE names AS (
         (SELECT term, 1 AS n FROM audit_search_term WHERE term > $1 AND term < $2 ORDER BY term LIMIT 1)
         UNION ALL
         SELECT (SELECT t.term FROM audit_search_term t WHERE t.term > names.term AND t.term < $2 ORDER BY t.term LIMIT 1), n + 1
           FROM names WHERE names.term IS NOT NULL AND n < ${MAX_NAMES})
       SELECT term FROM names WHERE term IS NOT NULL`,
      [termOf(name, ''), `${name};`], // ';' follows ':'
    );
    return rows.map(({ term }) => term);
  }

  async #placesIn({ receipt = '' }: RecordFilter, { start, end }: { start: number; end: number }): Promise<number[]> {
    return (await placesOf(this.#db, receipt)).filter((index) => index >= start && index < end);
  }

  async #withOutcomes(hits: readonly SearchHit[]): Promise<SearchHit[]> {
    const open = hits.flatMap(({ code, facts }) => (code === undefined && facts !== undefined ? [facts.receipt] : []));
    if (open.length === 0) return [...hits];
    const outcomes = await readIntact(this.#db, 'intent', open);
    // The first one counts: a later one of the same intent takes no one's place.
    const codes = new Map(outcomes.toReversed().map(({ intent = '', code }) => [intent, code]));
    return hits.map((hit) => (hit.code === undefined ? { ...hit, code: codes.get(hit.facts?.receipt ?? '') } : hit));
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Found {
  /** In the order of the walk. */
  readonly hits: readonly SearchHit[];
  /** Looked at up to here: back to this place, it included, or onwards to it. */
  readonly reached: number;
}

interface WalkOptions {
  readonly recent: RecentFacts;
  readonly filter: RecordFilter;
  readonly limit: number;
  readonly isOnwards: boolean;
}

/** One search on its way through the log. */
class Walk {
  readonly #db: Queryable;
  readonly #recent: RecentFacts;
  readonly #filter: RecordFilter;
  readonly #limit: number;
  readonly #isOnwards: boolean;
  readonly #terms: readonly TermGroup[];
  #hits: SearchHit[] = [];
  #pending: number[] = [];
  #read = 0;

  constructor(db: Queryable, { filter, limit, isOnwards, recent }: WalkOptions) {
    this.#db = db;
    this.#recent = recent;
    this.#filter = filter;
    this.#limit = limit;
    this.#isOnwards = isOnwards;
    this.#terms = termsOfFilter(filter);
  }

  /** Those places of a list, ascending. */
  async over(places: readonly number[]): Promise<Found> {
    this.#pending.push(...this.#ordered(places));
    await this.#take();
    return this.#found(this.#isOnwards ? (places.at(-1) ?? 0) : 0);
  }

  async through(range: Range): Promise<Found> {
    let reached = this.#isOnwards ? range.start - 1 : range.end;
    for (const blocks of this.#chunks(range)) {
      const stopped = await this.#throughBlocks(blocks, range);
      const part = partOf(stopped ?? blocks.at(-1) ?? 0, range);
      reached = this.#isOnwards ? part.end - 1 : part.start;
      if (stopped !== undefined) break;
    }
    await this.#take();
    return this.#found(reached);
  }

  /** The block after which it stopped; undefined where it went through all of them. */
  async #throughBlocks(blocks: readonly number[], range: Range): Promise<number | undefined> {
    const known = await readBlocks(this.#db, blocks, this.#terms, this.#filter.digests);
    for (const block of blocks) {
      const part = partOf(block, range);
      const summary = known.get(block);
      if (summary === undefined) {
        await this.#take();
        if (!this.#isFull()) await this.#scan(part);
      } else {
        const candidates = await candidatesIn(this.#db, summary, { ...this.#filter, range: part });
        this.#pending.push(...this.#ordered(candidates));
        if (this.#hits.length + this.#pending.length > this.#limit) await this.#take();
      }
      if (this.#isFull() || this.#read >= MOST_READ) return block;
    }
    return undefined;
  }

  #isFull(): boolean {
    return this.#hits.length > this.#limit;
  }

  /** Reads what waits, no more of it than is needed, and keeps what says what was asked for. */
  async #take(): Promise<void> {
    while (this.#pending.length > 0 && !this.#isFull()) {
      const indexes = this.#pending.splice(0, this.#limit + 1 - this.#hits.length);
      const records = await readAt(this.#db, indexes);
      const read = await readFacts(this.#db, [...records.values()]);
      const found = new Map(read.map((each) => [each.stored.index, each]));
      this.#hits.push(...indexes.flatMap((index) => this.#hitOf(index, found.get(index))));
    }
  }

  async #scan({ start, end }: Range): Promise<void> {
    this.#read += end - start;
    const asksForGone = this.#filter.state === 'gone' && this.#terms.length === 1;
    // Whether a record is gone only a look of now can say.
    const read = await (asksForGone ? new RecentFacts(this.#db) : this.#recent).read(start, end);
    const matching = new Set(read.filter((each) => this.#matches(each)).map(({ index }) => index));
    const present = new Set(read.map(({ index }) => index));
    for (let index = start; index < end; index += 1) {
      if (!present.has(index) && (asksForGone || this.#terms.length === 0)) matching.add(index);
    }
    this.#pending.push(...this.#ordered([...matching].toSorted((a, b) => a - b)));
    await this.#take();
  }

  /** One whose bytes were changed says nothing any more that could exclude it: it was what its block says. */
  #hitOf(index: number, found: ReadRecord<CheckedRecord> | undefined): SearchHit[] {
    if (found === undefined) return [{ index, state: 'gone', facts: undefined, code: undefined }];
    const { facts, stored } = found;
    if (!stored.isIntact) return [{ index, state: 'changed', facts, code: facts.code }];
    return this.#matches(found) ? [{ index, state: 'intact', facts, code: facts.code }] : [];
  }

  /** Of one whose intent is not known, what that intent would have to say excludes nothing. */
  #matches({ facts, isAlone }: Pick<ReadRecord<unknown>, 'facts' | 'isAlone'>): boolean {
    const { from, to, digests } = this.#filter;
    if (from !== undefined && facts.atMs < from.getTime()) return false;
    if (to !== undefined && facts.atMs >= to.getTime()) return false;
    if (digests !== undefined && !facts.digests.some((digest) => digests.includes(digest))) return false;
    const terms = this.#terms.length === 0 ? [] : termsOf(facts);
    return this.#terms.every((group) => group.some((term) => terms.includes(term)) || (isAlone && isBorrowed(group)));
  }

  #ordered(ascending: readonly number[]): readonly number[] {
    return this.#isOnwards ? ascending : ascending.toReversed();
  }

  *#chunks({ start, end }: Range): Generator<number[]> {
    if (start >= end) return;
    const first = Math.floor(start / BLOCK_RECORDS);
    const last = Math.floor((end - 1) / BLOCK_RECORDS);
    const count = Math.min(last - first + 1, MOST_BLOCKS);
    const blocks = Array.from({ length: count }, (_, at) => (this.#isOnwards ? first + at : last - at));
    for (let at = 0; at < count; at += BLOCKS_AT_ONCE) yield blocks.slice(at, at + BLOCKS_AT_ONCE);
  }

  #found(reached: number): Found {
    const hits = this.#hits.slice(0, this.#limit);
    const last = hits.at(-1)?.index;
    return { hits, reached: this.#hits.length > this.#limit && last !== undefined ? last : reached };
  }
}

function partOf(block: number, range: Range): Range {
  return {
    start: Math.max(range.start, block * BLOCK_RECORDS),
    end: Math.min(range.end, (block + 1) * BLOCK_RECORDS),
  };
}

export function termsOfFilter(filter: RecordFilter): TermGroup[] {
  return TERMS.flatMap((name) => {
    const value = filter[name];
    if (value === undefined) return [];
    return [typeof value === 'string' ? [termOf(name, value)] : value.map((each) => termOf(name, each))];
  });
}

function isBorrowed(group: TermGroup): boolean {
  return group.some((term) => BORROWED_TERMS.has(term.slice(0, term.indexOf(':'))));
}
