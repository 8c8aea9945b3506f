// The records that wait to be written, those of waiting callers before those that nobody waits for.
// Imports the draft type only.

import type { AppError } from '../errors.ts';
import type { RecordDraft } from './record-draft.ts';

export interface WaitingRecord {
  readonly record: RecordDraft & { readonly receipt: string; readonly time: string };
  /** Answers the caller; false when the caller had been refused before. */
  settle(error?: AppError): boolean;
  readonly isRefused: boolean;
  readonly patient: boolean;
}

export class StagingQueue {
  #urgent: WaitingRecord[] = [];
  #patient: WaitingRecord[] = [];
  #inFlight = 0;

  /** Waiting or on their way. */
  get size(): number {
    return this.#urgent.length + this.#patient.length + this.#inFlight;
  }

  /** Whether a caller waits for one of them. */
  get isUrgent(): boolean {
    return this.#urgent.length > 0;
  }

  push(record: WaitingRecord['record'], deadlineMs: number | undefined, expired: () => AppError): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let state: 'waiting' | 'settled' | 'refused' = 'waiting';
    const timer =
      deadlineMs === undefined
        ? undefined
        : setTimeout(() => {
            state = 'refused';
            reject(expired());
          }, deadlineMs);
    const waiting: WaitingRecord = {
      record,
      patient: deadlineMs === undefined,
      get isRefused() {
        return state === 'refused';
      },
      settle(error) {
        if (state !== 'waiting') return state === 'settled';
        clearTimeout(timer);
        state = 'settled';
        if (error === undefined) resolve();
        else reject(error);
        return true;
      },
    };
    (waiting.patient ? this.#patient : this.#urgent).push(waiting);
    return promise;
  }

  /** The next ones; whoever was refused meanwhile is dropped unwritten. They count until `finish`. */
  take(limit: number): WaitingRecord[] {
    this.#urgent = this.#urgent.filter((waiting) => !waiting.isRefused);
    const batch = this.#urgent.splice(0, limit);
    if (batch.length < limit) batch.push(...this.#patient.splice(0, limit - batch.length));
    this.#inFlight = batch.length;
    return batch;
  }

  /** What was taken has been settled or put back. */
  finish(): void {
    this.#inFlight = 0;
  }

  putBack(batch: readonly WaitingRecord[]): void {
    this.#urgent.unshift(...batch.filter((waiting) => !waiting.patient && !waiting.isRefused));
    this.#patient.unshift(...batch.filter((waiting) => waiting.patient));
  }

  /** Refuses everything that waits. Returns how many there were. */
  clear(error: AppError): number {
    const all = [...this.#urgent, ...this.#patient];
    this.#urgent = [];
    this.#patient = [];
    for (const waiting of all) waiting.settle(error);
    return all.length;
  }
}
