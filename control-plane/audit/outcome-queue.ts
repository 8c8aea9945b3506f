// Records that gate nothing: outcomes, refusals, heartbeats. They are written whatever happens, when the database can;
// an outage of hours is bridged in memory up to a bound, and what is lost beyond it shows as an intent without outcome.
// Imports the draft type only.

import type { WaitingRecord } from './staging-queue.ts';

export interface OutcomeQueueDependencies {
  /** Resolves when written; rejects only when the record cannot be written at all. */
  readonly append: (record: WaitingRecord['record']) => Promise<void>;
  readonly maxRecords?: number;
  readonly log?: (message: string) => void;
}

export interface OutcomeQueueStatus {
  readonly waiting: number;
  readonly lost: number;
}

/** About 1 KB each. */
const MAX_RECORDS = 50_000;

export class OutcomeQueue {
  readonly #deps: OutcomeQueueDependencies;
  readonly #maxRecords: number;
  #waiting = 0;
  #lost = 0;

  constructor(deps: OutcomeQueueDependencies) {
    this.#deps = deps;
    this.#maxRecords = deps.maxRecords ?? MAX_RECORDS;
  }

  get status(): OutcomeQueueStatus {
    return { waiting: this.#waiting, lost: this.#lost };
  }

  push(record: WaitingRecord['record']): void {
    if (this.#waiting >= this.#maxRecords) {
      this.#lose('the audit log cannot be written and its queue is full: outcomes are being lost');
      return;
    }
    this.#waiting += 1;
    this.#deps
      .append(record)
      .catch(() => this.#lose('an outcome could not be written to the audit log'))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  #lose(message: string): void {
    if (this.#lost === 0) this.#deps.log?.(message);
    this.#lost += 1;
  }
}
