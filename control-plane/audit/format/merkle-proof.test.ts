// Hashing and proofs against published vectors, and against RFC 6962 2.1 as it is written there: recursive, over leaf
// hashes, with no hash kept.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { EMPTY_ROOT, leafHash, MerkleFrontier, nodeHash, rootOf } from './merkle.ts';
import {
  consistencyProof,
  inclusionProof,
  type NodeReader,
  verifyConsistency,
  verifyInclusion,
} from './merkle-proof.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function split(count: number): number {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

/** MTH(D[n]) */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** PATH(m, D[n]) */
function auditPath(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k ? [...auditPath(m, left), treeHash(right)] : [...auditPath(m - k, right), treeHash(left)];
}

/** SUBPROOF(m, D[n], b) */
function subproof(m: number, leaves: readonly Buffer[], isWhole: boolean): Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [treeHash(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (m <= k) return [...subproof(m, left, isWhole), treeHash(right)];
  return [...subproof(m - k, right, false), treeHash(left)];
}

const readerOf =
  (leaves: readonly Buffer[]): NodeReader =>
  async (height, index) => {
    const width = 2 ** height;
    assert.ok((index + 1) * width <= leaves.length, 'asks only for whole subtrees');
    return treeHash(leaves.slice(index * width, (index + 1) * width));
  };

// The leaves and roots with which Certificate Transparency logs are tested.
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const LEAVES = ENTRIES.map((entry) => Buffer.from(leafHash(Buffer.from(entry, 'hex'))));
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('roots are those of the published vectors', () => {
  assert.equal(hex(EMPTY_ROOT), ROOTS[0]);
  for (const [size, root] of ROOTS.entries()) assert.equal(hex(rootOf(LEAVES.slice(0, size))), root, `size ${size}`);
});

test('proofs are those of the published vectors', async () => {
  const reader = readerOf(LEAVES);
  const due = {
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
    from2to5: [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
    from6to8: [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  };
  assert.deepEqual((await inclusionProof(0, 8, reader)).map(hex), due.path);
  assert.deepEqual((await consistencyProof(2, 5, reader)).map(hex), due.from2to5);
  assert.deepEqual((await consistencyProof(6, 8, reader)).map(hex), due.from6to8);
});

test('leaves and nodes are told apart, and a long entry is hashed as a short one', () => {
  const long = Buffer.alloc(65_535, 7);
  assert.deepEqual(Buffer.from(leafHash(long)), sha256(Buffer.of(0), long));
  const [a, b] = [sha256(Buffer.of(1)), sha256(Buffer.of(2))];
  assert.deepEqual(Buffer.from(nodeHash(a, b)), sha256(Buffer.of(1), a, b));
  assert.notDeepEqual(leafHash(Buffer.concat([a, b])), nodeHash(a, b));
});

const many = Array.from({ length: LONG ? 130 : 40 }, (_, i) => sha256(Buffer.from(String(i))));
const roots = many.map((_, i) => treeHash(many.slice(0, i + 1)));
const rootAt = (size: number) => (size === 0 ? Buffer.from(EMPTY_ROOT) : (roots[size - 1] ?? Buffer.alloc(0)));

test('every inclusion proof of every tree is that of RFC 6962, and holds for nothing but its own leaf and place', async () => {
  const frontier = new MerkleFrontier();
  for (let size = 1; size <= many.length; size++) {
    frontier.append(many[size - 1] ?? Buffer.alloc(0));
    assert.deepEqual(Buffer.from(frontier.root()), rootAt(size));
    const leaves = many.slice(0, size);
    for (const [index, leaf] of leaves.entries()) {
      const proof = await inclusionProof(index, size, readerOf(leaves));
      assert.deepEqual(proof.map(hex), auditPath(index, leaves).map(hex), `${index} of ${size}`);
      assert.ok(verifyInclusion(leaf, index, size, proof, rootAt(size)));
      for (let other = 0; other < size; other++) {
        if (other !== index)
          assert.ok(!verifyInclusion(leaf, other, size, proof, rootAt(size)), `${index} as ${other}`);
      }
      assert.ok(!verifyInclusion(sha256(leaf), index, size, proof, rootAt(size)));
      assert.ok(!verifyInclusion(leaf, index, size, [...proof, leaf], rootAt(size)), 'one hash too many');
      assert.ok(!verifyInclusion(leaf, index, size, proof.slice(0, -1), rootAt(size)) || size === 1, 'one too few');
    }
  }
});

test('every consistency proof is that of RFC 6962, and holds for no other pair of roots', async () => {
  for (let size = 1; size <= many.length; size++) {
    const reader = readerOf(many.slice(0, size));
    for (let old = 1; old < size; old++) {
      const proof = await consistencyProof(old, size, reader);
      assert.deepEqual(proof.map(hex), subproof(old, many.slice(0, size), true).map(hex), `${old} to ${size}`);
      assert.ok(verifyConsistency(old, size, rootAt(old), rootAt(size), proof));
      assert.ok(!verifyConsistency(old, size, rootAt(old - 1), rootAt(size), proof));
      assert.ok(!verifyConsistency(old, size, rootAt(old), rootAt(size - 1), proof));
      assert.ok(!verifyConsistency(old, size, rootAt(old), rootAt(size), proof.slice(1)));
      assert.ok(!verifyConsistency(old, size, rootAt(old), rootAt(size), [...proof, sha256()]));
    }
  }
});

test('the ends of the ranges: empty trees, equal sizes, and what lies outside', async () => {
  const reader = readerOf(many);
  const root = rootAt(8);
  assert.deepEqual(await consistencyProof(0, 8, reader), []);
  assert.deepEqual(await consistencyProof(8, 8, reader), []);
  assert.ok(verifyConsistency(0, 8, rootAt(0), root, []));
  assert.ok(!verifyConsistency(0, 8, rootAt(0), root, [root]));
  assert.ok(verifyConsistency(8, 8, root, root, []));
  assert.ok(!verifyConsistency(8, 8, rootAt(7), root, []));
  assert.ok(!verifyConsistency(9, 8, rootAt(9), root, []));
  assert.ok(!verifyConsistency(3, 8, rootAt(3), root, []));
  assert.ok(!verifyConsistency(4, 8, rootAt(4), root, [Buffer.alloc(31)]));
  assert.ok(!verifyInclusion(many[0] ?? root, 0, 0, [], root));
  assert.ok(!verifyInclusion(many[0] ?? root, -1, 8, [], root));
  assert.ok(!verifyInclusion(many[0] ?? root, 0, 2, [Buffer.alloc(31)], root));
  for (const index of [-1, 8, 1.5, Number.NaN]) {
    await assert.rejects(inclusionProof(index, 8, reader), { code: 'proof_invalid' });
  }
  for (const old of [-1, 9, 1.5]) await assert.rejects(consistencyProof(old, 8, reader), { code: 'proof_invalid' });
});

test('an index beyond 2^32 is not cut to 32 bits', async () => {
  const size = 2 ** 40 + 1;
  const leaf = sha256(Buffer.from('last'));
  const left = sha256(Buffer.from('all before'));
  const proof = await inclusionProof(2 ** 40, size, async (height, index) => {
    assert.deepEqual([height, index], [40, 0]);
    return left;
  });
  const root = sha256(Buffer.of(1), left, leaf);
  assert.ok(verifyInclusion(leaf, 2 ** 40, size, proof, root));
  assert.ok(!verifyInclusion(leaf, 0, size, proof, root));
});
