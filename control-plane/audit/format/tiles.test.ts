import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inclusionProof, verifyInclusion } from './merkle-proof.ts';
import { TileEdge } from './tile-edge.ts';
import {
  bundlesOf,
  decodeBundle,
  encodeBundle,
  entriesPath,
  MAX_ENTRY_BYTES,
  type TileRef,
  tileAt,
  tileNodeReader,
  tilePath,
  tilesOf,
} from './tiles.ts';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

test('paths are those of the examples in C2SP tlog-tiles', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067');
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 1 }), 'tile/0/x001/x234/067.p/1');
  assert.equal(entriesPath(1_234_067, 256), 'tile/entries/x001/x234/067');
  assert.equal(entriesPath(0, 255), 'tile/entries/000.p/255');
  assert.equal(tilePath({ level: 2, index: 999, width: 256 }), 'tile/2/999');
  assert.equal(tilePath({ level: 63, index: 1_000, width: 256 }), 'tile/63/x001/000');
  assert.equal(tilePath({ level: 0, index: 1_000_000, width: 256 }), 'tile/0/x001/x000/000');
});

test('a size of 70,000 has the tiles that C2SP tlog-tiles names for it', () => {
  const tiles = [...tilesOf(70_000)];
  const of = (level: number) => tiles.filter((tile) => tile.level === level);
  // "256 full tiles and one partial at level 0 ..." of the specification, worked out: 273 * 256 + 112, 256 + 17, 1.
  assert.deepEqual(of(0).length, 274);
  assert.deepEqual(of(0).at(-1), { level: 0, index: 273, width: 112 });
  assert.deepEqual(of(1), [
    { level: 1, index: 0, width: 256 },
    { level: 1, index: 1, width: 17 },
  ]);
  assert.deepEqual(of(2), [{ level: 2, index: 0, width: 1 }]);
  assert.equal(tiles.length, 277);
  assert.deepEqual([...tilesOf(0)], []);
  assert.deepEqual([...bundlesOf(0)], []);
  assert.deepEqual([...bundlesOf(256)], [{ index: 0, width: 256 }]);
  assert.deepEqual(
    [...bundlesOf(257)],
    [
      { index: 0, width: 256 },
      { index: 1, width: 1 },
    ],
  );
});

test('no two tiles of a log share a path', () => {
  for (const size of [1, 255, 256, 257, 65_536, 300_000]) {
    const paths = [...tilesOf(size)].map(tilePath);
    const bundles = [...bundlesOf(size)].map(({ index, width }) => entriesPath(index, width));
    assert.equal(new Set([...paths, ...bundles]).size, paths.length + bundles.length, `size ${size}`);
  }
});

test('each hash of a log stands in one of its tiles, and none beyond its end does', () => {
  for (const size of [1, 2, 256, 257, 600]) {
    const paths = new Set([...tilesOf(size)].map(tilePath));
    for (let position = 0; position < size; position++) assert.ok(paths.has(tilePath(tileAt(size, 0, position))));
    assert.throws(() => tileAt(size, 0, size), { code: 'tile_invalid' });
    assert.throws(() => tileAt(size, 2, 0), { code: 'tile_invalid' });
  }
});

test('proofs can be made from tiles alone, and a tile of another length is refused', async () => {
  const leaves = Array.from({ length: 66_000 }, (_, i) => sha256(Buffer.of(0), Buffer.from(String(i))));
  const edge = new TileEdge();
  const files = new Map(leaves.flatMap((leaf) => edge.append(leaf)).map((tile) => [tilePath(tile), tile.bytes]));
  for (const tile of edge.partialTiles()) files.set(tilePath(tile), tile.bytes);
  assert.deepEqual(new Set(files.keys()), new Set([...tilesOf(66_000)].map(tilePath)));
  const read = async (tile: TileRef) => files.get(tilePath(tile)) ?? Buffer.alloc(0);
  for (const index of [0, 1, 255, 256, 65_535, 65_536, 65_999]) {
    const proof = await inclusionProof(index, 66_000, tileNodeReader(66_000, read));
    assert.ok(verifyInclusion(leaves[index] ?? Buffer.alloc(0), index, 66_000, proof, edge.root()), `${index}`);
  }
  const cut = tileNodeReader(66_000, async (tile) => (await read(tile)).subarray(1));
  await assert.rejects(inclusionProof(0, 66_000, cut), { code: 'tile_invalid', path: 'tile/0/000' });
});

test('entries read back from a bundle, empty and longest ones too', () => {
  const entries = [Buffer.of(), Buffer.from('a'), Buffer.alloc(MAX_ENTRY_BYTES, 1), Buffer.alloc(256, 2)];
  const bundle = Buffer.from(encodeBundle(entries));
  assert.deepEqual([...bundle.subarray(0, 7)], [0, 0, 0, 1, 0x61, 0xff, 0xff], 'big-endian lengths');
  const { entries: read, complete } = decodeBundle(bundle);
  assert.deepEqual(
    read.map((entry) => Buffer.from(entry)),
    entries,
  );
  assert.ok(complete);
  assert.throws(() => encodeBundle([Buffer.alloc(MAX_ENTRY_BYTES + 1)]), { code: 'record_too_large' });
});

test('a bundle that ends inside an entry gives the whole ones and says that it is not complete', () => {
  const bundle = encodeBundle([Buffer.from('abc'), Buffer.from('de')]);
  assert.equal(bundle.length, 9);
  for (let length = 0; length < bundle.length; length++) {
    const { entries, complete } = decodeBundle(bundle.subarray(0, length));
    assert.equal(entries.length, length >= 5 ? 1 : 0, `${length} bytes`);
    assert.equal(complete, length === 0 || length === 5, `${length} bytes`);
  }
});
