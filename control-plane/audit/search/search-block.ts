// A block of the search: for 2,048 records in the order of the log, which terms are true of which of them, when each was
// written, and which digests they may hold. Written once and whole, never changed; whatever is missing can be made again
// from the records. Only finds: what is shown is read from the records themselves.
// May import its own room and types of audit/.

import type { Queryable } from '../log-reader.ts';
import { sketchOf } from './digest-sketch.ts';
import { BLOCK_RECORDS, encodePositions } from './position-set.ts';
import { termOf, termsOf } from './record-facts.ts';
import { readFacts, readRange } from './stored-records.ts';

/** Of what is in the blocks: those of another version are passed over, and made again. */
export const SEARCH_VERSION = 1;

const TIME_BYTES = 4;
const MOST_UNITS = 0xff_ff_ff_ff;

export interface SearchBlock extends BlockSpan {
  readonly block: number;
  /** Of each record how long after `firstAtMs`, 4 bytes each, in milliseconds; coarser where the block spans 49 days. */
  readonly times: Buffer;
  readonly digests: Buffer;
  readonly terms: readonly (readonly [term: string, positions: Buffer])[];
}

/** From the records as they stand; all of the block must be in the log. */
export async function makeBlock(db: Queryable, block: number): Promise<SearchBlock> {
  const start = block * BLOCK_RECORDS;
  const read = await readFacts(db, await readRange(db, start, start + BLOCK_RECORDS));
  const terms = new Map<string, number[]>();
  const add = (term: string, position: number) => {
    const positions = terms.get(term);
    if (positions === undefined) terms.set(term, [position]);
    else positions.push(position);
  };
  const times = read.length === 0 ? [0] : read.map(({ facts }) => facts.atMs);
  const span = { firstAtMs: Math.min(...times), lastAtMs: Math.max(...times) };
  const unitMs = unitOf(span);
  const offsets = Buffer.alloc(BLOCK_RECORDS * TIME_BYTES);
  const present = new Set<number>();
  for (const { stored, facts } of read) {
    const position = stored.index - start;
    present.add(position);
    offsets.writeUInt32BE(Math.floor((facts.atMs - span.firstAtMs) / unitMs), position * TIME_BYTES);
    for (const term of termsOf(facts)) add(term, position);
  }
  for (let position = 0; position < BLOCK_RECORDS; position += 1) {
    if (!present.has(position)) add(termOf('state', 'gone'), position);
  }
  return {
    block,
    ...span,
    times: offsets,
    digests: sketchOf(read.flatMap(({ facts }) => facts.digests)),
    terms: [...terms].map(([term, positions]) => [term, encodePositions(positions)] as const),
  };
}

/** In one statement, so that a block is there with all its terms or not at all; of two writers the first one counts. */
export async function writeBlock(db: Queryable, made: SearchBlock): Promise<void> {
  await db.query(
    `WITH written AS (
       INSERT INTO audit_search_block (block, version, first_at, last_at, times, digests)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING block)
     INSERT INTO audit_search_term (term, block, records)
     SELECT t.term, written.block, t.records FROM written, unnest($7::text[], $8::bytea[]) AS t(term, records)`,
    [
      ...[made.block, SEARCH_VERSION, new Date(made.firstAtMs), new Date(made.lastAtMs), made.times, made.digests],
      ...[made.terms.map(([term]) => term), made.terms.map(([, records]) => records)],
    ],
  );
}

export interface BlockSpan {
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Between when a record of the block was written, by its position; any time where the block does not say. */
export function timeAt(
  span: BlockSpan,
  times: Buffer,
  position: number,
): { readonly fromMs: number; readonly toMs: number } {
  const at = position * TIME_BYTES;
  if (at + TIME_BYTES > times.length) return { fromMs: span.firstAtMs, toMs: span.lastAtMs };
  const unitMs = unitOf(span);
  const fromMs = span.firstAtMs + times.readUInt32BE(at) * unitMs;
  return { fromMs, toMs: fromMs + unitMs - 1 };
}

function unitOf({ firstAtMs, lastAtMs }: BlockSpan): number {
  return Math.max(1, Math.ceil((lastAtMs - firstAtMs) / MOST_UNITS));
}

/** Numbers of blocks that the log has in full and the search has not, lowest first; at most `limit`. */
export async function missingBlocks(db: Queryable, size: number, limit: number): Promise<number[]> {
  const { rows } = await db.query<{ block: string }>(
    `SELECT block FROM generate_series(0::bigint, $1::bigint - 1) AS wanted(block)
      WHERE NOT EXISTS (SELECT FROM audit_search_block b WHERE b.block = wanted.block)
      ORDER BY block LIMIT $2`,
    [Math.floor(size / BLOCK_RECORDS), limit],
  );
  return rows.map(({ block }) => Number(block));
}
