// What the records say of one another, read in the order of the log: receipts that are unique, counters without a gap,
// outcomes that end an intent. Keeps a receipt a record, so a million records fit in memory.
// May import: format/ and the report's types.

import { FormatError } from '../format/format-error.ts';
import { type AuditRecord, decodeRecord, hasKnownFacts, type LoggedRecord, type RecordKind } from '../format/record.ts';
import type { Finding, Notices, OpenProducer, ProducerReport, RecoveryNotice } from './verify-report.ts';

const MAX_NAMED = 5;
/** A producer gives a sign of life at least once a minute: one without any for longer than this has fallen silent. */
const SILENT_MS = 150_000;

interface EpochState {
  /** Next counter. */
  next: number;
  /** It began with the record of a start; another one goes on after a lost connection. */
  readonly isStart: boolean;
  /** Its last record is that of a clean end. */
  isClosed: boolean;
  lastTime: string;
}

interface ProducerState {
  readonly epochs: Map<number, EpochState>;
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
  #recoveries = 0;
  #lastRecovery: RecoveryNotice | undefined;
  firstTime: string | undefined;
  lastTime: string | undefined;
  #latestTime = '';

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
    this.#noteRecovery(index, record);
    return this.#repeated(index, record) ?? this.#counter(index, record);
  }

  get kinds(): Readonly<Partial<Record<RecordKind, number>>> {
    return this.#kinds;
  }

  producers(): ProducerReport[] {
    return [...this.#producers].map(([id, { epochs, records }]) => ({ id, epochs: epochs.size, records }));
  }

  notices(): Notices {
    return {
      withoutOutcome: { count: this.#open.size, receipts: [...this.#open].slice(0, MAX_NAMED) },
      outcomesWithoutIntent: { count: this.#strayCount, receipts: this.#strayOutcomes },
      repeatedOutcomes: this.#repeatedOutcomes,
      recoveries: { count: this.#recoveries, last: this.#lastRecovery },
      unknownFacts: this.#unknownFacts,
      openProducers: this.#openProducers(),
      emptyEpochs: this.#emptyEpochs(),
    };
  }

  /** Starts that no record ends: still running, killed, or their last records are missing. */
  #openProducers(): OpenProducer[] {
    const open: OpenProducer[] = [];
    for (const [id, { epochs }] of this.#producers) {
      const inOrder = [...epochs].toSorted(([a], [b]) => a - b);
      for (const [place, [epoch, { isClosed, next, lastTime }]] of inOrder.entries()) {
        const goesOn = inOrder[place + 1]?.[1].isStart === false;
        if (isClosed || goesOn) continue;
        const isSilent = Date.parse(this.#latestTime) - Date.parse(lastTime) > SILENT_MS;
        open.push({ id, epoch, records: next, lastTime, isSilent });
      }
    }
    return open;
  }

  /** Epochs that a producer took and that no record is of: it could write none, or they are missing. */
  #emptyEpochs(): number {
    let empty = 0;
    for (const { epochs } of this.#producers.values()) empty += Math.max(...epochs.keys()) - epochs.size;
    return empty;
  }

  #count(record: LoggedRecord): void {
    this.#kinds[record.kind] = (this.#kinds[record.kind] ?? 0) + 1;
    this.firstTime ??= record.time;
    this.lastTime = record.time;
    if (record.time > this.#latestTime) this.#latestTime = record.time;
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

  #noteRecovery(index: number, record: LoggedRecord): void {
    if (record.kind !== 'lifecycle' || record.action !== 'recovered' || !hasKnownFacts(record)) return;
    const { recovery } = record as AuditRecord;
    if (recovery === undefined) return;
    this.#recoveries += 1;
    this.#lastRecovery = { index, receipt: record.receipt, takenAt: recovery.takenAt, size: recovery.size };
  }

  #repeated(index: number, { receipt }: LoggedRecord): Finding | undefined {
    if (this.#receipts.has(receipt)) {
      return { code: 'receipt_repeated', index, receipt, detail: 'an earlier record has the same receipt' };
    }
    this.#receipts.add(receipt);
    return undefined;
  }

  /** Records of an epoch are counted from 0; a gap is a record that was removed before it entered the log. */
  #counter(index: number, record: LoggedRecord): Finding | undefined {
    const { receipt, producer } = record;
    const state = this.#producers.get(producer.id) ?? { epochs: new Map<number, EpochState>(), records: 0 };
    this.#producers.set(producer.id, state);
    state.records += 1;
    const isLifecycle = (action: string) => record.kind === 'lifecycle' && record.action === action;
    const known = state.epochs.get(producer.epoch);
    const epoch = known ?? { next: 0, isStart: isLifecycle('start'), isClosed: false, lastTime: record.time };
    state.epochs.set(producer.epoch, epoch);
    const expected = epoch.next;
    epoch.next = producer.n + 1;
    epoch.isClosed = isLifecycle('stop');
    epoch.lastTime = record.time;
    if (producer.n === expected) return undefined;
    const detail = `its producer counts ${producer.n} in epoch ${producer.epoch} where ${expected} was due`;
    return { code: 'counter_broken', index, receipt, detail };
  }
}
