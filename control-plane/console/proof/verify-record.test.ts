// The browser's verifier against proofs that the log's own code made, and against each of them changed: every byte of the
// record, every hash, every field of the checkpoint and of the keys.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { signCheckpoint } from '../../audit/format/checkpoint.ts';
import { signHandover } from '../../audit/format/key-chain.ts';
import { leafHash, rootOf } from '../../audit/format/merkle.ts';
import { inclusionProof } from '../../audit/format/merkle-proof.ts';
import { signerFromSeed } from '../../audit/format/note.ts';
import { formatProof } from '../../audit/format/proof.ts';
import { type ProvenRecord, verifyRecord } from './verify-record.ts';

const NAME = 'log.example/a';
const signers = [1, 2, 3].map(() => signerFromSeed(NAME, randomBytes(32)));
const [first, second, third] = signers as [(typeof signers)[0], (typeof signers)[0], (typeof signers)[0]];

const entryOf = (index: number) => Buffer.from(`{"receipt":"r${index}","kind":"intent"}`);

async function provenOf(index: number, size: number, signer = first, handovers: readonly string[] = []) {
  const leaves = Array.from({ length: size }, (_, at) => leafHash(entryOf(at)));
  const hashes = await inclusionProof(index, size, async (height, at) =>
    rootOf(leaves.slice(at * 2 ** height, (at + 1) * 2 ** height)),
  );
  const checkpoint = await signCheckpoint({ origin: NAME, size, root: rootOf(leaves) }, [signer]);
  const proven: ProvenRecord = {
    entry: entryOf(index).toString('base64'),
    proof: formatProof({ index, hashes, checkpoint }),
    firstKey: first.verifierKey,
    handovers,
  };
  return proven;
}

test('every place in logs of every size up to 40 is verified, and at no other place', async () => {
  for (let size = 1; size <= 40; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proven = await provenOf(index, size);
      const { failed, why } = await verifyRecord(proven);
      assert.equal(failed, undefined, `${index} of ${size}: ${why}`);
      const moved = proven.proof.replace(`index ${index}\n`, `index ${(index + 1) % (size + 1)}\n`);
      assert.equal((await verifyRecord({ ...proven, proof: moved })).failed, 'path', `${index} of ${size}, moved`);
    }
  }
});

test('one flipped bit of the record is not the record', async () => {
  const proven = await provenOf(5, 13);
  const entry = Buffer.from(proven.entry, 'base64');
  for (let at = 0; at < entry.length; at += 1) {
    const changed = Buffer.from(entry);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal((await verifyRecord({ ...proven, entry: changed.toString('base64') })).failed, 'path');
  }
});

test('one changed character of the proof is refused, wherever it stands', async () => {
  const proven = await provenOf(5, 13);
  const others = 'Az9+\n ';
  for (let at = 0; at < proven.proof.length; at += 1) {
    const [other] = Array.from(others).filter((character) => character !== proven.proof[at]);
    const proof = proven.proof.slice(0, at) + (other ?? '') + proven.proof.slice(at + 1);
    const { failed } = await verifyRecord({ ...proven, proof });
    assert.notEqual(
      failed,
      undefined,
      `character ${at}: ${JSON.stringify(proven.proof[at])} to ${JSON.stringify(other)}`,
    );
  }
});

test('too many and too few hashes are refused', async () => {
  const proven = await provenOf(5, 13);
  const lines = proven.proof.split('\n');
  const without = [...lines.slice(0, 2), ...lines.slice(3)].join('\n');
  const doubled = [...lines.slice(0, 3), lines[2], ...lines.slice(3)].join('\n');
  for (const proof of [without, doubled]) assert.equal((await verifyRecord({ ...proven, proof })).failed, 'path');
});

test('a key that was rotated is followed from the first one, and a successor that nobody named is not', async () => {
  const toSecond = await signHandover(second.verifierKey, { former: first, next: second });
  const toThird = await signHandover(third.verifierKey, { former: second, next: third });
  const proven = await provenOf(3, 9, third, [toSecond, toThird]);
  const verdict = await verifyRecord(proven);
  assert.equal(verdict.failed, undefined, verdict.why);
  assert.equal(verdict.signedBy?.text, third.verifierKey);
  assert.equal((await verifyRecord({ ...proven, handovers: [toThird] })).failed, 'keys');
  assert.equal((await verifyRecord({ ...proven, handovers: [toSecond] })).failed, 'checkpoint');
  assert.equal((await verifyRecord({ ...proven, handovers: [] })).failed, 'checkpoint');
  const stolen = signerFromSeed(NAME, randomBytes(32));
  const forged = await signHandover(third.verifierKey, { former: stolen, next: third });
  assert.equal((await verifyRecord({ ...proven, handovers: [toSecond, forged] })).failed, 'keys');
});

test('a checkpoint of another key, of another log, or of a key whose id is not its own is refused', async () => {
  const stranger = signerFromSeed(NAME, randomBytes(32));
  assert.equal((await verifyRecord(await provenOf(1, 4, stranger))).failed, 'checkpoint');
  const proven = await provenOf(1, 4);
  const otherLog = signerFromSeed('log.example/b', randomBytes(32));
  assert.equal((await verifyRecord({ ...proven, firstKey: otherLog.verifierKey })).failed, 'checkpoint');
  const wrongId = first.verifierKey.replace(/\+[0-9a-f]{8}\+/, '+00000000+');
  assert.equal((await verifyRecord({ ...proven, firstKey: wrongId })).failed, 'keys');
});
