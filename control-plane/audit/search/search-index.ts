// Makes the blocks of the search behind the log, as they become full. Not part of the integration, so that nothing of it
// can hold the log up; the process that is elected to put the log in order does it, and leaves most of its time to
// requests. Derived, never authoritative: `rebuild()` empties it, and it fills again.
// May import its own room and types of audit/.

import { setTimeout as delay } from 'node:timers/promises';
import { LogReader } from '../log-reader.ts';
import type { SequencerSession } from '../sequencer-session.ts';
import { makeBlock, missingBlocks, SEARCH_VERSION, writeBlock } from './search-block.ts';

export interface SearchIndexDependencies {
  readonly connect: () => Promise<SequencerSession>;
  readonly isLeader: () => boolean;
  readonly log?: (message: string) => void;
  readonly clocks?: Partial<SearchIndexClocks>;
}

export interface SearchIndexClocks {
  /** Between two looks at the log. */
  readonly pollMs: number;
  readonly failedMs: number;
  /** Share of the time that one block after the other is made in; the rest is for requests. */
  readonly share: number;
  /** The same once many blocks are missing and the log grows slowly: after a restore, or after hours of many requests. */
  readonly shareBehind: number;
}

const CLOCKS: SearchIndexClocks = { pollMs: 500, failedMs: 5_000, share: 0.03, shareBehind: 0.25 };
const MANY_BLOCKS = 32;
/** Records a second above which requests need the machine more than the search does. */
const FAST_GROWTH = 500;

export class SearchIndex {
  readonly #deps: SearchIndexDependencies;
  readonly #clocks: SearchIndexClocks;
  readonly #stopped = new AbortController();
  #loop: Promise<void> | undefined;
  #seen: { readonly size: number; readonly atMs: number } | undefined;

  constructor(deps: SearchIndexDependencies) {
    this.#deps = deps;
    this.#clocks = { ...CLOCKS, ...deps.clocks };
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** Empties the search; until it is filled again each search reads the records, some thousand at a time. */
  async rebuild(): Promise<void> {
    const session = await this.#deps.connect();
    try {
      await emptySearch(session);
    } finally {
      session.close();
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (this.#deps.isLeader()) await this.#follow();
      await this.#pause(this.#clocks.pollMs);
    }
  }

  async #follow(): Promise<void> {
    let session: SequencerSession | undefined;
    try {
      session = await this.#deps.connect();
      await dropOlderVersion(session);
      this.#seen = undefined;
      while (!this.#stopped.signal.aborted && this.#deps.isLeader()) await this.#step(session);
    } catch (error) {
      this.#deps.log?.(`the search of records falls behind: ${error instanceof Error ? error.message : 'it failed'}`);
      await this.#pause(this.#clocks.failedMs);
    } finally {
      session?.close();
    }
  }

  async #step(session: SequencerSession): Promise<void> {
    const size = await new LogReader(session).size();
    const missing = await missingBlocks(session, size, MANY_BLOCKS);
    const growsFast = this.#growsFast(size);
    const mayHurry = missing.length === MANY_BLOCKS && !growsFast;
    const share = mayHurry ? this.#clocks.shareBehind : this.#clocks.share;
    // A few at a time: whether the log grows is asked again.
    for (const block of missing.slice(0, mayHurry ? 8 : 1)) {
      if (this.#stopped.signal.aborted || !this.#deps.isLeader()) return;
      const startedMs = performance.now();
      await writeBlock(session, await makeBlock(session, block));
      await this.#pause((performance.now() - startedMs) * (1 / share - 1));
    }
    if (missing.length <= 1) await this.#pause(this.#clocks.pollMs);
  }

  /** Since the last time that was asked; true at first, when nothing is known. */
  #growsFast(size: number): boolean {
    const seen = this.#seen;
    const now = { size, atMs: performance.now() };
    this.#seen = now;
    return seen === undefined || ((size - seen.size) * 1_000) / Math.max(1, now.atMs - seen.atMs) > FAST_GROWTH;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}

/** Makes all blocks that are missing, at once: for a process that does nothing else. */
export async function fillSearch(session: Pick<SequencerSession, 'query'>): Promise<number> {
  let made = 0;
  for (;;) {
    const missing = await missingBlocks(session, await new LogReader(session).size(), MANY_BLOCKS);
    if (missing.length === 0) return made;
    for (const block of missing) await writeBlock(session, await makeBlock(session, block));
    made += missing.length;
  }
}

async function dropOlderVersion(session: SequencerSession): Promise<void> {
  const { rows } = await session.query('SELECT FROM audit_search_block WHERE version <> $1 LIMIT 1', [SEARCH_VERSION]);
  if (rows.length > 0) await emptySearch(session);
}

async function emptySearch(session: SequencerSession): Promise<void> {
  await session.query('TRUNCATE audit_search_block, audit_search_term');
}
