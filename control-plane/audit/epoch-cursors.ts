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
  /**
   * Records that are missing between others, in words. A producer commits its records one statement after the other, so
   * what is not there when a later one is was removed. The log goes on behind it: its verifier shows the gap for ever,
   * while a log that stood still would show nothing and be stopped by whoever removes a row.
   */
  readonly gaps: readonly string[];
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
    const runs: (StagedRun & { readonly entries: Uint8Array[] })[] = [];
    const counts = new Map<string, number>();
    const due = new Map<string, number>();
    const gaps: string[] = [];
    for (const { producer, epoch, n, entry } of rows) {
      const key = keyOf(producer, Number(epoch));
      const firstN = Number(n);
      const expected = due.get(key) ?? this.#cursors.get(key)?.next ?? 0;
      const last = runs.at(-1);
      if (firstN !== expected) gaps.push(gapOf({ producer, epoch, expected, found: firstN }));
      if (last !== undefined && due.has(key) && firstN === expected) last.entries.push(entry);
      else runs.push({ producer, epoch: Number(epoch), firstN, entries: [entry] });
      due.set(key, firstN + 1);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return { runs, isFull: [...counts.values()].includes(READ_LIMIT), gaps };
  }
}

function gapOf({ producer, epoch, expected, found }: Record<'expected' | 'found', number> & Record<string, unknown>) {
  return `producer ${String(producer)}, epoch ${String(epoch)}: records ${expected} to ${found - 1} are missing from the staging table although ${found} is there; the log goes on, with a gap`;
}

function keyOf(producer: string, epoch: number): string {
  return `${epoch} ${producer}`;
}
