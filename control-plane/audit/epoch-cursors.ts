// How far each producer's records have been integrated. A producer's counters have no gap, so "the next ones after n"
// can never step over a record that is committed late, as an ordering by row number or time would.
// May import its own room.

import type { Queryable } from './log-reader.ts';

/** Consecutive records of one producer, as they stand in the staging table. */
export interface StagedRun {
  readonly producer: string;
  readonly epoch: number;
  readonly firstN: number;
  readonly entries: readonly Uint8Array[];
}

export interface StagedRecords {
  readonly runs: readonly StagedRun[];
  /** There is more than was read. */
  readonly isFull: boolean;
  /** A record is missing between others: the staging table was changed. */
  readonly problem: string | undefined;
}

interface Cursor {
  readonly producer: string;
  readonly epoch: number;
  next: number;
  activeAt: number;
}

const READ_LIMIT = 2_048;
/** Epochs without news for this long are looked at every `COLD_POLL_MS` only: there are as many as there were starts. */
const COLD_AFTER_MS = 600_000;
const COLD_POLL_MS = 20_000;

const READ_NEXT = {
  name: 'audit_next',
  text: `SELECT e.producer, e.epoch, r.n, r.entry
           FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS e(producer, epoch, next)
           CROSS JOIN LATERAL (
             SELECT n, entry FROM audit_record
              WHERE producer = e.producer AND epoch = e.epoch AND n >= e.next ORDER BY n LIMIT $4) r`,
};

const READ_EPOCHS = `SELECT e.producer, e.epoch, coalesce(s.next, 0) AS next
  FROM audit_epoch e
  LEFT JOIN LATERAL (
    SELECT first_n + length AS next FROM audit_segment
     WHERE producer = e.producer AND epoch = e.epoch ORDER BY first_n DESC LIMIT 1) s ON true`;

export class EpochCursors {
  readonly #cursors = new Map<string, Cursor>();
  #coldPollAt = 0;

  static async load(db: Queryable): Promise<EpochCursors> {
    const cursors = new EpochCursors();
    await cursors.#discover(db, READ_EPOCHS);
    return cursors;
  }

  async next(db: Queryable): Promise<StagedRecords> {
    await this.#discover(db, `${READ_EPOCHS} WHERE e.started_at > now() - interval '10 minutes'`);
    const now = performance.now();
    const withCold = now >= this.#coldPollAt;
    if (withCold) {
      this.#coldPollAt = now + COLD_POLL_MS;
      await this.#discover(db, READ_EPOCHS);
    }
    const polled = [...this.#cursors.values()].filter(({ activeAt }) => withCold || now - activeAt < COLD_AFTER_MS);
    const { rows } = await db.query<{ producer: string; epoch: string; n: string; entry: Buffer }>({
      ...READ_NEXT,
      values: [
        polled.map(({ producer }) => producer),
        polled.map(({ epoch }) => epoch),
        polled.map(({ next }) => next),
        READ_LIMIT,
      ],
    });
    return this.#toRuns(rows);
  }

  advance(runs: readonly StagedRun[]): void {
    for (const { producer, epoch, firstN, entries } of runs) {
      const cursor = this.#cursors.get(keyOf(producer, epoch));
      if (cursor === undefined) continue;
      cursor.next = firstN + entries.length;
      cursor.activeAt = performance.now();
    }
  }

  async #discover(db: Queryable, sql: string): Promise<void> {
    const { rows } = await db.query<{ producer: string; epoch: string; next: string }>(sql);
    for (const { producer, epoch, next } of rows) {
      const key = keyOf(producer, Number(epoch));
      if (this.#cursors.has(key)) continue;
      this.#cursors.set(key, { producer, epoch: Number(epoch), next: Number(next), activeAt: performance.now() });
    }
  }

  #toRuns(rows: readonly { producer: string; epoch: string; n: string; entry: Buffer }[]): StagedRecords {
    const runs = new Map<string, { producer: string; epoch: number; firstN: number; entries: Uint8Array[] }>();
    const counts = new Map<string, number>();
    let problem: string | undefined;
    for (const row of rows) {
      const key = keyOf(row.producer, Number(row.epoch));
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const run = runs.get(key) ?? {
        producer: row.producer,
        epoch: Number(row.epoch),
        firstN: this.#cursors.get(key)?.next ?? 0,
        entries: [],
      };
      if (Number(row.n) !== run.firstN + run.entries.length) {
        problem ??= `record ${run.firstN + run.entries.length} of producer ${row.producer}, epoch ${row.epoch} is missing from the staging table although later ones are there`;
        continue;
      }
      run.entries.push(row.entry);
      runs.set(key, run);
    }
    return { runs: [...runs.values()], isFull: [...counts.values()].includes(READ_LIMIT), problem };
  }
}

function keyOf(producer: string, epoch: number): string {
  return `${epoch} ${producer}`;
}
