// Puts committed records in order: one process at a time, elected by an advisory lock, reads what producers have
// staged and adds it to the Merkle log, with a signed checkpoint. It is never on the path of a request. Everything it
// writes goes over the connection that holds the lock, so that one that lost the lock cannot write.
// May import database/, errors.ts and its own room.

import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '../errors.ts';
import { EpochCursors } from './epoch-cursors.ts';
import { leafHash, sameHash } from './format/merkle.ts';
import { restoreTileEdge, type TileEdge } from './format/tile-edge.ts';
import { TILE_WIDTH } from './format/tiles.ts';
import { LogReader } from './log-reader.ts';
import { writeIntegration } from './log-writer.ts';
import type { SequencerSession } from './sequencer-session.ts';
import { StuckLeader } from './stuck-leader.ts';

export interface SequencerDependencies {
  readonly connect: () => Promise<SequencerSession>;
  /** The signed note over a tree of this size and root. */
  readonly signCheckpoint: (size: number, root: Uint8Array) => Promise<string>;
  readonly log?: (message: string) => void;
  readonly clocks?: Partial<SequencerClocks>;
}

export interface SequencerClocks {
  /** Between two looks at the staging table: records are integrated within a second. */
  readonly pollMs: number;
  /** A checkpoint is signed at least this often, also when nothing happens. */
  readonly checkpointMs: number;
  /** How long one that is not elected waits before it asks for the lock again. */
  readonly electionMs: number;
  /**
   * One that is elected and integrates nothing for this long, although records wait, loses its place. Above the time in
   * which a late record of a process that had fallen silent is found (20 s), below that after which gateways refuse.
   */
  readonly stuckMs: number;
}

const CLOCKS: SequencerClocks = { pollMs: 200, checkpointMs: 50_000, electionMs: 1_000, stuckMs: 30_000 };

export interface SequencerStatus {
  readonly isLeader: boolean;
  /** What an operator should know, when the log does not grow as it should. */
  readonly problem: string | undefined;
  /** Records that were gone before they could enter the log, found by this process. */
  readonly gaps: number;
}

export class Sequencer {
  readonly #deps: SequencerDependencies;
  readonly #clocks: SequencerClocks;
  readonly #stopped = new AbortController();
  #loop: Promise<void> | undefined;
  #problem: string | undefined;
  #isLeader = false;
  #gaps = 0;

  constructor(deps: SequencerDependencies) {
    this.#deps = deps;
    this.#clocks = { ...CLOCKS, ...deps.clocks };
  }

  get status(): SequencerStatus {
    return { isLeader: this.#isLeader, problem: this.#problem, gaps: this.#gaps };
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      let session: SequencerSession | undefined;
      try {
        session = await this.#deps.connect();
        await this.#campaign(session);
      } catch (error) {
        this.#report(error instanceof Error ? error.message : 'the sequencer failed');
      } finally {
        this.#isLeader = false;
        session?.close();
      }
      await this.#pause(this.#clocks.electionMs);
    }
  }

  async #campaign(session: SequencerSession): Promise<void> {
    const leader = new StuckLeader({ stuckMs: this.#clocks.stuckMs });
    let lookAt = 0;
    while (!this.#stopped.signal.aborted) {
      if (await session.takeLock()) return this.#lead(session);
      const isTime = performance.now() >= lookAt;
      if (isTime) lookAt = performance.now() + this.#clocks.stuckMs / 10;
      if (isTime && (await leader.look(session))) {
        this.#deps.log?.('sequencer: the elected one integrates nothing although records wait; it is replaced');
        leader.reset();
        await session.breakLock();
      }
      await this.#pause(this.#clocks.electionMs);
    }
  }

  async #lead(session: SequencerSession): Promise<void> {
    const edge = await loadEdge(new LogReader(session));
    const cursors = await EpochCursors.load(session);
    this.#isLeader = true;
    let checkpointAt = Number.NEGATIVE_INFINITY;
    while (!this.#stopped.signal.aborted) {
      const staged = await cursors.next(session);
      this.#report(undefined);
      for (const gap of staged.gaps) this.#deps.log?.(`sequencer: ${gap}`);
      this.#gaps += staged.gaps.length;
      const isDue = performance.now() - checkpointAt >= this.#clocks.checkpointMs;
      if (staged.runs.length > 0 || isDue) {
        await writeIntegration(session, edge, staged.runs, this.#deps.signCheckpoint);
        cursors.advance(staged.runs);
        checkpointAt = performance.now();
      }
      if (!staged.isFull) await this.#pause(this.#clocks.pollMs);
    }
  }

  #report(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#problem) this.#deps.log?.(`sequencer: ${problem}`);
    this.#problem = problem;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}

/** The edge follows from the stored log; it must give the root that was signed last, or somebody changed the log. */
async function loadEdge(reader: LogReader): Promise<TileEdge> {
  const size = await reader.size();
  const edge = await restoreTileEdge(size, async ({ level, index, width }) => {
    const isOpen = level === 0 && width < TILE_WIDTH;
    // The records themselves where they are few: what was changed since must not be signed over.
    const entries = isOpen ? await reader.entries(index * TILE_WIDTH, index * TILE_WIDTH + width) : undefined;
    return Buffer.concat(entries?.map(leafHash) ?? (await reader.tile(level, index, width)));
  });
  const checkpoint = await reader.latestCheckpoint();
  const isConsistent =
    checkpoint === undefined ? size === 0 : checkpoint.size === size && sameHash(edge.root(), checkpoint.root);
  if (!isConsistent) {
    throw fail('audit_unavailable', {
      detail: `The stored log of ${size} records does not give the root of its last checkpoint (${checkpoint?.size ?? 'none'}): it was changed or is incomplete.`,
      remedy: 'Keep the database as it is, restore a copy elsewhere and compare it with an exported bundle.',
    });
  }
  return edge;
}
