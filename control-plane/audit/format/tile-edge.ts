// The growing edge of a tiled log: takes leaf hashes one by one, hands out each tile as it fills, and knows at any time the
// root and the partial tiles of the present size. Writer and verifier both run on it, the verifier to compare.
// May import: merkle, tiles and the error of this room.

import { FormatError } from './format-error.ts';
import { HASH_BYTES, MerkleFrontier, rootOf } from './merkle.ts';
import { splitHashes, TILE_HEIGHT, TILE_WIDTH, type TileRef, tileAt, tilePath } from './tiles.ts';

export interface Tile extends TileRef {
  /** `width` hashes of 32 bytes, one after the other: the content of the tile's file. */
  readonly bytes: Uint8Array;
}

export class TileEdge {
  readonly #frontier: MerkleFrontier;
  /** The hashes of the partial tile of each level. */
  readonly #levels: Uint8Array[][];

  constructor(frontier: MerkleFrontier = new MerkleFrontier(), levels: readonly (readonly Uint8Array[])[] = []) {
    this.#frontier = frontier;
    this.#levels = levels.map((hashes) => [...hashes]);
  }

  get size(): number {
    return this.#frontier.size;
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** Adds one leaf hash; gives the tiles that it fills (mostly none), lowest level first. */
  append(leaf: Uint8Array): readonly Tile[] {
    const filled: Tile[] = [];
    const size = this.#frontier.size + 1;
    this.#frontier.append(leaf, (height, hash) => {
      if (height % TILE_HEIGHT !== 0) return;
      const level = height / TILE_HEIGHT;
      const hashes = this.#levels[level] ?? [];
      this.#levels[level] = hashes;
      hashes.push(hash);
      if (hashes.length < TILE_WIDTH) return;
      const index = size / TILE_WIDTH ** (level + 1) - 1;
      filled.push({ level, index, width: TILE_WIDTH, bytes: Buffer.concat(hashes) });
      this.#levels[level] = [];
    });
    return filled;
  }

  /** The partial tiles that a log of this size has, lowest level first. */
  partialTiles(): Tile[] {
    const tiles: Tile[] = [];
    for (const [level, hashes] of this.#levels.entries()) {
      if (hashes.length === 0) continue;
      const index = Math.floor(this.size / TILE_WIDTH ** (level + 1));
      tiles.push({ level, index, width: hashes.length, bytes: Buffer.concat(hashes) });
    }
    return tiles;
  }

  copy(): TileEdge {
    return new TileEdge(this.#frontier.copy(), this.#levels);
  }
}

/** The edge of a log of `size` from its stored partial tiles. Throws `tile_invalid` for one of a wrong length. */
export async function restoreTileEdge(
  size: number,
  readTile: (tile: TileRef) => Promise<Uint8Array>,
): Promise<TileEdge> {
  const levels: Uint8Array[][] = [];
  const subtrees: Uint8Array[] = [];
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH)) {
    const width = count % TILE_WIDTH;
    levels[level] = [];
    if (width === 0) continue;
    const tile = tileAt(size, level, count - 1);
    const bytes = await readTile(tile);
    if (bytes.length !== width * HASH_BYTES) throw new FormatError('tile_invalid', 'wrong length', tilePath(tile));
    const hashes = splitHashes(bytes);
    levels[level] = hashes;
    // Higher levels hold the larger subtrees, which come first.
    subtrees.unshift(...perfectSubtrees(hashes));
  }
  return new TileEdge(new MerkleFrontier(size, subtrees), levels);
}

function perfectSubtrees(hashes: readonly Uint8Array[]): Uint8Array[] {
  const subtrees: Uint8Array[] = [];
  let at = 0;
  for (let count = TILE_WIDTH / 2; count >= 1; count /= 2) {
    if (hashes.length - at < count) continue;
    subtrees.push(rootOf(hashes.slice(at, at + count)));
    at += count;
  }
  return subtrees;
}
