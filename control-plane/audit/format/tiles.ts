// Tiles (https://c2sp.org/tlog-tiles): where a log's hashes and entries stand as files. 256 hashes a tile; each hash of a
// tile at level n + 1 is the root of a full tile at level n; entries stand in bundles, a 2-byte length before each.
// For a given size the set of files is fixed: full tiles, and on the right edge one partial tile a level.
// May import: merkle and the error of this room.

import { FormatError } from './format-error.ts';
import { HASH_BYTES, rootOf } from './merkle.ts';
import type { NodeReader } from './merkle-proof.ts';

export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;
/** What a 2-byte length can say. */
export const MAX_ENTRY_BYTES = 65_535;

/** One tile: `width` is 256 for a full one, else 1 to 255. */
export interface TileRef {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** `tile/<level>/<index>[.p/<width>]` */
export function tilePath(tile: TileRef): string {
  return `tile/${tile.level}/${indexPath(tile.index, tile.width)}`;
}

/** `tile/entries/<index>[.p/<width>]` */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index, width)}`;
}

/** The hash tiles of a tree of `size` leaves, lowest level first. */
export function* tilesOf(size: number): Generator<TileRef> {
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH)) {
    for (const { index, width } of bundlesOf(count)) yield { level, index, width };
  }
}

/** The entry bundles of a log of `size` entries. */
export function* bundlesOf(size: number): Generator<{ readonly index: number; readonly width: number }> {
  const full = Math.floor(size / TILE_WIDTH);
  for (let index = 0; index < full; index += 1) yield { index, width: TILE_WIDTH };
  if (size % TILE_WIDTH > 0) yield { index: full, width: size % TILE_WIDTH };
}

/** The tile that holds the hash at `level` and `position` in a tree of `size` leaves, as wide as that tree makes it. */
export function tileAt(size: number, level: number, position: number): TileRef {
  const count = Math.floor(size / TILE_WIDTH ** level);
  const index = Math.floor(position / TILE_WIDTH);
  if (position >= count) throw new FormatError('tile_invalid', `no hash ${position} at level ${level} of ${size}`);
  return { level, index, width: Math.min(TILE_WIDTH, count - index * TILE_WIDTH) };
}

/** Reads nodes of a tree of `size` leaves from its tiles, for proofs. */
export function tileNodeReader(size: number, readTile: (tile: TileRef) => Promise<Uint8Array>): NodeReader {
  const cache = new Map<string, Uint8Array>();
  return async (height, index) => {
    const level = Math.floor(height / TILE_HEIGHT);
    const count = 2 ** (height - level * TILE_HEIGHT);
    const first = index * count;
    const tile = tileAt(size, level, first + count - 1);
    const path = tilePath(tile);
    const bytes = cache.get(path) ?? (await readTile(tile));
    if (bytes.length !== tile.width * HASH_BYTES) throw new FormatError('tile_invalid', 'wrong length', path);
    cache.set(path, bytes);
    const offset = first - tile.index * TILE_WIDTH;
    return rootOf(splitHashes(bytes.subarray(offset * HASH_BYTES, (offset + count) * HASH_BYTES)));
  };
}

export function splitHashes(bytes: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.subarray(at, at + HASH_BYTES));
  return hashes;
}

/** The bytes of an entry bundle of 1 to 256 entries. Throws `record_too_large`. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) {
      throw new FormatError('record_too_large', `an entry has ${entry.length} bytes, at most ${MAX_ENTRY_BYTES}`);
    }
    parts.push(Buffer.of(Math.floor(entry.length / 256), entry.length % 256), entry);
  }
  return Buffer.concat(parts);
}

/** The entries of a bundle: as many as whole ones can be read, and whether they are all that the bytes hold. */
export function decodeBundle(bytes: Uint8Array): {
  readonly entries: readonly Uint8Array[];
  readonly complete: boolean;
} {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length) break;
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { entries, complete: at === bytes.length };
}

function indexPath(index: number, width: number): string {
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}
