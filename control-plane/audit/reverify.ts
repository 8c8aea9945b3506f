// Reads the log over and over, as an auditor would: is each record still the one whose hash was put in the tree, do the
// stored tiles say the same, and do all leaves together give the root that was signed? The newest records every few
// seconds, the whole log in turns that leave the database its breath. It tells; what was changed it cannot bring back.
// May import: the reader, the format and database types.

import { isDeepStrictEqual } from 'node:util';
import { openCheckpoint } from './format/checkpoint.ts';
import { followHandovers, openByAny } from './format/key-chain.ts';
import { MerkleFrontier } from './format/merkle.ts';
import { parseVerifierKey } from './format/note.ts';
import { TILE_WIDTH } from './format/tiles.ts';
import type { LogFormat } from './log-format.ts';
import { LogReader, type Queryable, type StoredCheckpoint } from './log-reader.ts';

export type FindingKind =
  /** The bytes of the record are not those that were hashed. */
  | 'changed'
  /** A record of the log is gone from its table. */
  | 'missing'
  /** A stored tile is not what its leaves give. */
  | 'tile'
  /** The leaves do not give the root that was signed, or no key of the log signed it. */
  | 'root';

export interface Finding {
  readonly kind: FindingKind;
  /** Of the record, or of the first one of a tile whose leaf is another; the size of the log for a root. */
  readonly index: number;
  readonly receipt: string | undefined;
  readonly foundAt: Date;
}

export interface ReverifyStatus {
  /** Records of the log, by its last checkpoint. */
  readonly size: number;
  /** Of this turn. */
  readonly checked: number;
  readonly lastWhole: { readonly at: Date; readonly tookMs: number; readonly size: number } | undefined;
  /** The first ones, by index. */
  readonly findings: readonly Finding[];
  /** Why it cannot look at the moment. */
  readonly problem: string | undefined;
}

export interface ReverifyDependencies {
  readonly db: Queryable;
  readonly format: Pick<LogFormat, 'verifierKey' | 'handovers'>;
  /** Between two turns, and between two looks at the newest records. */
  readonly everyMs: number;
  /** Called when a finding comes or goes. */
  readonly onFinding?: () => void;
  readonly log?: (message: string) => void;
}

/** A multiple of the width of a tile. */
const CHUNK = 2048;
/** The newest ones, looked at again and again whatever the turn does. */
const TAIL = 4096;
/** For each second of looking, so many of rest: a million records take 39 s so. */
const REST_SHARE = 2;
/** From the beginning of a turn to the beginning of the next, where the log is not too long for it. */
const TURN_MS = 50_000;
/** For each second of a turn, so many of rest behind it, within that time. */
const TURN_REST = 3;
const MOST_FINDINGS = 100;

export class Reverification {
  readonly #deps: ReverifyDependencies;
  readonly #reader: LogReader;
  readonly #findings = new Map<string, Finding>();
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #status: Omit<ReverifyStatus, 'findings'> = { size: 0, checked: 0, lastWhole: undefined, problem: undefined };
  #tailAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ReverifyDependencies) {
    this.#deps = deps;
    this.#reader = new LogReader(deps.db);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  get status(): ReverifyStatus {
    const findings = [...this.#findings.values()].sort((a, b) => a.index - b.index);
    return { ...this.#status, findings };
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const beganMs = performance.now();
      await this.#try(() => this.#turn());
      await this.#restAfter(performance.now() - beganMs);
    }
  }

  async #try(look: () => Promise<void>): Promise<void> {
    try {
      await look();
      this.#status = { ...this.#status, problem: undefined };
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#status = { ...this.#status, problem: error instanceof Error ? error.name : 'failure' };
    }
  }

  /** A turn begins again while what is changed anywhere still shows within a minute; the newest records do not wait for it. */
  async #restAfter(tookMs: number): Promise<void> {
    const { everyMs } = this.#deps;
    const endMs = performance.now() + Math.max(everyMs, Math.min(TURN_MS - tookMs, TURN_REST * tookMs));
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || this.#stopped.signal.aborted) return;
      await this.#rest(Math.min(leftMs, everyMs));
      if (!this.#stopped.signal.aborted) await this.#try(() => this.#lookAtTail());
    }
  }

  /** Once through the whole log, as far as it was signed when the turn began. */
  async #turn(): Promise<void> {
    const checkpoint = await this.#reader.latestCheckpoint();
    if (checkpoint === undefined) return;
    const startedAtMs = performance.now();
    this.#status = { ...this.#status, size: checkpoint.size, checked: 0 };
    const tree = new MerkleFrontier();
    let isWhole = true;
    for (let start = 0; start < checkpoint.size && !this.#stopped.signal.aborted; start += CHUNK) {
      await this.#lookAtTail();
      const beganMs = performance.now();
      const end = Math.min(start + CHUNK, checkpoint.size);
      // Where a run of records is gone there are no leaves to go on from: the rest is still looked at.
      if (!(await this.#look(start, end))) isWhole = false;
      else for (const leaf of await this.#lookAtTiles(start, end)) tree.append(leaf);
      this.#status = { ...this.#status, checked: end };
      await this.#rest(REST_SHARE * (performance.now() - beganMs));
    }
    if (this.#stopped.signal.aborted) return;
    const wrong = isWhole && this.#isSigned(checkpoint, tree) ? [] : [{ index: checkpoint.size }];
    this.#keep('root', [0, Number.POSITIVE_INFINITY], wrong);
    const tookMs = performance.now() - startedAtMs;
    this.#status = { ...this.#status, lastWhole: { at: new Date(), tookMs, size: checkpoint.size } };
  }

  #isSigned(checkpoint: StoredCheckpoint, tree: MerkleFrontier): boolean {
    const { format } = this.#deps;
    try {
      const keys = followHandovers(format.handovers(), parseVerifierKey(format.verifierKey));
      const { size, root } = openByAny(keys, (key) => openCheckpoint(checkpoint.note, key));
      return size === tree.size && isDeepStrictEqual(Buffer.from(root), Buffer.from(tree.root()));
    } catch {
      return false;
    }
  }

  async #lookAtTail(): Promise<void> {
    if (performance.now() - this.#tailAtMs < this.#deps.everyMs) return;
    this.#tailAtMs = performance.now();
    const size = await this.#reader.size();
    await this.#look(Math.max(0, size - TAIL), size);
  }

  /**
   * Compares each record with the hash of its leaf, in the database: only what does not fit comes over. False where not
   * every place of the range belongs to a run any more.
   */
  async #look(start: number, end: number): Promise<boolean> {
    const { rows } = await this.#deps.db.query<{ index: string; receipt: string | null }>(
      `SELECT s.first_index + k AS index, r.receipt
         FROM audit_segment s
         CROSS JOIN LATERAL generate_series(greatest(0, $1 - s.first_index)::int,
                                            (least(s.length, $2 - s.first_index) - 1)::int) AS k
         LEFT JOIN audit_record r ON r.producer = s.producer AND r.epoch = s.epoch AND r.n = s.first_n + k
        WHERE s.first_index < $2
          AND s.first_index >= coalesce((SELECT max(first_index) FROM audit_segment WHERE first_index <= $1), 0)
          AND s.hashes IS NOT NULL
          AND sha256('\\x00'::bytea || r.entry) IS DISTINCT FROM substring(s.hashes FROM 1 + 32 * k FOR 32)
        ORDER BY 1 LIMIT ${MOST_FINDINGS}`,
      [start, end],
    );
    const found = rows.map(({ index, receipt }) => ({ index: Number(index), receipt: receipt ?? undefined }));
    this.#keep(
      'changed',
      [start, end],
      found.filter(({ receipt }) => receipt !== undefined),
    );
    const gap = await this.#firstGap(start, end);
    const missing = found.filter(({ receipt }) => receipt === undefined);
    this.#keep('missing', [start, end], gap === undefined ? missing : [...missing, { index: gap }]);
    return gap === undefined;
  }

  /** The first place of the range that belongs to no run of records. */
  async #firstGap(start: number, end: number): Promise<number | undefined> {
    const { rows } = await this.#deps.db.query<{ first_index: string; length: number }>(
      `SELECT first_index, length FROM audit_segment
        WHERE first_index < $2
          AND first_index >= coalesce((SELECT max(first_index) FROM audit_segment WHERE first_index <= $1), 0)
        ORDER BY first_index`,
      [start, end],
    );
    let at = start;
    for (const { first_index, length } of rows) {
      if (Number(first_index) > at) return at;
      at = Math.max(at, Number(first_index) + length);
    }
    return at < end ? at : undefined;
  }

  /** The leaves of the range; each full tile that is stored must hold the same. */
  async #lookAtTiles(start: number, end: number): Promise<readonly Uint8Array[]> {
    const leaves = await this.#reader.leaves(start, end);
    const wrong: { index: number; receipt: string | undefined }[] = [];
    for (let at = 0; at + TILE_WIDTH <= leaves.length; at += TILE_WIDTH) {
      const stored = await this.#reader.tile(0, (start + at) / TILE_WIDTH);
      const own = leaves.slice(at, at + TILE_WIDTH);
      const off = own.findIndex((leaf, place) => !Buffer.from(leaf).equals(stored[place] ?? Buffer.alloc(0)));
      if (off >= 0) wrong.push({ index: start + at + off, receipt: await this.#receiptOf(start + at + off) });
    }
    this.#keep('tile', [start, end], wrong);
    return leaves;
  }

  async #receiptOf(index: number): Promise<string | undefined> {
    const { rows } = await this.#deps.db.query<{ receipt: string }>(
      `SELECT r.receipt FROM audit_segment s
         JOIN audit_record r ON r.producer = s.producer AND r.epoch = s.epoch AND r.n = s.first_n + $1 - s.first_index
        WHERE s.first_index = (SELECT max(first_index) FROM audit_segment WHERE first_index <= $1)`,
      [index],
    );
    return rows[0]?.receipt;
  }

  /** What is found in a range takes the place of what was found there before. */
  #keep(
    kind: FindingKind,
    [start, end]: readonly [number, number],
    found: readonly { readonly index: number; readonly receipt?: string | undefined }[],
  ): void {
    const known = new Set(found.map(({ index }) => `${kind} ${index}`));
    let changed = false;
    for (const [key, { kind: other, index }] of this.#findings) {
      if (other === kind && index >= start && index < end && !known.has(key)) changed = this.#findings.delete(key);
    }
    for (const { index, receipt } of found) {
      const key = `${kind} ${index}`;
      if (this.#findings.has(key) || this.#findings.size >= MOST_FINDINGS) continue;
      this.#findings.set(key, { kind, index, receipt, foundAt: new Date() });
      this.#deps.log?.(`the audit log does not hold what was signed: ${kind} at ${index}`);
      changed = true;
    }
    if (changed) this.#deps.onFinding?.();
  }

  #rest(ms: number): Promise<void> {
    const { signal } = this.#stopped;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.max(1, ms));
      signal.addEventListener('abort', done, { once: true });
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}
