// Which records of a block may be meant: the sets of its terms joined, less those of another time or without a digest.
// May import its own room and types of audit/.

import type { Queryable } from '../log-reader.ts';
import { hashesOf } from './digest-sketch.ts';
import { BLOCK_RECORDS, decodePositions, intersect, type PositionSet, positionsOf, unite } from './position-set.ts';
import { type BlockSpan, SEARCH_VERSION, timeAt } from './search-block.ts';
import { findBytes } from './stored-records.ts';

export interface BlockSummary extends BlockSpan {
  readonly block: number;
  /** Of which every term is true. */
  readonly positions: PositionSet;
  /** It may hold one of the digests asked for; true where none was. */
  readonly mayHold: boolean;
}

/** Terms of which one must be true. */
export type TermGroup = readonly string[];

export interface CandidateFilter {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly digests?: readonly string[] | undefined;
  readonly range: { readonly start: number; readonly end: number };
}

/** Those blocks that there are, with what they say of the terms. `blocks` follow one another, up or down. */
export async function readBlocks(
  db: Queryable,
  blocks: readonly number[],
  groups: readonly TermGroup[],
  digests: readonly string[] | undefined,
): Promise<Map<number, BlockSummary>> {
  const bounds = [Math.min(...blocks), Math.max(...blocks)];
  const sketch = sketchCondition(digests);
  const { rows } = await db.query<{ block: string; first_at: Date; last_at: Date; may_hold: boolean }>(
    `SELECT block, first_at, last_at, ${sketch} AS may_hold FROM audit_search_block
      WHERE block BETWEEN $1 AND $2 AND version = ${SEARCH_VERSION}`,
    bounds,
  );
  const sets = await readSets(db, bounds, groups.flat());
  return new Map(
    rows.map(({ block, first_at, last_at, may_hold: mayHold }) => {
      const number = Number(block);
      // A term that the block does not have is true of none of its records.
      const setOfTerm = (term: string) => sets.get(`${number} ${term}`) ?? [];
      const positions = intersect(groups.map((group) => unite(group.flatMap(setOfTerm))));
      const times = { firstAtMs: first_at.getTime(), lastAtMs: last_at.getTime() };
      return [number, { block: number, ...times, positions, mayHold }];
    }),
  );
}

/** Places in the log, ascending. */
export async function candidatesIn(
  db: Queryable,
  summary: BlockSummary,
  { from, to, digests, range }: CandidateFilter,
): Promise<readonly number[]> {
  const { block, firstAtMs, lastAtMs, positions, mayHold } = summary;
  const fromMs = from?.getTime() ?? Number.NEGATIVE_INFINITY;
  const toMs = to?.getTime() ?? Number.POSITIVE_INFINITY;
  if (!mayHold || lastAtMs < fromMs || firstAtMs >= toMs) return [];
  const first = block * BLOCK_RECORDS;
  let places = positionsOf(positions, range.start - first, range.end - first);
  if (places.length > 0 && (firstAtMs < fromMs || lastAtMs >= toMs)) {
    const times = await readTimes(db, block);
    places = places.filter((position) => {
      const at = timeAt(summary, times, position);
      return at.toMs >= fromMs && at.fromMs < toMs;
    });
  }
  const indexes = places.map((position) => first + position);
  if (digests === undefined || indexes.length === 0) return indexes;
  const holding = new Set(await findBytes(db, [range.start, range.end], digests));
  return indexes.filter((index) => holding.has(index));
}

async function readSets(
  db: Queryable,
  bounds: readonly number[],
  terms: readonly string[],
): Promise<Map<string, PositionSet>> {
  if (terms.length === 0) return new Map();
  const { rows } = await db.query<{ term: string; block: string; records: Buffer }>(
    'SELECT term, block, records FROM audit_search_term WHERE term = ANY($3::text[]) AND block BETWEEN $1 AND $2',
    [...bounds, terms],
  );
  return new Map(rows.map(({ term, block, records }) => [`${block} ${term}`, decodePositions(records)]));
}

async function readTimes(db: Queryable, block: number): Promise<Buffer> {
  const { rows } = await db.query<{ times: Buffer }>('SELECT times FROM audit_search_block WHERE block = $1', [block]);
  return rows[0]?.times ?? Buffer.alloc(0);
}

/** Numbers of ours only: places of bits. */
function sketchCondition(digests: readonly string[] | undefined): string {
  if (digests === undefined || digests.some((digest) => hashesOf(digest).length === 0)) return 'true';
  const each = digests.map((digest) =>
    hashesOf(digest)
      .map((hash) => `get_bit(digests, ${hash} % (8 * octet_length(digests))) = 1`)
      .join(' AND '),
  );
  return each.length === 0 ? 'true' : `(${each.map((one) => `(${one})`).join(' OR ')})`;
}
