import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { parseVerifierKey, signerFromSeed, signNote } from './note.ts';

// The body of the example in https://c2sp.org/tlog-checkpoint, without its extension lines.
const EXAMPLE = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const origin = 'log.example/a';
const signer = signerFromSeed(origin, randomBytes(32));
const key = parseVerifierKey(signer.verifierKey);

test('a checkpoint reads as it was written', async () => {
  const parsed = parseCheckpoint(EXAMPLE);
  assert.deepEqual([parsed.origin, parsed.size, parsed.root.length], ['example.com/behind-the-sofa', 20_852_163, 32]);
  assert.equal(formatCheckpoint(parsed), EXAMPLE);
  for (const size of [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const checkpoint = { origin, size, root: new Uint8Array(randomBytes(32)) };
    const opened = openCheckpoint(await signCheckpoint(checkpoint, [signer]), key);
    assert.deepEqual(
      [opened.origin, opened.size, Buffer.from(opened.root)],
      [origin, size, Buffer.from(checkpoint.root)],
    );
  }
});

test('another form of the same facts, and facts of another kind, are refused', () => {
  const [name = '', size = '', root = ''] = EXAMPLE.split('\n');
  const bad = [
    '',
    `${name}\n${size}\n${root}`,
    `${EXAMPLE}extension\n`,
    `${EXAMPLE}\n`,
    `\n${size}\n${root}\n`,
    `${name}\n0${size}\n${root}\n`,
    `${name}\n+1\n${root}\n`,
    `${name}\n-1\n${root}\n`,
    `${name}\n1e3\n${root}\n`,
    `${name}\n9007199254740992\n${root}\n`,
    `${name}\n99999999999999999999\n${root}\n`,
    `${name}\n${size}\n${root.slice(4)}\n`,
    `${name}\n${size}\n \n`,
  ];
  for (const [i, text] of bad.entries())
    assert.throws(() => parseCheckpoint(text), { code: 'checkpoint_invalid' }, `${i}`);
  assert.throws(() => parseCheckpoint(`${name}\n${size}\n${root.replace('2I=', '2J=')}\n`), { code: 'base64_invalid' });
});

test('what cannot be a checkpoint is not written', () => {
  const root = new Uint8Array(32);
  for (const wrong of [
    { origin: '' },
    { origin: 'a\nb' },
    { size: -1 },
    { size: 1.5 },
    { size: 2 ** 53 },
    { root: root.subarray(1) },
  ]) {
    assert.throws(() => formatCheckpoint({ origin, size: 1, root, ...wrong }), { code: 'checkpoint_invalid' });
  }
});

test('a key speaks for the log of its own name only', async () => {
  const note = await signCheckpoint({ origin: 'log.example/b', size: 1, root: new Uint8Array(32) }, [signer]);
  assert.throws(() => openCheckpoint(note, key), { code: 'checkpoint_invalid' });
  const other = signerFromSeed(origin, randomBytes(32));
  const theirs = await signCheckpoint({ origin, size: 1, root: new Uint8Array(32) }, [other]);
  assert.throws(() => openCheckpoint(theirs, key), { code: 'signature_missing' });
  assert.throws(() => openCheckpoint(theirs.replace('\n1\n', '\n2\n'), parseVerifierKey(other.verifierKey)), {
    code: 'signature_invalid',
  });
});

test('another thing that the same key signed is no checkpoint', async () => {
  const note = await signNote(`intramuros.dev/audit-manifest@v1\n${'0'.repeat(64)} 1 checkpoint\n`, [signer]);
  assert.throws(() => openCheckpoint(note, key), { code: 'checkpoint_invalid' });
});
