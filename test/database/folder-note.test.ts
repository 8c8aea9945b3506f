// The format of the data folder: newer ones are refused, older ones upgraded step by step, parts of a restore not used.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { openDatabase } from '../../control-plane/database/database.ts';
import { startEmbeddedPostgres } from '../../control-plane/database/embedded-postgres.ts';
import {
  FOLDER_FORMAT,
  PRODUCT_VERSION,
  readFolderNote,
  upgradeFolder,
  writeFolderNote,
} from '../../control-plane/database/folder-note.ts';
import { MIGRATIONS_FOLDER, migrate } from '../../control-plane/database/migrate.ts';
import type { AppError } from '../../control-plane/errors.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'intramuros-note-'));
});
after(() => rm(root, { recursive: true, force: true }));

async function folder(name: string, ...parts: string[]): Promise<string> {
  const path = join(root, name);
  await mkdir(path);
  for (const part of parts) await mkdir(join(path, part));
  return path;
}

async function noteOf(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(path, 'intramuros.json'), 'utf8')) as Record<string, unknown>;
}

test('a new folder gets the format of this version, readable by us alone', async () => {
  const path = await folder('new');
  await upgradeFolder(path);
  assert.deepEqual(await noteOf(path), { format: FOLDER_FORMAT, writtenBy: PRODUCT_VERSION });
  assert.equal((await stat(join(path, 'intramuros.json'))).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(path), ['intramuros.json'], 'no draft is left behind');
});

test('a folder of a newer format is refused by both numbers and both versions, and not touched', async () => {
  const path = await folder('newer', 'postgres');
  const text = JSON.stringify({ format: FOLDER_FORMAT + 2, writtenBy: '9.8.7', unheardOf: { of: true } });
  await writeFile(join(path, 'intramuros.json'), text);
  for (const attempt of [() => upgradeFolder(path), () => startEmbeddedPostgres(path)]) {
    await assert.rejects(attempt(), (error: AppError) => {
      assert.equal(error.code, 'data_folder_unusable');
      assert.equal(error.param, 'INTRAMUROS_DATA');
      for (const fact of [`format ${FOLDER_FORMAT + 2}`, `up to ${FOLDER_FORMAT}`, '9.8.7', PRODUCT_VERSION])
        assert.ok(error.detail.includes(fact), fact);
      assert.match(error.remedy ?? '', /Start Intramuros 9\.8\.7 or later/);
      return true;
    });
  }
  assert.equal(await readFile(join(path, 'intramuros.json'), 'utf8'), text);
  assert.deepEqual(await readdir(join(path, 'postgres')), []);
});

test('an older folder takes every step to the newest format, in order, each noted before the next begins', async () => {
  const path = await folder('older', 'postgres');
  const seen: unknown[] = [];
  const upgrades = [1, 2, 3].map((to) => ({
    to,
    run: async () => void seen.push([to, (await readFolderNote(path))?.format]),
  }));
  const said: string[] = [];
  await upgradeFolder(path, { upgrades, log: (message) => said.push(message) });
  assert.deepEqual(seen, [
    [1, undefined],
    [2, 1],
    [3, 2],
  ]);
  assert.equal((await noteOf(path))['format'], 3);
  assert.equal(said.length, 3);
  await upgradeFolder(path, { upgrades });
  assert.equal(seen.length, 3, 'and none again');
});

test('a step that fails leaves the format before it, and the next start begins with that step', async () => {
  const path = await folder('failing', 'secrets');
  const ran: number[] = [];
  let isBroken = true;
  const upgrades = [1, 2, 3].map((to) => ({
    to,
    run: async () => {
      ran.push(to);
      if (to === 2 && isBroken) throw new Error('no room');
    },
  }));
  await assert.rejects(upgradeFolder(path, { upgrades }));
  assert.equal((await noteOf(path))['format'], 1);
  isBroken = false;
  await upgradeFolder(path, { upgrades });
  assert.deepEqual(ran, [1, 2, 2, 3]);
});

test('a folder from before there were formats, with an older schema, is brought up with what is in it', async () => {
  const path = await folder('format-0');
  const older = await startEmbeddedPostgres(path);
  const migrations = join(root, 'newer-migrations');
  await cp(MIGRATIONS_FOLDER, migrations, { recursive: true });
  await mkdir(join(migrations, '20990101000000_more'));
  await writeFile(
    join(migrations, '20990101000000_more', 'migration.sql'),
    'ALTER TABLE account ADD COLUMN extra text;',
  );
  const database = await openDatabase(older.url, { loginRoles: true });
  await database.pool.query(`INSERT INTO account (name, role, password_hash) VALUES ('kept', 'auditor', '-')`);
  await database.stop();
  await older.stop();
  await rm(join(path, 'intramuros.json'));

  const said: string[] = [];
  const server = await startEmbeddedPostgres(path, { log: (message) => said.push(message) });
  const owner = new Client({ connectionString: server.url });
  await owner.connect();
  try {
    const formats = Array.from({ length: FOLDER_FORMAT }, (_, index) => index + 1);
    assert.deepEqual(
      said,
      formats.map((format) => `the data folder was upgraded to format ${format}`),
    );
    assert.equal((await noteOf(path))['format'], FOLDER_FORMAT);
    assert.deepEqual(await migrate(owner, migrations), ['20990101000000_more']);
    const { rows } = await owner.query('SELECT name, extra FROM account');
    assert.deepEqual(rows, [{ name: 'kept', extra: null }]);
    await assert.rejects(migrate(owner), (error: AppError) => {
      assert.equal(error.code, 'migration_failed');
      assert.match(error.detail, /newer: it holds the migration 20990101000000_more.*newest that it knows is 2026/);
      return true;
    });
  } finally {
    await owner.end();
    await server.stop();
  }
});

test('a folder in which a restore was cut short is not used', async () => {
  const path = await folder('cut-short', 'postgres');
  await writeFolderNote(path, { format: FOLDER_FORMAT, restoring: true });
  await assert.rejects(startEmbeddedPostgres(path), { code: 'data_folder_unusable', message: /cut short/ });
  await upgradeFolder(path, { restores: true });
});

test('a note that is damaged is told, and not replaced', async () => {
  const path = await folder('damaged');
  for (const text of ['', '{', '{"format":-1,"writtenBy":"x"}', '{"format":"1"}', '[]']) {
    await writeFile(join(path, 'intramuros.json'), text);
    await assert.rejects(upgradeFolder(path), {
      code: 'data_folder_unusable',
      message: /intramuros\.json cannot be read/,
    });
    assert.equal(await readFile(join(path, 'intramuros.json'), 'utf8'), text);
  }
});
