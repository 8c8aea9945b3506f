// A staging table in memory that can fail in the ways a database does: answer with an error, fall silent, lose the
// connection before or after the commit, or commit long after it was given up. For tests of the staging.
// May import its own room.

import type { StagedRow, StagingTable } from './staging-table.ts';

export interface StoredRow extends StagedRow {
  readonly producer: string;
  readonly epoch: number;
}

/** What happens to the next statement: `slow` and `late` are committed when told, the connection of `late` being lost before. */
export type Fault =
  | { readonly kind: 'refused' | 'silent' | 'lost-before' | 'lost-after' }
  | { readonly kind: 'slow' | 'late'; readonly commit: Promise<void> };

export class MemoryStagingDatabase {
  readonly rows: StoredRow[] = [];
  readonly faults: Fault[] = [];
  /** While false, nothing connects. */
  isUp = true;
  readonly epochs = new Map<string, number>();
  inserts = 0;

  connect = async (): Promise<StagingTable> => {
    if (!this.isUp) throw lost();
    let isOpen = true;
    const use = () => {
      if (!isOpen || !this.isUp) throw lost();
    };
    return {
      beginEpoch: async (producer) => {
        use();
        const epoch = (this.epochs.get(producer) ?? 0) + 1;
        this.epochs.set(producer, epoch);
        return epoch;
      },
      insert: async (producer, epoch, rows) => {
        use();
        this.inserts += 1;
        await new Promise((resolve) => setImmediate(resolve)); // a commit takes a while
        await this.#insert(rows.map((row) => ({ ...row, producer, epoch })));
      },
      committed: async (receipts) => {
        use();
        return new Set(this.rows.filter(({ receipt }) => receipts.includes(receipt)).map(({ receipt }) => receipt));
      },
      close: () => {
        isOpen = false;
      },
    };
  };

  async #insert(rows: readonly StoredRow[]): Promise<void> {
    const fault = this.faults.shift();
    switch (fault?.kind) {
      case undefined:
        return this.#commit(rows);
      case 'refused':
        throw serverError('53100'); // disk full
      case 'silent':
        return new Promise(() => {});
      case 'lost-before':
        throw lost();
      case 'lost-after':
        this.#commit(rows);
        throw lost();
      case 'slow':
        await fault.commit;
        return this.#commit(rows);
      case 'late':
        void fault.commit.then(() => this.#commit(rows));
        throw lost();
    }
  }

  #commit(rows: readonly StoredRow[]): void {
    for (const row of rows) {
      const isTaken = this.rows.some(
        (other) =>
          other.receipt === row.receipt ||
          (other.producer === row.producer && other.epoch === row.epoch && other.n === row.n),
      );
      if (isTaken) throw serverError('23505');
      if (row.entry.length === 0) throw serverError('23514');
    }
    this.rows.push(...rows);
  }
}

function lost(): Error {
  return Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
}

function serverError(code: string): Error {
  return Object.assign(new Error(`the server said ${code}`), { code, severity: 'ERROR' });
}
