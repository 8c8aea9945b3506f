// Checkpoints (https://c2sp.org/tlog-checkpoint): the signed statement "this log has so many records and this root".
// The origin must be the name of the key that signs, so that one key cannot be read as speaking for two logs.
// May import: notes, base64 and the error of this room.

import { decodeBase64, encodeBase64 } from './base64.ts';
import { FormatError } from './format-error.ts';
import { HASH_BYTES } from './merkle.ts';
import { type NoteSigner, openNote, signNote, type VerifierKey } from './note.ts';

export interface Checkpoint {
  readonly origin: string;
  /** Number of records. */
  readonly size: number;
  readonly root: Uint8Array;
}

/** The note text: origin, size and root, a line each. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  if (origin === '' || origin.includes('\n')) throw new FormatError('checkpoint_invalid', 'the origin is one line');
  if (!Number.isSafeInteger(size) || size < 0) throw new FormatError('checkpoint_invalid', 'the size is not a count');
  if (root.length !== HASH_BYTES) throw new FormatError('checkpoint_invalid', 'the root is not 32 bytes');
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** Reads a note text. Extension lines are refused: our logs write none, and nobody could audit what they say. */
export function parseCheckpoint(text: string): Checkpoint {
  const match = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]+)\n$/u.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) {
    throw new FormatError('checkpoint_invalid', 'a checkpoint has three lines: origin, size, root');
  }
  const size = Number(match[2]);
  const root = decodeBase64(match[3]);
  if (!Number.isSafeInteger(size)) throw new FormatError('checkpoint_invalid', 'the size is beyond 2^53 - 1');
  if (root.length !== HASH_BYTES) throw new FormatError('checkpoint_invalid', 'the root is not 32 bytes');
  return { origin: match[1], size, root };
}

export async function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): Promise<string> {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/** A checkpoint that `key` signed for the log of its own name. Throws the codes of `openNote` and `checkpoint_invalid`. */
export function openCheckpoint(note: Uint8Array | string, key: VerifierKey): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, key).text);
  if (checkpoint.origin !== key.name) {
    throw new FormatError('checkpoint_invalid', 'the origin is not the name of the key that signed');
  }
  return checkpoint;
}
