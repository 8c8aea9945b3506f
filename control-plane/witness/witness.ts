// The witness: an independent party that remembers the largest checkpoint of each log and cosigns only what continues
// it (https://c2sp.org/tlog-witness). Whoever holds our database and our signing key still cannot rewrite what it saw.
// It has its own key and its own folder, and belongs on another machine, in other hands. This file decides; what it
// has cosigned is on disk before anybody is told.
// May import: audit/format, errors.ts, tls and its own room.

import { parseCheckpoint } from '../audit/format/checkpoint.ts';
import type { Cosigner } from '../audit/format/cosignature.ts';
import { FormatError } from '../audit/format/format-error.ts';
import { sameHash } from '../audit/format/merkle.ts';
import { verifyConsistency } from '../audit/format/merkle-proof.ts';
import { openNote, type VerifierKey } from '../audit/format/note.ts';
import { parseWitnessRequest, type WitnessRequest } from '../audit/format/witness-request.ts';

/** What was cosigned last of each log; `write` returns when it would survive a loss of power. */
export interface WitnessMemory {
  read(origin: string): Promise<string | undefined>;
  write(origin: string, note: string): Promise<void>;
}

export interface WitnessParts {
  /** The logs that it watches; the name of a key is the origin of its log. A log may have several keys. */
  readonly logKeys: readonly VerifierKey[];
  readonly cosigner: Cosigner;
  readonly memory: WitnessMemory;
  readonly nowS: () => number;
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

export class Witness {
  readonly #parts: WitnessParts;
  /** One after another: between the check and the writing nothing else may be cosigned. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  addCheckpoint(body: string): Promise<WitnessAnswer> {
    const answer = this.#last.then(() => this.#add(body));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #add(body: string): Promise<WitnessAnswer> {
    const { logKeys, cosigner, memory, nowS } = this.#parts;
    const asked = attempt(() => parseWitnessRequest(body));
    if (asked instanceof FormatError) return refusal(400, asked.message);
    const origin = asked.checkpoint.split('\n', 1)[0] ?? '';
    const keys = logKeys.filter(({ name }) => name === origin);
    if (keys.length === 0) return refusal(404, 'this log is not watched here');
    const note = openByAny(asked.checkpoint, keys);
    if (note instanceof FormatError) {
      return refusal(note.code === 'note_invalid' ? 400 : 403, note.message);
    }
    const checkpoint = attempt(() => parseCheckpoint(note.text));
    if (checkpoint instanceof FormatError) return refusal(400, checkpoint.message);
    if (asked.oldSize > checkpoint.size) return refusal(400, 'the old size is larger than the checkpoint');
    const stored = await memory.read(origin);
    const known = stored === undefined ? undefined : parseCheckpoint(stored.slice(0, stored.lastIndexOf('\n\n') + 1));
    const disagreement = disagree(asked, checkpoint, known);
    if (disagreement !== undefined) return disagreement;
    const line = cosigner.cosign(note.text, nowS());
    await memory.write(origin, `${asked.checkpoint}${line}`);
    return { status: 200, contentType: 'text/plain; charset=utf-8', body: line };
  }
}

interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

function disagree({ oldSize, proof }: WitnessRequest, head: Head, known: Head | undefined): WitnessAnswer | undefined {
  const knownSize = known?.size ?? 0;
  if (oldSize !== knownSize) return sizeConflict(knownSize);
  if (known !== undefined && oldSize === head.size && !sameHash(known.root, head.root)) return sizeConflict(knownSize);
  const oldRoot = known?.root ?? new Uint8Array(32);
  if (verifyConsistency(oldSize, head.size, oldRoot, head.root, proof)) return undefined;
  return refusal(422, 'the proof does not lead from the checkpoint cosigned last to this one');
}

function sizeConflict(size: number): WitnessAnswer {
  return { status: 409, contentType: 'text/x.tlog.size', body: `${size}\n` };
}

function refusal(status: WitnessAnswer['status'], reason: string): WitnessAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${reason}\n` };
}

/** The note, by the first key that signed it; the refusal of the last one otherwise. */
function openByAny(note: string, keys: readonly VerifierKey[]) {
  let refused = new FormatError('signature_missing', 'not signed');
  for (const key of keys) {
    const opened = attempt(() => openNote(note, key));
    if (!(opened instanceof FormatError)) return opened;
    refused = opened;
  }
  return refused;
}

function attempt<T>(read: () => T): T | FormatError {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}
