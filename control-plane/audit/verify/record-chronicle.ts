// What the records say of one another, read in the order of the log: receipts that are unique, counters without a gap,
// outcomes that end an intent. Keeps a receipt a record, so a million records fit in memory.
// May import: format/ and the report's types.

import { FormatError } from '../format/format-error.ts';
import { decodeRecord, hasKnownFacts, type LoggedRecord, type RecordKind } from '../format/record.ts';
import type { Finding, Notices, ProducerReport } from './verify-report.ts';

const MAX_NAMED = 5;

interface ProducerState {
  /** Next counter of each epoch. */
  readonly next: Map<number, number>;
  records: number;
}

export class RecordChronicle {
  readonly #receipts = new Set<string>();
  /** Intents and changes that no outcome has ended yet. */
  readonly #open = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #producers = new Map<string, ProducerState>();
  readonly #kinds: Partial<Record<RecordKind, number>> = {};
  readonly #strayOutcomes: string[] = [];
  #strayCount = 0;
  #repeatedOutcomes = 0;
  #unknownFacts = 0;
  firstTime: string | undefined;
  lastTime: string | undefined;

  /** Takes the entry at `index`; what is wrong with it, or undefined. */
  take(index: number, entry: Uint8Array): Finding | undefined {
    let record: LoggedRecord;
    try {
      record = decodeRecord(entry);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return { code: 'record_malformed', index, detail: error.message };
    }
    this.#count(record);
    return this.#repeated(index, record) ?? this.#counter(index, record);
  }

  get kinds(): Readonly<Partial<Record<RecordKind, number>>> {
    return this.#kinds;
  }

  producers(): ProducerReport[] {
    return [...this.#producers].map(([id, { next, records }]) => ({ id, epochs: next.size, records }));
  }

  notices(): Notices {
    return {
      withoutOutcome: { count: this.#open.size, receipts: [...this.#open].slice(0, MAX_NAMED) },
      outcomesWithoutIntent: { count: this.#strayCount, receipts: this.#strayOutcomes },
      repeatedOutcomes: this.#repeatedOutcomes,
      unknownFacts: this.#unknownFacts,
    };
  }

  #count(record: LoggedRecord): void {
    this.#kinds[record.kind] = (this.#kinds[record.kind] ?? 0) + 1;
    this.firstTime ??= record.time;
    this.lastTime = record.time;
    if (!hasKnownFacts(record)) this.#unknownFacts += 1;
    if (record.kind === 'intent' || record.kind === 'change') {
      this.#open.add(record.receipt);
      this.#begun.add(record.receipt);
    }
    if (record.kind !== 'outcome') return;
    if (record.intent !== undefined && this.#open.delete(record.intent)) return;
    if (record.intent !== undefined && this.#begun.has(record.intent)) {
      this.#repeatedOutcomes += 1;
      return;
    }
    this.#strayCount += 1;
    if (this.#strayOutcomes.length < MAX_NAMED) this.#strayOutcomes.push(record.receipt);
  }

  #repeated(index: number, { receipt }: LoggedRecord): Finding | undefined {
    if (this.#receipts.has(receipt)) {
      return { code: 'receipt_repeated', index, receipt, detail: 'an earlier record has the same receipt' };
    }
    this.#receipts.add(receipt);
    return undefined;
  }

  /** Records of an epoch are counted from 0; a gap is a record that was removed before it entered the log. */
  #counter(index: number, { receipt, producer }: LoggedRecord): Finding | undefined {
    const state = this.#producers.get(producer.id) ?? { next: new Map<number, number>(), records: 0 };
    this.#producers.set(producer.id, state);
    state.records += 1;
    const expected = state.next.get(producer.epoch) ?? 0;
    state.next.set(producer.epoch, producer.n + 1);
    if (producer.n === expected) return undefined;
    const detail = `its producer counts ${producer.n} in epoch ${producer.epoch} where ${expected} was due`;
    return { code: 'counter_broken', index, receipt, detail };
  }
}
