// Acknowledged means committed: a record's caller is answered when the row is on the disk, and no earlier. Whatever
// waits is written by one multi-row INSERT, then the next (group commit); one statement is on its way at a time, so
// that the counters of a producer have no gap. After a commit of which we cannot know whether it happened we look for
// the receipts, and count on in a new epoch where they are not all there.
// May import errors.ts, database/ and the format.

import { setTimeout as delay } from 'node:timers/promises';
import { type AppError, fail } from '../errors.ts';
import { classifyFailure } from './staging-failure.ts';
import { StagingQueue, type WaitingRecord } from './staging-queue.ts';
import type { StagedRow, StagingTable } from './staging-table.ts';

export interface StagingDependencies {
  readonly producer: string;
  readonly connect: () => Promise<StagingTable>;
  /** The exact bytes of a record; throws when a draft cannot be recorded at all. */
  readonly encode: (record: WaitingRecord['record'], producer: { id: string; epoch: number; n: number }) => Uint8Array;
  /** Told of a record whose caller was refused although it was committed in the end. */
  readonly onAbandoned?: (record: WaitingRecord['record']) => void;
  /** Told of a record that no database would take; it is not written. */
  readonly onRejected?: (error: unknown) => void;
  readonly log?: (message: string) => void;
  /** Waits before the first, second... new try; the last one holds for all that follow. */
  readonly retryMs?: readonly number[];
  /** Without a commit for this long while records wait, callers are refused at once. */
  readonly stalledMs?: number;
}

/** Rows of one statement: beyond this a batch takes longer without carrying more a second. */
const BATCH_RECORDS = 512;
/** How long outcomes wait for an intent to go with: an INSERT of their own costs as much as one of both. */
const PATIENCE_MS = 20;
const MAX_WAITING = 20_000;
const RETRY_MS = [20, 100, 250, 500];
/** Less than the deadline of a caller: who waited behind those that were refused is not made to wait as long again. */
const STALLED_MS = 1_800;

export interface StagedMark {
  readonly epoch: number;
  /** Records of this epoch that are committed. */
  readonly count: number;
}

export class Staging {
  readonly #deps: StagingDependencies;
  readonly #queue = new StagingQueue();
  #table: StagingTable | undefined;
  #epoch = 0;
  #next = 0;
  #failures = 0;
  /** When a record was committed last, or the first of those that wait began to. */
  #progressAt = 0;
  #running: Promise<void> | undefined;
  #later: NodeJS.Timeout | undefined;
  #stopping = false;
  #closed = false;

  constructor(deps: StagingDependencies) {
    this.#deps = deps;
  }

  /** Connects and takes an epoch, so that a process that cannot record anything does not start. */
  async start(): Promise<void> {
    await this.#connect();
  }

  /** Where the producer stands; for the watch over the sequencer. */
  mark(): StagedMark {
    return { epoch: this.#epoch, count: this.#next };
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Resolves when the record is committed. Rejects with `audit_unavailable` once `deadlineMs` is over; a record without
   * a deadline waits for as long as it takes.
   */
  append(record: WaitingRecord['record'], deadlineMs?: number): Promise<void> {
    if (this.#stopping && deadlineMs !== undefined)
      return Promise.reject(unavailable('The audit log is being closed.'));
    if (deadlineMs !== undefined && this.#queue.size >= MAX_WAITING) {
      return Promise.reject(unavailable('Too many records wait to be committed.'));
    }
    if (this.#queue.size === 0) this.#progressAt = performance.now();
    else if (deadlineMs !== undefined && this.#isStalled()) {
      return Promise.reject(unavailable('The database has not committed a record for some seconds.'));
    }
    const written = this.#queue.push(record, deadlineMs, () => unavailable('The record was not committed in time.'));
    this.#run();
    return written;
  }

  /** Writes what waits, for as long as `patienceMs`, then lets go. Returns how many records were left unwritten. */
  async stop(patienceMs: number): Promise<number> {
    this.#stopping = true;
    this.#run();
    const deadline = AbortSignal.timeout(patienceMs);
    while (this.#queue.size > 0 && !deadline.aborted) {
      await Promise.race([this.#running, delay(50)]);
      this.#run();
    }
    this.#closed = true;
    clearTimeout(this.#later);
    this.#table?.close();
    await this.#running; // ends soon: what is in flight fails with the connection
    this.#table?.close();
    return this.#queue.clear(unavailable('The audit log was closed.'));
  }

  /** What waits is tried again all the time, so that the first commit ends it. */
  #isStalled(): boolean {
    return performance.now() - this.#progressAt >= (this.#deps.stalledMs ?? STALLED_MS);
  }

  /** At once for whoever waits; what nobody waits for goes with the next of those, or after a while by itself. */
  #run(): void {
    if (this.#running !== undefined || this.#queue.size === 0 || this.#closed) return;
    if (this.#mayWait()) {
      this.#later ??= setTimeout(() => this.#begin(), PATIENCE_MS);
      return;
    }
    this.#begin();
  }

  #mayWait(): boolean {
    return !this.#stopping && !this.#queue.isUrgent && this.#queue.size < BATCH_RECORDS;
  }

  #begin(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#running !== undefined || this.#closed) return;
    this.#running = this.#flushAll().finally(() => {
      this.#running = undefined;
      this.#run();
    });
  }

  async #flushAll(): Promise<void> {
    await Promise.resolve(); // callers of the same turn share the first batch
    do {
      try {
        const table = this.#table ?? (await this.#connect());
        const batch = this.#queue.take(BATCH_RECORDS);
        if (batch.length > 0) await this.#flush(table, batch);
        if (this.#failures > 0) this.#deps.log?.('the audit log is written again');
        this.#failures = 0;
      } catch (error) {
        this.#failures += 1;
        if (this.#failures === 1) this.#deps.log?.(`the audit log cannot be written: ${describe(error)}`);
        const retryMs = this.#deps.retryMs ?? RETRY_MS;
        await delay(retryMs[Math.min(this.#failures, retryMs.length) - 1]);
      } finally {
        this.#queue.finish();
      }
    } while (this.#queue.size > 0 && !this.#closed && !this.#mayWait());
  }

  /** A connection that is ours alone, and an epoch that nobody has used. */
  async #connect(): Promise<StagingTable> {
    const table = await this.#deps.connect();
    try {
      this.#epoch = await table.beginEpoch(this.#deps.producer);
      this.#next = 0;
    } catch (error) {
      table.close();
      throw error;
    }
    this.#table = table;
    return table;
  }

  /** Throws only after it has put back or settled every record of the batch. */
  async #flush(table: StagingTable, batch: readonly WaitingRecord[]): Promise<void> {
    const rows = this.#encode(batch);
    if (rows.length === 0) return;
    try {
      await table.insert(
        this.#deps.producer,
        this.#epoch,
        rows.map(({ row }) => row),
      );
    } catch (error) {
      await this.#onFailure(table, rows, error);
      return;
    }
    this.#next += rows.length;
    this.#progressAt = performance.now();
    for (const { waiting } of rows) this.#acknowledge(waiting);
  }

  #encode(batch: readonly WaitingRecord[]): { waiting: WaitingRecord; row: StagedRow }[] {
    const rows: { waiting: WaitingRecord; row: StagedRow }[] = [];
    for (const waiting of batch) {
      const n = this.#next + rows.length;
      try {
        const { receipt, kind, tenant, intent } = waiting.record;
        const entry = this.#deps.encode(waiting.record, { id: this.#deps.producer, epoch: this.#epoch, n });
        rows.push({ waiting, row: { n, receipt, kind, tenant, intent, entry } });
      } catch (error) {
        this.#reject(waiting, error);
      }
    }
    return rows;
  }

  async #onFailure(
    table: StagingTable,
    rows: readonly { waiting: WaitingRecord; row: StagedRow }[],
    error: unknown,
  ): Promise<void> {
    const kind = classifyFailure(error);
    if (kind === 'duplicate') return this.#settleCommitted(table, rows);
    if (kind === 'data' && rows.length === 1) {
      for (const { waiting } of rows) this.#reject(waiting, error);
      return;
    }
    if (kind === 'data') {
      // One of them is at fault: each alone, so that the others are not refused for it.
      return this.#flushEach(
        table,
        rows.map(({ waiting }) => waiting),
      );
    }
    if (kind === 'unknown') {
      // It may have been committed, may be so later, or never. The epoch ends here; its receipts tell what became of it.
      this.#table = undefined;
      table.close();
      await this.#recheck(rows.map(({ waiting }) => waiting));
    } else this.#queue.putBack(rows.map(({ waiting }) => waiting));
    throw error;
  }

  async #flushEach(table: StagingTable, batch: readonly WaitingRecord[]): Promise<void> {
    for (const [index, waiting] of batch.entries()) {
      try {
        await this.#flush(table, [waiting]);
      } catch (error) {
        this.#queue.putBack(batch.slice(index + 1));
        throw error;
      }
    }
  }

  /** Some of the receipts are there already, from a commit that had been given up. The rest is written again. */
  async #settleCommitted(table: StagingTable, rows: readonly { waiting: WaitingRecord }[]): Promise<void> {
    const waiting = rows.map((row) => row.waiting);
    try {
      const committed = await table.committed(waiting.map(({ record }) => record.receipt));
      this.#queue.putBack(waiting.filter((item) => !this.#acknowledgeIf(committed, item)));
    } catch (error) {
      this.#queue.putBack(waiting);
      throw error;
    }
  }

  async #recheck(waiting: readonly WaitingRecord[]): Promise<void> {
    let committed: ReadonlySet<string> = new Set();
    try {
      const table = await this.#connect();
      committed = await table.committed(waiting.map(({ record }) => record.receipt));
    } catch {
      // No answer either: they stay unacknowledged, and are settled as duplicates if they turn out to be there.
    }
    this.#queue.putBack(waiting.filter((item) => !this.#acknowledgeIf(committed, item)));
  }

  #acknowledgeIf(committed: ReadonlySet<string>, waiting: WaitingRecord): boolean {
    const found = committed.has(waiting.record.receipt);
    if (found) this.#acknowledge(waiting);
    return found;
  }

  #acknowledge(waiting: WaitingRecord): void {
    if (!waiting.settle()) this.#deps.onAbandoned?.(waiting.record);
  }

  #reject(waiting: WaitingRecord, error: unknown): void {
    this.#deps.onRejected?.(error);
    waiting.settle(fail('audit_unavailable', { detail: 'The record cannot be written as it is.', cause: error }));
  }
}

function unavailable(detail: string): AppError {
  return fail('audit_unavailable', { detail, remedy: 'Try again; nothing was forwarded.', retryAfterS: 2 });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : 'no reason given';
}
