import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDataFolder } from './data-folder.ts';

test('the folder and those above it are made, and a second time is no fault', async () => {
  const base = mkdtempSync(join(tmpdir(), 'intramuros-folder-'));
  try {
    const made = await makeDataFolder(join(base, 'a/b/data'));
    assert.equal(statSync(made).mode & 0o777, 0o700);
    assert.equal(await makeDataFolder(join(base, 'a/b/data')), made);
  } finally {
    rmSync(base, { recursive: true });
  }
});

test('a path that cannot become a folder is refused at once, with the variable named', async () => {
  const base = mkdtempSync(join(tmpdir(), 'intramuros-folder-'));
  writeFileSync(join(base, 'file'), '');
  try {
    for (const path of [join(base, 'file'), join(base, 'file/below'), '/proc/intramuros']) {
      await assert.rejects(makeDataFolder(path), { code: 'data_folder_unusable', param: 'INTRAMUROS_DATA' }, path);
    }
  } finally {
    rmSync(base, { recursive: true });
  }
});
