// The system's own tar unpacks what we pack.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { tarOf } from './tar.ts';

test('tar unpacks every file, byte by byte', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'intramuros-tar-'));
  t.after(() => rm(folder, { recursive: true }));
  const files = [0, 1, 511, 512, 513, 70_000].map((size) => ({ name: `tile/0/${size}`, data: randomBytes(size) }));
  const parts: Uint8Array[] = [];
  for await (const part of tarOf(
    'evidence',
    (async function* () {
      yield* files;
    })(),
  ))
    parts.push(part);
  await writeFile(join(folder, 'a.tar'), Buffer.concat(parts));
  execFileSync('tar', ['xf', 'a.tar'], { cwd: folder });
  for (const { name, data } of files)
    assert.deepEqual(await readFile(join(folder, 'evidence', name)), Buffer.from(data));
});

test('a name that does not fit is refused', async () => {
  const files = (async function* () {
    yield { name: 'x'.repeat(100), data: new Uint8Array() };
  })();
  await assert.rejects(tarOf('evidence', files).next(), RangeError);
});
