// Inclusion and consistency proofs (RFC 9162 sections 2.1.3 and 2.1.4): which hashes they hold, how they are computed from
// stored nodes, and how somebody who has only a root checks them.
// May import: merkle.ts and the error of this room.

import { FormatError } from './format-error.ts';
import { HASH_BYTES, nodeHash, sameHash } from './merkle.ts';

/** The hash of leaves [index * 2^height, (index + 1) * 2^height), which must all lie within the tree. */
export type NodeReader = (height: number, index: number) => Promise<Uint8Array>;

interface LeafRange {
  start: number;
  end: number;
}

/** The hashes from the leaf's sibling up to the root's child, in the tree of `size` leaves. */
export async function inclusionProof(index: number, size: number, readNode: NodeReader): Promise<Uint8Array[]> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new FormatError('proof_invalid', `leaf ${index} does not lie in a tree of ${size}`);
  }
  return readRanges(inclusionRanges(index, { start: 0, end: size }), readNode);
}

/** The hashes that show that the tree of `oldSize` leaves is a prefix of the tree of `size`. */
export async function consistencyProof(oldSize: number, size: number, readNode: NodeReader): Promise<Uint8Array[]> {
  if (!Number.isSafeInteger(oldSize) || oldSize < 0 || oldSize > size) {
    throw new FormatError('proof_invalid', `a tree of ${oldSize} cannot be a prefix of a tree of ${size}`);
  }
  if (oldSize === 0 || oldSize === size) return [];
  return readRanges(consistencyRanges(oldSize, { start: 0, end: size }, true), readNode);
}

/** RFC 9162 2.1.3.2. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let position = index;
  let last = size - 1;
  let computed = leaf;
  for (const sibling of proof) {
    if (sibling.length !== HASH_BYTES || last === 0) return false;
    if (position % 2 === 1 || position === last) {
      computed = nodeHash(sibling, computed);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      computed = nodeHash(computed, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && sameHash(computed, root);
}

/** RFC 9162 2.1.4.2. An empty old tree is a prefix of everything; equal sizes need equal roots and an empty proof. */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (oldSize < 0 || oldSize > size || proof.some((item) => item.length !== HASH_BYTES)) return false;
  if (oldSize === 0) return proof.length === 0;
  if (oldSize === size) return proof.length === 0 && sameHash(oldRoot, root);
  let position = oldSize - 1;
  let last = size - 1;
  while (position % 2 === 1) [position, last] = [half(position), half(last)];
  // Where the old tree is a perfect subtree, its root is itself the first hash of the proof.
  const path = position === 0 ? [oldRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let oldComputed = first;
  let computed = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      oldComputed = nodeHash(sibling, oldComputed);
      computed = nodeHash(sibling, computed);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      computed = nodeHash(computed, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && sameHash(oldComputed, oldRoot) && sameHash(computed, root);
}

function half(value: number): number {
  return Math.floor(value / 2);
}

/** The largest power of two below `count` (RFC 6962: k < n <= 2k). */
function split(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function inclusionRanges(index: number, range: LeafRange): LeafRange[] {
  if (range.end - range.start === 1) return [];
  const middle = range.start + split(range.end - range.start);
  const left = { start: range.start, end: middle };
  const right = { start: middle, end: range.end };
  return index < middle ? [...inclusionRanges(index, left), right] : [...inclusionRanges(index, right), left];
}

function consistencyRanges(oldSize: number, range: LeafRange, oldRootKnown: boolean): LeafRange[] {
  if (oldSize === range.end) return oldRootKnown ? [] : [range];
  const middle = range.start + split(range.end - range.start);
  const left = { start: range.start, end: middle };
  const right = { start: middle, end: range.end };
  if (oldSize <= middle) return [...consistencyRanges(oldSize, left, oldRootKnown), right];
  return [...consistencyRanges(oldSize, right, false), left];
}

async function readRanges(ranges: readonly LeafRange[], readNode: NodeReader): Promise<Uint8Array[]> {
  const hashes: Uint8Array[] = [];
  for (const range of ranges) hashes.push(await rangeRoot(range, readNode));
  return hashes;
}

/** The Merkle tree hash of a range that starts at a multiple of the power of two that covers it. */
async function rangeRoot({ start, end }: LeafRange, readNode: NodeReader): Promise<Uint8Array> {
  const height = Math.log2(end - start);
  if (Number.isInteger(height)) return readNode(height, start / (end - start));
  const middle = start + split(end - start);
  const left = await rangeRoot({ start, end: middle }, readNode);
  return nodeHash(left, await rangeRoot({ start: middle, end }, readNode));
}
