// From a record to the root of the log: RFC 6962 hashing, and the walk of RFC 9162, 2.1.3.2.

import { type Bytes, concat, fromBase64, sha256 } from './bytes.ts';

const HASH_BYTES = 32;

export function leafHash(entry: Bytes): Promise<Bytes> {
  return sha256(concat(Uint8Array.of(0), entry));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(concat(Uint8Array.of(1), left, right));
}

/** The root that the hashes lead to. @throws Error where there are too few or too many of them. */
export async function rootFrom(leaf: Bytes, index: bigint, size: bigint, hashes: readonly Bytes[]): Promise<Bytes> {
  if (index >= size) throw new Error('the record lies beyond the checkpoint');
  let node = index;
  let last = size - 1n;
  let root = leaf;
  for (const hash of hashes) {
    if (last === 0n) throw new Error('more hashes than lead to the root');
    if (node % 2n === 1n || node === last) {
      root = await nodeHash(hash, root);
      while (node % 2n === 0n && node !== 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else {
      root = await nodeHash(root, hash);
    }
    node /= 2n;
    last /= 2n;
  }
  if (last !== 0n) throw new Error('fewer hashes than lead to the root');
  return root;
}

export interface ReadProof {
  readonly index: bigint;
  readonly hashes: readonly Bytes[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** A C2SP tlog-proof. */
export function readProof(text: string): ReadProof {
  const cut = text.indexOf('\n\n');
  const [header, index = '', ...lines] = text.slice(0, Math.max(0, cut)).split('\n');
  const place = /^index (\d{1,16})$/.exec(index)?.[1];
  if (header !== 'c2sp.org/tlog-proof@v1' || place === undefined) throw new Error('not a proof of a record');
  const hashes = lines.map(fromBase64);
  if (hashes.some(({ length }) => length !== HASH_BYTES)) throw new Error('a hash of another length');
  return { index: BigInt(place), hashes, checkpoint: text.slice(cut + 2) };
}

export interface ReadCheckpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
}

export function readCheckpoint(text: string): ReadCheckpoint {
  const [origin = '', size = '', root = '', end, ...more] = text.split('\n');
  if (!/^\d{1,16}$/.test(size) || end !== '' || more.length > 0) throw new Error('not a checkpoint of three lines');
  return { origin, size: BigInt(size), root: fromBase64(root) };
}
