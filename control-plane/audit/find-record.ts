// Finds records for people: one by its receipt, with its outcome and the proof that it stands in the log; the last ones
// page by page; intents that nobody closed. May import database types and its own room.

import { fail } from '../errors.ts';
import { inclusionProof } from './format/merkle-proof.ts';
import type { LogFormat } from './log-format.ts';
import { LogReader, type Place, type Queryable } from './log-reader.ts';

/** A record as it stands in the log; `format/record.ts` has the whole shape. */
export interface LoggedRecord {
  readonly receipt: string;
  readonly kind: string;
  readonly time: string;
  readonly [fact: string]: unknown;
}

export interface FoundRecord {
  readonly record: LoggedRecord;
  readonly outcome: LoggedRecord | undefined;
  readonly proof: PlaceProof | undefined;
  /** The exact bytes that are the leaf of the record in the log. */
  readonly entry: Uint8Array;
  /** Of the outcome, where there is one. */
  readonly outcomeEntry: Uint8Array | undefined;
  readonly outcomeProof: PlaceProof | undefined;
  /** The first verifier key of the log, and how each key handed over to the next. */
  readonly keys: { readonly first: string; readonly handovers: readonly string[] };
}

/** Place in the log and C2SP tlog-proof; there is none until the sequencer has integrated the record. */
export interface PlaceProof {
  readonly index: number;
  readonly text: string;
}

export interface RecordPage {
  readonly records: readonly LoggedRecord[];
  readonly next: string | undefined;
}

export interface OrphanIntent {
  readonly receipt: string;
  readonly tenant: string;
  readonly stagedAt: Date;
}

interface RecordRow {
  readonly producer: string;
  readonly epoch: string;
  readonly n: string;
  readonly entry: Buffer;
}

/** A producer gives a sign of life once a minute: after this long without one it is taken for dead. */
const SILENT_PRODUCER = '150 seconds';
const MAX_ORPHANS = 1_000;

export class RecordFinder {
  readonly #db: Queryable;
  readonly #reader: LogReader;
  readonly #format: LogFormat;

  constructor(db: Queryable, format: LogFormat) {
    this.#db = db;
    this.#reader = new LogReader(db);
    this.#format = format;
  }

  async find(receipt: string): Promise<FoundRecord | undefined> {
    const { rows } = await this.#db.query<RecordRow & { receipt: string }>(
      `SELECT receipt, producer, epoch, n, entry FROM audit_record WHERE receipt = $1 OR intent = $1 ORDER BY staged_at, n`,
      [receipt],
    );
    const row = rows.find((each) => each.receipt === receipt);
    if (row === undefined) return undefined;
    const outcome = rows.find((each) => each.receipt !== receipt);
    return {
      record: parseEntry(row.entry),
      outcome: outcome === undefined ? undefined : parseEntry(outcome.entry),
      proof: await this.#prove(row),
      entry: row.entry,
      outcomeEntry: outcome?.entry,
      outcomeProof: outcome === undefined ? undefined : await this.#prove(outcome),
      keys: { first: this.#format.verifierKey, handovers: this.#format.handovers() },
    };
  }

  /** Newest first, in the order of the log. `before` is `next` of the page before. */
  async last({ limit, before }: { limit: number; before?: string }): Promise<RecordPage> {
    const end = before === undefined ? await this.#reader.size() : parseCursor(before);
    const start = Math.max(0, end - limit);
    const entries = await this.#reader.entries(start, end);
    return { records: entries.toReversed().map(parseEntry), next: start === 0 ? undefined : String(start) };
  }

  /**
   * Intents of the last `withinHours` without outcome, newest first, whose producer has been silent: the process ended in between.
   * One shows at most 5 minutes after the process died. Those still running are not among them.
   */
  async orphans(withinHours = 24): Promise<OrphanIntent[]> {
    const { rows } = await this.#db.query<{ receipt: string; tenant: string; staged_at: Date }>(
      `SELECT i.receipt, i.tenant, i.staged_at FROM audit_record i
        WHERE i.kind = 'intent' AND i.staged_at > now() - make_interval(hours => $1::int)
          AND NOT EXISTS (SELECT FROM audit_record o WHERE o.intent = i.receipt)
          AND (SELECT h.staged_at FROM audit_record h
                WHERE h.producer = i.producer AND h.epoch = i.epoch ORDER BY h.n DESC LIMIT 1)
              < now() - interval '${SILENT_PRODUCER}'
        ORDER BY i.staged_at DESC LIMIT ${MAX_ORPHANS}`,
      [withinHours],
    );
    return rows.map(({ receipt, tenant, staged_at }) => ({ receipt, tenant, stagedAt: staged_at }));
  }

  async #prove(row: RecordRow): Promise<PlaceProof | undefined> {
    const place: Place = { producer: row.producer, epoch: Number(row.epoch), n: Number(row.n) };
    const index = await this.#reader.indexOf(place);
    const checkpoint = await this.#reader.latestCheckpoint();
    if (index === undefined || checkpoint === undefined || index >= checkpoint.size) return undefined;
    const hashes = await inclusionProof(index, checkpoint.size, (height, at) => this.#reader.node(height, at));
    return { index, text: this.#format.formatProof({ index, hashes, checkpoint: checkpoint.note }) };
  }
}

function parseEntry(entry: Uint8Array): LoggedRecord {
  return JSON.parse(Buffer.from(entry).toString('utf8')) as LoggedRecord;
}

function parseCursor(before: string): number {
  const cursor = Number(before);
  if (Number.isSafeInteger(cursor) && cursor >= 0) return cursor;
  throw fail('invalid_field', {
    param: 'before',
    detail: 'before is not a cursor.',
    remedy: 'Give `next` of the page before.',
  });
}
