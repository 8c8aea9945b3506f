import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { restoreTileEdge, type Tile, TileEdge } from './tile-edge.ts';
import { splitHashes, tilesOf } from './tiles.ts';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 6962 2.1 as it is written there, over leaf hashes. */
function treeHash(leaves: readonly Buffer[], start = 0, end = leaves.length): Buffer {
  const first = leaves[start];
  if (end === start || first === undefined) return sha256();
  if (end - start === 1) return first;
  let k = 1;
  while (k * 2 < end - start) k *= 2;
  return sha256(Buffer.of(1), treeHash(leaves, start, start + k), treeHash(leaves, start + k, end));
}

test('the root is that of RFC 6962 at every size, and each tile holds the roots of what is below it', () => {
  const leaves: Buffer[] = [];
  const edge = new TileEdge();
  const tiles: Tile[] = [];
  const checked = new Set([1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_800]);
  for (let size = 1; size <= 65_800; size++) {
    const leaf = sha256(Buffer.from(String(size)));
    leaves.push(leaf);
    tiles.push(...edge.append(leaf));
    if (checked.has(size)) assert.deepEqual(Buffer.from(edge.root()), treeHash(leaves), `size ${size}`);
  }
  assert.equal(edge.size, 65_800);
  assert.deepEqual(
    tiles.filter(({ level }) => level === 1).map(({ index }) => index),
    [0],
  );
  assert.equal(tiles.filter(({ level }) => level === 0).length, 257);
  const [first] = tiles;
  assert.deepEqual(Buffer.from(first?.bytes ?? []), Buffer.concat(leaves.slice(0, 256)));
  const above = splitHashes(tiles.find(({ level }) => level === 1)?.bytes ?? new Uint8Array());
  assert.equal(above.length, 256);
  assert.deepEqual(Buffer.from(above[3] ?? []), treeHash(leaves.slice(768, 1_024)));
});

test('an edge made from its stored tiles goes on as the one that grew', async () => {
  const grown = new TileEdge();
  const leaves = Array.from({ length: 700 }, (_, i) => sha256(Buffer.from(String(i))));
  for (const leaf of leaves) grown.append(leaf);
  const stored = [leaves.slice(512), [treeHash(leaves.slice(0, 256)), treeHash(leaves.slice(256, 512))]];
  const loaded = await restoreTileEdge(700, async ({ level }) => Buffer.concat(stored[level] ?? []));
  assert.deepEqual(loaded.root(), grown.root());
  const next = sha256(Buffer.from('next'));
  grown.append(next);
  loaded.append(next);
  assert.deepEqual(loaded.root(), grown.root());
});

test('a size gives the tiles of each level', () => {
  const widths = (level: number) =>
    [...tilesOf(70_000)].filter((tile) => tile.level === level).map(({ width }) => width);
  assert.deepEqual([widths(0).length, widths(0).at(-1)], [274, 112]);
  assert.deepEqual([widths(1).length, widths(1).at(-1)], [2, 17]);
  assert.deepEqual(widths(2), [1]);
});
