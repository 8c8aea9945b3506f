// Reads the records of the log by their places in it, with the columns that each stands by and with what was hashed into
// the log. A row that is gone is not among them. May import audit/format/ and types of its own room.

import { leafHash, sameHash } from '../format/merkle.ts';
import type { Queryable } from '../log-reader.ts';
import { factsOf, type RecordFacts, type StoredColumns } from './record-facts.ts';

export interface StoredRecord extends StoredColumns {
  /** Place in the log. */
  readonly index: number;
  readonly entry: Uint8Array;
}

export interface CheckedRecord extends StoredRecord {
  /** Its bytes are those that were hashed into the log; true also where the run is older than kept hashes. */
  readonly isIntact: boolean;
}

interface Row {
  readonly index: string;
  readonly receipt: string;
  readonly kind: string;
  readonly tenant: string;
  readonly staged_at: Date;
  readonly entry: Buffer;
}

/** By the key, run by run: a planner that joins freely reads the whole table for a few thousand of its rows. */
const RANGE = `FROM audit_segment s
 CROSS JOIN LATERAL (
   SELECT * FROM audit_record
    WHERE producer = s.producer AND epoch = s.epoch
      AND n >= s.first_n + greatest(0, $1 - s.first_index)
      AND n < s.first_n + least(s.length, $2 - s.first_index)
   OFFSET 0) r
 WHERE s.first_index < $2
   AND s.first_index >= coalesce((SELECT max(first_index) FROM audit_segment WHERE first_index <= $1), 0)`;

/** Those of [start, end) that are there, in order. */
export async function readRange(db: Queryable, start: number, end: number): Promise<CheckedRecord[]> {
  const { rows } = await db.query<Row & { hash: Buffer | null }>(
    `SELECT s.first_index + r.n - s.first_n AS index, r.receipt, r.kind, r.tenant, r.staged_at, r.entry,
            substring(s.hashes FROM 1 + 32 * (r.n - s.first_n)::int FOR 32) AS hash
       ${RANGE} ORDER BY s.first_index, r.n`,
    [start, end],
  );
  return rows.map(toChecked);
}

/** Places in [start, end) whose bytes hold one of these texts; the database looks, so that few are sent. */
export async function findBytes(
  db: Queryable,
  [start, end]: readonly [number, number],
  texts: readonly string[],
): Promise<number[]> {
  const { rows } = await db.query<{ index: string }>(
    `SELECT s.first_index + r.n - s.first_n AS index ${RANGE}
       AND EXISTS (SELECT FROM unnest($3::bytea[]) AS t(text) WHERE position(t.text IN r.entry) > 0)`,
    [start, end, texts.map((text) => Buffer.from(text, 'utf8'))],
  );
  return rows.map(({ index }) => Number(index));
}

export async function readAt(db: Queryable, indexes: readonly number[]): Promise<Map<number, CheckedRecord>> {
  if (indexes.length === 0) return new Map();
  const { rows } = await db.query<Row & { hash: Buffer | null }>(
    `SELECT i.index, r.receipt, r.kind, r.tenant, r.staged_at, r.entry,
            substring(s.hashes FROM 1 + 32 * (i.index - s.first_index)::int FOR 32) AS hash
       FROM unnest($1::bigint[]) AS i(index)
       CROSS JOIN LATERAL (SELECT * FROM audit_segment WHERE first_index <= i.index ORDER BY first_index DESC LIMIT 1) s
       JOIN audit_record r ON r.producer = s.producer AND r.epoch = s.epoch AND r.n = s.first_n + i.index - s.first_index`,
    [indexes],
  );
  return new Map(rows.map((row) => [Number(row.index), toChecked(row)]));
}

/** Places of a record and of those that name it as their intent, ascending. */
export async function placesOf(db: Queryable, receipt: string): Promise<number[]> {
  const { rows } = await db.query<{ index: string }>(
    `SELECT s.first_index + r.n - s.first_n AS index
       FROM audit_record r
       CROSS JOIN LATERAL (
         SELECT * FROM audit_segment
          WHERE producer = r.producer AND epoch = r.epoch AND first_n <= r.n ORDER BY first_n DESC LIMIT 1) s
      WHERE (r.receipt = $1 OR r.intent = $1) AND r.n < s.first_n + s.length
      ORDER BY 1`,
    [receipt],
  );
  return rows.map(({ index }) => Number(index));
}

/** What a record says. */
export interface ReadRecord<T> {
  readonly stored: T;
  readonly facts: RecordFacts;
  /** It ends an intent that is gone or was changed: what that said is not known, and nothing of it is among the facts. */
  readonly isAlone: boolean;
}

/** What these records say, each with what its intent says where it ends one. Nothing is borrowed from changed bytes. */
export async function readFacts<T extends CheckedRecord>(
  db: Queryable,
  records: readonly T[],
): Promise<readonly ReadRecord<T>[]> {
  const own = records.map((stored) => ({ stored, facts: factsOf(stored.entry, stored) }));
  const beside = new Map(
    own.flatMap(({ stored, facts }) => (stored.isIntact ? [[facts.receipt, facts] as const] : [])),
  );
  const missing = own.flatMap(({ facts: { intent } }) => (intent === undefined || beside.has(intent) ? [] : [intent]));
  for (const facts of await readIntact(db, 'receipt', missing)) beside.set(facts.receipt, facts);
  return own.map(({ stored, facts }) => {
    if (facts.intent === undefined) return { stored, facts, isAlone: false };
    const intent = beside.get(facts.intent);
    if (intent === undefined) return { stored, facts, isAlone: true };
    return { stored, facts: factsOf(stored.entry, stored, intent), isAlone: false };
  });
}

/**
 * The records of the log that these receipts name (`receipt`), or that name one of them as what they end (`intent`), oldest
 * first: only those whose bytes were hashed into the log, and only where the bytes themselves say so, not the column.
 */
export async function readIntact(
  db: Queryable,
  by: 'receipt' | 'intent',
  receipts: readonly string[],
): Promise<RecordFacts[]> {
  if (receipts.length === 0) return [];
  const { rows } = await db.query<Row & { hash: Buffer | null }>(
    `SELECT s.first_index + r.n - s.first_n AS index, r.receipt, r.kind, r.tenant, r.staged_at, r.entry,
            substring(s.hashes FROM 1 + 32 * (r.n - s.first_n)::int FOR 32) AS hash
       FROM audit_record r
       CROSS JOIN LATERAL (
         SELECT * FROM audit_segment
          WHERE producer = r.producer AND epoch = r.epoch AND first_n <= r.n ORDER BY first_n DESC LIMIT 1) s
      WHERE r.${by} = ANY($1::text[]) AND r.n < s.first_n + s.length
      ORDER BY 1`,
    [receipts],
  );
  const wanted = new Set(receipts);
  return rows
    .map(toChecked)
    .filter(({ isIntact }) => isIntact)
    .map((stored) => factsOf(stored.entry, stored))
    .filter((facts) => wanted.has(facts[by] ?? ''));
}

function toChecked(row: Row & { readonly hash: Buffer | null }): CheckedRecord {
  return { ...toStored(row), isIntact: row.hash === null || sameHash(leafHash(row.entry), row.hash) };
}

function toStored({ index, receipt, kind, tenant, staged_at, entry }: Row): StoredRecord {
  return { index: Number(index), receipt, kind, tenant, stagedAtMs: staged_at.getTime(), entry };
}
