// Commands on a company's own database while the product does not run: found by DATABASE_URL, done, and recorded.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTemporaryDatabase } from '../database/temporary-database.ts';
import { REPOSITORY } from '../house/sources.ts';

const run = promisify(execFile);

test('a key is made and listed by DATABASE_URL alone, and the making is on the record', async () => {
  const database = await startTemporaryDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-company-'));
  const environment = { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.server.url, INTRAMUROS_DATA: folder };
  const intramuros = async (...words: string[]) => {
    const { stdout } = await run(process.execPath, [join(REPOSITORY, 'control-plane/launch.js'), ...words], {
      env: environment,
    });
    return stdout.trim();
  };
  try {
    assert.match(await intramuros('key', 'create', 'nightly'), /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/);
    assert.match(await intramuros('key', 'list'), /nightly/);
    const { rows } = await database.pool.query<{ kinds: string[] }>(
      "SELECT array_agg(DISTINCT kind) AS kinds FROM audit_record WHERE producer = 'cli'",
    );
    assert.ok(rows[0]?.kinds.includes('change'));
  } finally {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
