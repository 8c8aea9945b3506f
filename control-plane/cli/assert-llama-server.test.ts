import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertLlamaServer } from './assert-llama-server.ts';

test('a llama-server that is missing, a folder or not executable is refused by the name of its variable', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'intramuros-llama-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'llama-server');
  const refused = (path: string, message: RegExp) =>
    assert.rejects(assertLlamaServer(path), {
      code: 'invalid_configuration',
      param: 'INTRAMUROS_LLAMA_SERVER',
      message,
    });
  await refused(file, /^There is no such file\. Give the path/);
  await refused(folder, /^It is not a file\./);
  await writeFile(file, '', { mode: 0o644 });
  await refused(file, /^The file is not executable/);
  await writeFile(join(folder, 'good'), '', { mode: 0o755 });
  await assertLlamaServer(join(folder, 'good'));
  await assertLlamaServer(undefined);
});
