// The body of `add-checkpoint` (https://c2sp.org/tlog-witness): the size that the witness cosigned last, the proof that
// the log continues from there, and the checkpoint.
// May import: base64 and the error of this room.

import { decodeBase64, encodeBase64 } from './base64.ts';
import { FormatError } from './format-error.ts';
import { HASH_BYTES } from './merkle.ts';

export interface WitnessRequest {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

const MAX_PROOF_LINES = 63;

export function formatWitnessRequest({ oldSize, proof, checkpoint }: WitnessRequest): string {
  return `old ${oldSize}\n${proof.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`;
}

/** Throws `note_invalid`. */
export function parseWitnessRequest(body: string): WitnessRequest {
  const cut = body.indexOf('\n\n');
  if (cut === -1) throw new FormatError('note_invalid', 'no checkpoint after an empty line');
  const [first = '', ...lines] = body.slice(0, cut).split('\n');
  const size = /^old (0|[1-9][0-9]{0,15})$/.exec(first)?.[1];
  const oldSize = Number(size);
  if (size === undefined || !Number.isSafeInteger(oldSize)) {
    throw new FormatError('note_invalid', 'the first line reads "old", a space and a size');
  }
  if (lines.length > MAX_PROOF_LINES) throw new FormatError('note_invalid', 'a proof has 63 lines at most');
  const proof = lines.map(decodeBase64);
  if (proof.some((hash) => hash.length !== HASH_BYTES)) {
    throw new FormatError('note_invalid', 'a line of the proof is a hash of 32 bytes');
  }
  return { oldSize, proof, checkpoint: body.slice(cut + 2) };
}
