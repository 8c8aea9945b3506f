// What the newest records say, kept in memory until a block says it: each is read once and not again at every search.
// Like a block it only finds; what is shown is read anew. May import its own room and types of audit/.

import type { Queryable } from '../log-reader.ts';
import { BLOCK_RECORDS } from './position-set.ts';
import type { RecordFacts } from './record-facts.ts';
import { readFacts, readRange } from './stored-records.ts';

export interface PlacedFacts {
  readonly index: number;
  readonly facts: RecordFacts;
  readonly isAlone: boolean;
}

interface KeptBlock {
  readonly start: number;
  /** Read up to here. */
  end: number;
  readonly read: PlacedFacts[];
}

const MOST_BLOCKS = 4;

export class RecentFacts {
  readonly #db: Queryable;
  readonly #kept = new Map<number, KeptBlock>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Of the records of [start, end), all of one block, that are there. */
  async read(start: number, end: number): Promise<readonly PlacedFacts[]> {
    const block = Math.floor(start / BLOCK_RECORDS);
    const kept = this.#kept.get(block);
    if (kept === undefined || start < kept.start || start > kept.end) {
      const read = await this.#readAnew(start, end);
      this.#keep(block, { start, end, read });
      return read;
    }
    if (end > kept.end) {
      const from = kept.end;
      const read = await this.#readAnew(from, end);
      // Another search may have come here meanwhile.
      if (kept.end === from) {
        kept.read.push(...read);
        kept.end = end;
      }
    }
    return kept.read.filter(({ index }) => index >= start && index < end);
  }

  async #readAnew(start: number, end: number): Promise<PlacedFacts[]> {
    const read = await readFacts(this.#db, await readRange(this.#db, start, end));
    return read.map(({ stored: { index }, facts, isAlone }) => ({ index, facts, isAlone }));
  }

  #keep(block: number, kept: KeptBlock): void {
    this.#kept.delete(block);
    this.#kept.set(block, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_BLOCKS && oldest !== undefined) this.#kept.delete(oldest);
  }
}
