// The hashing of the log's Merkle tree (RFC 6962 section 2.1, the same as RFC 9162): leaves, nodes and the frontier, the
// few hashes of perfect subtrees from which the root follows and to which one more leaf can be added.
// Sizes and indexes are plain numbers up to 2^53 - 1, hence arithmetic and no bit operators.
// May import: node:crypto.

import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/** The root of a tree without leaves: the SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = hash('sha256', '', 'buffer');

// A one-shot hash over one buffer is about 1.6 times as fast as a hash object with two updates.
const node = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);
const smallLeaf = Buffer.alloc(4096);

/** SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  const length = entry.length + 1;
  const buffer = length <= smallLeaf.length ? smallLeaf.subarray(0, length) : Buffer.alloc(length);
  buffer[0] = 0;
  buffer.set(entry, 1);
  return hash('sha256', buffer, 'buffer');
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return hash('sha256', node, 'buffer');
}

/** The root over hashes of equal height, for any number of them. */
export function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const frontier = new MerkleFrontier();
  for (const item of hashes) frontier.append(item);
  return frontier.root();
}

/** Called with each perfect subtree that an appended leaf completes, from height 0 (the leaf itself) upwards. */
export type NodeListener = (height: number, hash: Uint8Array) => void;

/** The right edge of a growing tree: one hash per set bit of the size, the largest subtree first. */
export class MerkleFrontier {
  #size: number;
  readonly #subtrees: Uint8Array[];

  constructor(size = 0, subtrees: readonly Uint8Array[] = []) {
    this.#size = size;
    this.#subtrees = [...subtrees];
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array, onNode?: NodeListener): void {
    let completed = leaf;
    let height = 0;
    onNode?.(height, completed);
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      completed = nodeHash(this.#subtrees.pop() ?? completed, completed);
      height += 1;
      onNode?.(height, completed);
    }
    this.#subtrees.push(completed);
    this.#size += 1;
  }

  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (let i = this.#subtrees.length - 1; i >= 0; i -= 1) {
      const subtree = this.#subtrees[i];
      if (subtree !== undefined) root = root === undefined ? subtree : nodeHash(subtree, root);
    }
    return root ?? EMPTY_ROOT;
  }

  copy(): MerkleFrontier {
    return new MerkleFrontier(this.#size, this.#subtrees);
  }
}

export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
