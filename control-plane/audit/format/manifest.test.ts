import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { signCheckpoint } from './checkpoint.ts';
import { formatManifest, openManifest, signManifest } from './manifest.ts';
import { parseVerifierKey, signerFromSeed, signNote } from './note.ts';

const HEADER = 'intramuros.dev/audit-manifest@v1';
const signer = signerFromSeed('log.example/a', randomBytes(32));
const key = parseVerifierKey(signer.verifierKey);
const file = (name: string, size = 7) => ({ name, size, sha256: randomBytes(32) });

test('files are listed by name, whatever order they came in, and read back', async () => {
  const files = ['tile/0/000', 'checkpoint', 'tile/entries/x001/234.p/9', 'log-key.pub', 'tile/0/000.p/3'].map((name) =>
    file(name),
  );
  const opened = openManifest(Buffer.from(await signManifest(files, signer)), key);
  assert.deepEqual([...opened.keys()], files.map(({ name }) => name).toSorted());
  for (const { name, size, sha256 } of files) assert.deepEqual(opened.get(name), { name, size, sha256 });
  assert.equal(formatManifest(files), formatManifest(files.toReversed()));
  assert.equal(openManifest(Buffer.from(await signManifest([], signer)), key).size, 0);
});

test('a second line of a file, lines out of order and other forms of a line are refused', async () => {
  const line = (name: string) => `${'ab'.repeat(32)} 7 ${name}\n`;
  const bad = [
    line('a') + line('a'),
    line('b') + line('a'),
    line('a').toUpperCase(),
    line('a').replace(' 7 ', ' 07 '),
    line('a').replace(' 7 ', ' -7 '),
    line('a').replace(' 7 ', '  7 '),
    line('a').slice(1),
    line('/etc'),
    line('../a'),
    line('a b'),
    `${line('a')}\n`,
    'x\n',
  ];
  for (const [i, lines] of bad.entries()) {
    const note = Buffer.from(await signNote(`${HEADER}\n${lines}`, [signer]));
    assert.throws(() => openManifest(note, key), { code: 'manifest_invalid' }, `${i}`);
  }
});

test('another header, a second signature and a checkpoint are no manifest', async () => {
  const other = Buffer.from(await signNote(`${HEADER.replace('v1', 'v2')}\n`, [signer]));
  assert.throws(() => openManifest(other, key), { code: 'manifest_invalid' });
  const witness = signerFromSeed('witness.example', randomBytes(32));
  const twice = Buffer.from(await signNote(formatManifest([file('a')]), [signer, witness]));
  assert.throws(() => openManifest(twice, key), { code: 'manifest_invalid' });
  const checkpoint = await signCheckpoint({ origin: key.name, size: 1, root: randomBytes(32) }, [signer]);
  assert.throws(() => openManifest(Buffer.from(checkpoint), key), { code: 'manifest_invalid' });
  assert.throws(
    () => openManifest(Buffer.from(twice), parseVerifierKey(signerFromSeed('x', randomBytes(32)).verifierKey)),
    {
      code: 'signature_missing',
    },
  );
});
