// The right edge of the log while it grows: at each tile level the hashes that do not fill a tile yet. One more leaf
// may complete a tile, whose root is one more hash a level up (C2SP tlog-tiles: 256 hashes a tile). Pure.

import { MerkleFrontier, rootOf } from './format/merkle.ts';

export const TILE_WIDTH = 256;
/** Tiles of level L hold hashes of height 8 L. */
export const TILE_HEIGHT = 8;

export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

export class LogEdge {
  #size: number;
  readonly #levels: Uint8Array[][];

  /** `levels[L]` are the hashes of level L after its last full tile. */
  constructor(size = 0, levels: readonly (readonly Uint8Array[])[] = []) {
    this.#size = size;
    this.#levels = levels.map((hashes) => [...hashes]);
  }

  get size(): number {
    return this.#size;
  }

  /** The tiles that this leaf completes, lowest level first. */
  append(leaf: Uint8Array): FullTile[] {
    const completed: FullTile[] = [];
    this.#size += 1;
    let hash = leaf;
    for (let level = 0; ; level++) {
      const hashes = this.#levels[level] ?? [];
      this.#levels[level] = hashes;
      hashes.push(hash);
      if (hashes.length < TILE_WIDTH) return completed;
      const index = this.#size / TILE_WIDTH ** (level + 1) - 1;
      completed.push({ level, index, hashes: Buffer.concat(hashes) });
      hash = rootOf(hashes);
      this.#levels[level] = [];
    }
  }

  root(): Uint8Array {
    const subtrees: Uint8Array[] = [];
    for (const hashes of this.#levels.toReversed()) {
      for (let start = 0; start < hashes.length; ) {
        const width = 2 ** Math.floor(Math.log2(hashes.length - start));
        subtrees.push(rootOf(hashes.slice(start, start + width)));
        start += width;
      }
    }
    return new MerkleFrontier(this.#size, subtrees).root();
  }
}

/** How many hashes of a level stand in its last, partial tile in a log of `size`. */
export function partialWidth(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}

export function fullTiles(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** (level + 1));
}
