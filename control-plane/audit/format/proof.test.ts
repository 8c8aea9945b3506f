import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { signCheckpoint } from './checkpoint.ts';
import { FormatError } from './format-error.ts';
import { leafHash, rootOf } from './merkle.ts';
import { inclusionProof, verifyInclusion } from './merkle-proof.ts';
import { parseVerifierKey, signerFromSeed } from './note.ts';
import { formatProof, parseProof, verifyProof } from './proof.ts';

const origin = 'log.example/a';
const signer = signerFromSeed(origin, randomBytes(32));
const key = parseVerifierKey(signer.verifierKey);
const entries = Array.from({ length: 13 }, (_, i) => Buffer.from(`entry ${i}`));
const leaves = entries.map(leafHash);
const entryAt = (index: number) => entries[index] ?? Buffer.alloc(0);

async function proofOf(index: number, size = leaves.length): Promise<string> {
  const hashes = await inclusionProof(index, size, async (height, at) =>
    rootOf(leaves.slice(at * 2 ** height, (at + 1) * 2 ** height)),
  );
  const checkpoint = await signCheckpoint({ origin, size, root: rootOf(leaves.slice(0, size)) }, [signer]);
  return formatProof({ index, hashes, checkpoint });
}

test('a proof has the lines of C2SP tlog-proof and reads back', async () => {
  const text = await proofOf(5);
  const [header, index, ...rest] = text.split('\n');
  assert.deepEqual([header, index], ['c2sp.org/tlog-proof@v1', 'index 5']);
  assert.deepEqual(rest.slice(4, 7), ['', origin, '13'], 'four hashes, an empty line, the checkpoint');
  const parsed = parseProof(text);
  assert.deepEqual([parsed.index, parsed.hashes.length], [5, 4]);
  assert.equal(formatProof(parsed), text);
});

test('every record of every size is proved by its own bytes and no others', async () => {
  for (let size = 1; size <= entries.length; size++) {
    for (let index = 0; index < size; index++) {
      const text = await proofOf(index, size);
      assert.equal(verifyProof(text, entryAt(index), key).size, size);
      assert.throws(() => verifyProof(text, entryAt((index + 1) % entries.length), key), { code: 'proof_invalid' });
    }
  }
});

test('no character of a proof can be changed, taken away or added', async () => {
  for (const index of [5, 12]) {
    const text = await proofOf(index);
    for (let at = 0; at <= text.length; at++) {
      const [before, after] = [text.slice(0, at), text.slice(at)];
      const variants = ['0', '1', 'A', '=', ' ', '\n', '\u2014'].map((added) => before + added + after);
      if (after !== '') {
        variants.push(
          before + after.slice(1),
          before + String.fromCodePoint((after.codePointAt(0) ?? 0) ^ 1) + after.slice(1),
        );
        variants.push(before + (after[0] === 'A' ? 'B' : 'A') + after.slice(1), before);
      }
      for (const variant of variants) {
        if (variant === text) continue;
        assert.throws(() => verifyProof(variant, entryAt(index), key), FormatError, JSON.stringify(variant));
      }
    }
  }
});

test('a proof under the checkpoint of another log, of another size or of another key is refused', async () => {
  const text = await proofOf(5);
  const other = signerFromSeed(origin, randomBytes(32));
  assert.throws(() => verifyProof(text, entryAt(5), parseVerifierKey(other.verifierKey)), {
    code: 'signature_missing',
  });
  const parsed = parseProof(text);
  const smaller = formatProof({ ...parsed, checkpoint: parseProof(await proofOf(5, 12)).checkpoint });
  assert.throws(() => verifyProof(smaller, entryAt(5), key), { code: 'proof_invalid' });
  const outside = formatProof({ ...parsed, index: 13 });
  assert.throws(() => verifyProof(outside, entryAt(5), key), { code: 'proof_invalid' });
});

test('an index that is no longer exact as a number never passes for another place', async () => {
  const text = await proofOf(5);
  for (const index of ['9007199254740993', '9999999999999999']) {
    assert.throws(() => verifyProof(text.replace('index 5', `index ${index}`), entryAt(5), key), {
      code: 'proof_invalid',
    });
  }
  for (const index of ['05', '-5', '5.0', '+5', '5e0', '', '99999999999999999']) {
    assert.throws(() => parseProof(text.replace('index 5', `index ${index}`)), { code: 'proof_invalid' }, index);
  }
  assert.ok(!verifyInclusion(leafHash(entryAt(0)), Number.NaN, 1, [], leafHash(entryAt(0))));
  assert.ok(!verifyInclusion(leafHash(entryAt(0)), 0.5, 2, [leafHash(entryAt(1))], rootOf(leaves.slice(0, 2))));
});

test('an extra line is read over, as nothing authenticates it; too many hashes are not read', async () => {
  const text = await proofOf(5);
  const withExtra = text.replace('\nindex', '\nextra aGVsbG8=\nindex');
  assert.equal(verifyProof(withExtra, entryAt(5), key).size, 13);
  const hash = parseProof(text).hashes[0] ?? Buffer.alloc(32);
  const long = formatProof({ ...parseProof(text), hashes: Array.from({ length: 65 }, () => hash) });
  assert.throws(() => parseProof(long), { code: 'proof_invalid' });
});
