// Asks a witness every minute to cosign the newest checkpoint, and keeps what it answers. The elected sequencer does it,
// so that there is one who asks; a witness that does not answer holds nobody up, and is told of.
// May import database/ types, undici and its own room.

import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { openCosignature, type WitnessKey } from './format/cosignature.ts';
import { FormatError } from './format/format-error.ts';
import { consistencyProof } from './format/merkle-proof.ts';
import { parseNote } from './format/note.ts';
import { formatWitnessRequest } from './format/witness-request.ts';
import { LogReader, type Queryable, type StoredCheckpoint } from './log-reader.ts';
import type { SequencerSession } from './sequencer-session.ts';

export interface WitnessPlace {
  /** The submission prefix: `add-checkpoint` is asked below it. */
  readonly url: string;
  readonly key: WitnessKey;
}

export interface WitnessingDependencies {
  readonly place: WitnessPlace;
  readonly connect: () => Promise<SequencerSession>;
  readonly isLeader: () => boolean;
  readonly log?: (message: string) => void;
  readonly everyMs?: number;
  readonly now?: () => Date;
}

export interface WitnessStatus {
  readonly name: string;
  /** Of the last cosignature that this process obtained, by the witness's clock. */
  readonly lastAt: Date | undefined;
  readonly lastSize: number | undefined;
  /** Why the last attempt failed, or undefined. */
  readonly problem: string | undefined;
  /** The witness remembers another log than this database holds: it was rewritten or cut off. */
  readonly disagrees: boolean;
}

const EVERY_MS = 55_000;
const LOOK_MS = 500;
const ANSWER_MS = 5_000;

export class Witnessing {
  readonly #deps: WitnessingDependencies;
  readonly #stopped = new AbortController();
  #loop: Promise<void> | undefined;
  #status: WitnessStatus;

  constructor(deps: WitnessingDependencies) {
    this.#deps = deps;
    const { name } = deps.place.key;
    this.#status = { name, lastAt: undefined, lastSize: undefined, problem: undefined, disagrees: false };
  }

  get status(): WitnessStatus {
    return this.#status;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let dueAt = 0;
    while (!this.#stopped.signal.aborted) {
      if (this.#deps.isLeader() && performance.now() >= dueAt) {
        await this.ask();
        dueAt = performance.now() + (this.#deps.everyMs ?? EVERY_MS);
      }
      await delay(LOOK_MS, undefined, { signal: this.#stopped.signal }).catch(() => {});
    }
  }

  /** One round; never rejects. True when the newest checkpoint is cosigned. */
  async ask(): Promise<boolean> {
    let session: SequencerSession | undefined;
    try {
      session = await this.#deps.connect();
      const { at, size } = await this.#cosignNewest(session);
      this.#status = { ...this.#status, lastAt: at, lastSize: size, problem: undefined, disagrees: false };
      return true;
    } catch (error) {
      const disagrees = error instanceof Disagreement;
      const problem = error instanceof WitnessFailure ? error.message : 'the witness cannot be asked';
      if (problem !== this.#status.problem) this.#deps.log?.(`witness: ${problem}`);
      // What it disagreed with once stays so, also while it cannot be reached.
      this.#status = { ...this.#status, problem, disagrees: disagrees || this.#status.disagrees };
      return false;
    } finally {
      session?.close();
    }
  }

  async #cosignNewest(db: Queryable): Promise<{ at: Date; size: number }> {
    const reader = new LogReader(db);
    const checkpoint = await reader.latestCheckpoint();
    if (checkpoint === undefined) throw new WitnessFailure('there is no checkpoint yet');
    const { key } = this.#deps.place;
    const lines = await this.#obtain(reader, checkpoint, await lastCosigned(db, key.name));
    const note = `${checkpoint.note}${lines}`;
    const atS = readTime(note, key);
    await db.query(
      'INSERT INTO audit_cosignature (witness, size, root, note, cosigned_at) VALUES ($1, $2, $3, $4, to_timestamp($5))',
      [key.name, checkpoint.size, checkpoint.root, note, atS],
    );
    return { at: new Date(atS * 1000), size: checkpoint.size };
  }

  async #obtain(reader: LogReader, checkpoint: StoredCheckpoint, knownSize: number): Promise<string> {
    const first = await this.#send(reader, checkpoint, knownSize);
    if (first.status === 200) return first.body;
    const remembered = first.status === 409 ? Number(/^(\d{1,15})\n$/.exec(first.body)?.[1] ?? Number.NaN) : Number.NaN;
    if (Number.isNaN(remembered)) throw refused(first.status);
    if (remembered > checkpoint.size) {
      throw new Disagreement(
        `it has seen ${remembered} records of this log and the database holds ${checkpoint.size}: the end was cut off, or an older state was restored`,
      );
    }
    if (remembered === knownSize) throw new Disagreement(`it has seen another log of ${remembered} records than this`);
    const second = await this.#send(reader, checkpoint, remembered);
    if (second.status === 200) return second.body;
    if (second.status === 409 || second.status === 422) {
      throw new Disagreement(`the first ${remembered} records are not those that it has seen: the log was rewritten`);
    }
    throw refused(second.status);
  }

  async #send(
    reader: LogReader,
    checkpoint: StoredCheckpoint,
    oldSize: number,
  ): Promise<{ status: number; body: string }> {
    const proof = await consistencyProof(Math.min(oldSize, checkpoint.size), checkpoint.size, (height, index) =>
      reader.node(height, index),
    );
    const body = formatWitnessRequest({ oldSize, proof, checkpoint: checkpoint.note });
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(ANSWER_MS)]);
      const url = `${this.#deps.place.url.replace(/\/$/, '')}/add-checkpoint`;
      const answer = await request(url, { method: 'POST', body, signal });
      return { status: answer.statusCode, body: await answer.body.text() };
    } catch {
      throw new WitnessFailure('it does not answer');
    }
  }
}

class WitnessFailure extends Error {}
class Disagreement extends WitnessFailure {}

function refused(status: number): WitnessFailure {
  const why =
    status === 404 ? 'it does not watch this log' : status === 403 ? 'it does not know the key of this log' : '';
  if (status === 422) return new Disagreement('the log does not continue what it has seen: it was rewritten');
  return new WitnessFailure(why === '' ? `it answered ${status}` : `${why}: give it the file log-key.pub`);
}

/** Also holds its answer against the key that we were given. */
function readTime(note: string, key: WitnessKey): number {
  try {
    return openCosignature(parseNote(note), key);
  } catch (error) {
    if (error instanceof FormatError)
      throw new WitnessFailure(`its answer is not signed with its key: ${error.message}`);
    throw error;
  }
}

async function lastCosigned(db: Queryable, witness: string): Promise<number> {
  const { rows } = await db.query<{ size: string }>(
    'SELECT size FROM audit_cosignature WHERE witness = $1 ORDER BY id DESC LIMIT 1',
    [witness],
  );
  return Number(rows[0]?.size ?? 0);
}
