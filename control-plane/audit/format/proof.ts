// Proofs of one record as a text file (https://c2sp.org/tlog-proof): index, hashes up to the root, and the checkpoint that
// signs the root. Whoever has the entry's bytes and the log's public key can check it with anybody's code.
// May import: this room.

import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { FormatError } from './format-error.ts';
import { HASH_BYTES, leafHash } from './merkle.ts';
import { verifyInclusion } from './merkle-proof.ts';
import type { VerifierKey } from './note.ts';

export interface InclusionProof {
  readonly index: number;
  /** From the leaf's sibling up to the root's child. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const MAX_HASHES = 64;

export function formatProof({ index, hashes, checkpoint }: InclusionProof): string {
  const lines = hashes.map((hash) => `${encodeBase64(hash)}\n`).join('');
  return `${HEADER}\nindex ${index}\n${lines}\n${checkpoint}`;
}

/** Reads a proof; an `extra` line is allowed and ignored, as nothing authenticates it. Throws `proof_invalid`. */
export function parseProof(text: string): InclusionProof {
  const cut = text.indexOf('\n\n');
  const [header, ...rest] = (cut === -1 ? '' : text.slice(0, cut)).split('\n');
  const lines = rest[0]?.startsWith('extra ') ? rest.slice(1) : rest;
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines[0] ?? '')?.[1];
  if (header !== HEADER || index === undefined || lines.length > MAX_HASHES + 1) {
    throw new FormatError('proof_invalid', `a proof begins with ${HEADER} and an index`);
  }
  const hashes = lines.slice(1).map(decodeBase64);
  if (hashes.some((hash) => hash.length !== HASH_BYTES))
    throw new FormatError('proof_invalid', 'a hash is not 32 bytes');
  return { index: Number(index), hashes, checkpoint: text.slice(cut + 2) };
}

/**
 * The checkpoint under which the entry stands in the log of `key`. Throws the codes of `openCheckpoint`, and
 * `proof_invalid` where the hashes do not lead from the entry to the signed root.
 */
export function verifyProof(text: string, entry: Uint8Array, key: VerifierKey): Checkpoint {
  const { index, hashes, checkpoint: note } = parseProof(text);
  const checkpoint = openCheckpoint(note, key);
  if (!verifyInclusion(leafHash(entry), index, checkpoint.size, hashes, checkpoint.root)) {
    throw new FormatError('proof_invalid', 'the hashes do not lead from this record to the signed root');
  }
  return checkpoint;
}
