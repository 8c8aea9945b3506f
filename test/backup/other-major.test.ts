// The folder of another major version of PostgreSQL: the commands that its refusal prints carry it over, as they stand.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AppError } from '../../control-plane/errors.ts';
import { REPOSITORY } from '../house/sources.ts';
import { exportLog, fillLog, uses } from './installation.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'intramuros-major-'));
});
after(() => rm(root, { recursive: true, force: true }));

test('backup with the version that made it, restore with this one: the log goes on', async () => {
  const folder = join(root, "admin's data");
  const before = await uses(folder, async (installation) => {
    await fillLog(installation, 10);
    return exportLog(installation);
  });
  const versionFile = join(folder, 'postgres', 'PG_VERSION');
  const version = await readFile(versionFile, 'utf8');
  await writeFile(versionFile, '17\n');
  const remedy = await uses(folder, async () => '').catch(({ code, remedy, detail }: AppError) => {
    assert.equal(code, 'data_folder_unusable');
    assert.match(detail, /made by PostgreSQL 17, this version brings PostgreSQL 18/);
    return remedy ?? '';
  });
  const [back, restore] = remedy.split('\n').filter((line) => line.includes('npx intramuros'));
  await writeFile(versionFile, version); // the version that made it finds its own

  const run = (line = '') => {
    assert.ok(line !== '', remedy);
    const command = line.replace(
      'npx intramuros',
      `"${process.execPath}" "${join(REPOSITORY, 'control-plane/launch.js')}"`,
    );
    return execFileSync('sh', ['-c', command], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  };
  assert.match(run(back), /backup of /);
  assert.match(run(restore), /restored the backup of /);
  await uses(`${folder}-new`, async (installation) => {
    const after = await exportLog(installation);
    assert.equal(after.get('log-key.pub')?.toString(), before.get('log-key.pub')?.toString());
    const size = (files: Map<string, Buffer>) => Number(files.get('checkpoint')?.toString().split('\n')[1]);
    assert.ok(size(after) > size(before));
  });
});
