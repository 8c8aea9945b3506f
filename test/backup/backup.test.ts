// Backups: of a stopped and of a busy installation, restored elsewhere; what is damaged, forged, foreign or too new; the
// keys apart; and what the log and its verifier say afterwards.

import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { signCheckpoint } from '../../control-plane/audit/format/checkpoint.ts';
import { signManifest } from '../../control-plane/audit/format/manifest.ts';
import { signerFromSeed } from '../../control-plane/audit/format/note.ts';
import { memoryFiles } from '../../control-plane/audit/verify/bundle-files.ts';
import { verifyBundle } from '../../control-plane/audit/verify/verify-bundle.ts';
import { renderVerifyReport } from '../../control-plane/audit/verify/verify-report.ts';
import { BACKUP_HEADER, type BackupFacts } from '../../control-plane/backup/backup-facts.ts';
import { checkBackup } from '../../control-plane/backup/check-backup.ts';
import { restoreBackup } from '../../control-plane/backup/restore-backup.ts';
import { openBackups } from '../../control-plane/cli/backups.ts';
import { startEmbeddedPostgres } from '../../control-plane/database/embedded-postgres.ts';
import { MIGRATIONS_FOLDER } from '../../control-plane/database/migrate.ts';
import type { AppError } from '../../control-plane/errors.ts';
import { checkBundle } from '../audit/oracle.ts';
import { appendRow, filesOf, unescapeCopy } from './backup-files.ts';
import { exportLog, fillLog, type Installation, startInstallation, uses } from './installation.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const never = new AbortController().signal;

let root: string;
let original: Installation;
/** Of the busy installation, with two models; its keys beside it. */
let backup: string;
let keysFile: string;
let facts: BackupFacts;

const at = (...parts: string[]) => join(root, ...parts);
const toolOf = (folder: string, databaseUrl?: string) => openBackups({ dataFolder: folder, databaseUrl });

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'intramuros-backup-'));
  original = await startInstallation(at('data'));
  await fillLog(original, 300);
  await original.database.prisma.account.create({ data: { name: 'kept', role: 'auditor', passwordHash: '-' } });
  await original.database.prisma.webSession.create({
    data: { sid: 'signed-in', data: {}, expiresAt: new Date(Date.now() + 1e6) },
  });
  await mkdir(at('data/models/ward'), { recursive: true });
  const weights = randomBytes(300_000);
  await writeFile(at('data/models/ward/Model 7B.gguf'), weights);
  await writeFile(at('data/models/copy.gguf'), weights);
  [backup, keysFile] = [at('backup'), at('keys')];
  await toolOf(original.folder).exportKeys(keysFile);
  facts = await toolOf(original.folder).create({ target: backup, withModels: true, signal: never });
});
after(async () => {
  await original.stop();
  await rm(root, { recursive: true, force: true });
});

test('a backup of a stopped installation is restored to the same rows; the log goes on without a fork', async () => {
  const [source, target] = [at('quiet'), at('quiet-restored')];
  const kept = await uses(source, async (installation) => {
    await fillLog(installation, 600);
    return exportLog(installation);
  });
  const tool = toolOf(source);
  await tool.exportKeys(at('quiet-keys'));
  const taken = await tool.create({ target: at('quiet-backup'), withModels: true, signal: never });
  const restored = toolOf(target);
  await restored.restore({ source: at('quiet-backup'), keysFile: at('quiet-keys'), say: () => {} });

  await uses(target, async (installation) => {
    await fillLog(installation, 5);
    const files = await exportLog(installation);
    const key = kept.get('log-key.pub')?.toString() ?? '';
    const since = kept.get('checkpoint')?.toString() ?? '';
    const report = await verifyBundle(memoryFiles(files), { verifierKey: key, since });
    assert.deepEqual(report.findings, []);
    assert.equal(report.notices.recoveries.count, 1);
    assert.match(renderVerifyReport(report), new RegExp(`recovered: 1 time.*${taken.takenAt} with ${taken.log.size} `));

    const { entries } = checkBundle(files, key);
    const records = entries.map((entry) => JSON.parse(entry.toString()) as Record<string, unknown>);
    const said = records.filter(({ action }) => action === 'recovered');
    assert.deepEqual(
      said.map(({ kind, recovery }) => ({ kind, recovery })),
      [
        {
          kind: 'lifecycle',
          recovery: { takenAt: taken.takenAt, size: taken.log.size, root: taken.log.root, keys: 'kept' },
        },
      ],
    );
    assert.ok(records.some(({ action, kind }) => action === 'backup.create' && kind === 'read'));
  });
  await uses(target, async (installation) => {
    const { entries } = checkBundle(await exportLog(installation), kept.get('log-key.pub')?.toString() ?? '');
    assert.equal(entries.filter((entry) => entry.includes('"recovered"')).length, 1, 'said once, not at each start');
  });
});

test('every row but those of sessions comes back, with the sequences behind them', async () => {
  const target = at('rows');
  const source = at('quiet');
  const taken = await toolOf(source).create({ target: at('rows-backup'), withModels: true, signal: never });
  await restoreBackup({ source: at('rows-backup'), facts: taken, dataFolder: target });
  const server = await startEmbeddedPostgres(target);
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    for (const { name, columns, file } of taken.tables) {
      const { rows } = await client.query<{ line: string }>(
        `SELECT concat_ws(chr(9), ${columns.map((column) => `coalesce("${column}"::text, chr(92) || 'N')`).join(', ')}) AS line FROM "${name}"`,
      );
      const found = rows.map(({ line }) => line).toSorted();
      const packed = file === undefined ? '' : gunzipSync(await readFile(at('rows-backup', file))).toString();
      const lines = packed.split('\n').filter(Boolean);
      const expected = lines.map(unescapeCopy).toSorted();
      assert.deepEqual(found, expected, name);
      if (name === 'audit_record') assert.ok(found.length > 1_200);
    }
    const { rows: next } = await client.query<{ free: boolean }>(
      `SELECT nextval('audit_checkpoint_id_seq') > (SELECT max(id) FROM audit_checkpoint) AS free`,
    );
    assert.equal(next[0]?.free, true);
  } finally {
    await client.end();
    await server.stop();
  }
});

const sizeOf = (checkpoint: string) => Number(checkpoint.split('\n')[1]);
const checkedSize = async (installation: Installation) =>
  sizeOf((await exportLog(installation)).get('checkpoint')?.toString() ?? '');

test('a backup of a busy installation is of one moment: what it holds verifies, and no counter has a gap', async () => {
  const over = new AbortController();
  const load = (async () => {
    while (!over.signal.aborted) await fillLog(original, 20);
  })();
  const target = at('busy-backup');
  const taken = await toolOf(original.folder).create({ target, withModels: false, signal: never });
  over.abort();
  await load;
  const later = await exportLog(original);
  const said: string[] = [];
  await toolOf(at('busy')).restore({ source: target, keysFile, say: (line) => said.push(line) });
  for (const { path, sha256 } of taken.models.files)
    assert.ok(
      said.some((line) => line.includes(path) && line.includes(sha256)),
      'told what to put there again',
    );
  await uses(at('busy'), async (installation) => {
    const files = await exportLog(installation);
    const key = files.get('log-key.pub')?.toString() ?? '';
    const report = await verifyBundle(memoryFiles(files), { verifierKey: key, since: taken.log.checkpoint });
    assert.deepEqual(report.findings, [], 'and it continues the checkpoint of the backup');
    const { entries } = checkBundle(files, key);
    assert.ok(entries.length >= taken.log.size);
    // The original went on: whoever kept a later checkpoint of it sees that this log is another one.
    const since = later.get('checkpoint')?.toString() ?? '';
    const behind = await verifyBundle(memoryFiles(files), { verifierKey: key, since });
    assert.equal(behind.ok, false);
    assert.ok(['since_newer', 'since_forked'].includes(behind.findings[0]?.code ?? ''));
    while ((await checkedSize(installation)) < sizeOf(since)) await fillLog(installation, 200);
    const beyond = await verifyBundle(memoryFiles(await exportLog(installation)), { verifierKey: key, since });
    assert.equal(beyond.findings[0]?.code, 'since_forked');
  });
});

test('models go by their digest, one copy for two paths; left out, they are listed', async () => {
  assert.equal((await readdir(join(backup, 'models'))).length, 1);
  assert.deepEqual(facts.models.files.map(({ path }) => path).toSorted(), ['copy.gguf', 'ward/Model 7B.gguf']);
  const bare = at('busy-backup');
  assert.deepEqual((await checkBackup(bare)).models, { included: false, files: facts.models.files });
  assert.deepEqual(await readdir(join(bare, 'models')), []);
});

async function copyOfBackup(name: string): Promise<string> {
  await cp(backup, at(name), { recursive: true });
  return at(name);
}

async function refused(source: string, first: string | RegExp, useKeys = true): Promise<void> {
  const target = `${source}-target`;
  const tool = toolOf(target);
  await assert.rejects(
    tool.restore({ source, keysFile: useKeys ? keysFile : undefined, say: () => {} }),
    (error: AppError) => {
      assert.equal(error.code, 'backup_unusable');
      if (typeof first === 'string') assert.ok(error.detail.startsWith(`First bad file: ${first}:`), error.detail);
      else assert.match(error.detail, first);
      return true;
    },
  );
  await assert.rejects(stat(target), { code: 'ENOENT' }, 'nothing was written');
}

test('one changed byte of any file is refused before anything is written, and the file is named', async () => {
  for (const [index, name] of (await filesOf(backup)).entries()) {
    for (let round = 0; round < (LONG ? 40 : 2); round++) {
      const source = await copyOfBackup(`flipped-${index}-${round}`);
      const path = join(source, name);
      const bytes = await readFile(path);
      const place = Math.floor(Math.random() * bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
      await writeFile(path, bytes);
      // A change of the facts may break them, or show first in the key that they name.
      await refused(source, name === 'backup.json' ? /First bad file: (backup\.json|manifest):|format/ : name);
      await rm(source, { recursive: true });
    }
  }
});

test('a file that is missing, cut or not of the backup is named', async () => {
  for (const name of await filesOf(backup)) {
    const missing = await copyOfBackup('missing');
    await rm(join(missing, name));
    await refused(missing, name);
    await rm(missing, { recursive: true });
    if (name === 'backup.json') continue;
    const cut = await copyOfBackup('cut');
    const bytes = await readFile(join(cut, name));
    await writeFile(join(cut, name), bytes.subarray(0, bytes.length - 1));
    await refused(cut, name);
    await rm(cut, { recursive: true });
  }
  const extra = await copyOfBackup('extra');
  await writeFile(join(extra, 'database', 'intruder.copy.gz'), '');
  await refused(extra, 'database/intruder.copy.gz');
  await refused(at('no-such-backup'), /cannot be read \(ENOENT\)/);
});

/** Changes files of a copy and signs its manifest again with a key of the forger's own. */
async function forge(name: string, change: (folder: string, facts: BackupFacts) => Promise<void>, seed: Uint8Array) {
  const folder = await copyOfBackup(name);
  const changed = structuredClone(facts);
  await change(folder, changed);
  await writeFile(join(folder, 'backup.json'), `${JSON.stringify(changed, null, 2)}\n`);
  const files = [];
  for (const file of await filesOf(folder)) {
    if (file === 'manifest') continue;
    const bytes = await readFile(join(folder, file));
    files.push({ name: file, size: bytes.length, sha256: hash('sha256', bytes, 'buffer') });
  }
  const [origin = ''] = changed.log.verifierKey.split('+');
  await writeFile(join(folder, 'manifest'), await signManifest(files, signerFromSeed(origin, seed), BACKUP_HEADER));
  return folder;
}

async function signingSeed(): Promise<Uint8Array> {
  const { keys } = JSON.parse(await readFile(keysFile, 'utf8')) as { keys: Record<string, { key: string }> };
  return Buffer.from(keys['log-signing']?.key ?? '', 'base64');
}

test('a backup that somebody without the keys changed and signed again is refused by who has the keys', async () => {
  const seed = randomBytes(32);
  const origin = 'intramuros.dev/log/forged';
  const forged = await forge(
    'forged',
    async (folder, changed) => {
      await appendRow('database/account.copy.gz', 'intruder\tadmin\t-\t2026-01-01 00:00:00+00\tf')(folder);
      const signer = signerFromSeed(origin, seed);
      const checkpoint = { origin, size: changed.log.size, root: Buffer.from(changed.log.root.slice(7), 'hex') };
      changed.log.verifierKey = signer.verifierKey;
      changed.log.checkpoint = await signCheckpoint(checkpoint, [signer]);
    },
    seed,
  );
  await refused(forged, /First bad file: manifest: the keys that you gave did not sign it/);
  assert.equal((await checkBackup(forged)).log.size, facts.log.size, 'without keys nothing tells it from a true one');
});

test('rows that break a rule, are not as many, or do not give the root of the log, leave the folder empty', async () => {
  const seed = await signingSeed();
  const cases: [string, Parameters<typeof forge>[1], RegExp][] = [
    ['twice', appendRow('database/account.copy.gz', 'kept\tauditor\t-\t2026-01-01 00:00:00+00\tf'), /duplicate key/],
    [
      'more',
      appendRow('database/account.copy.gz', 'more\tauditor\t-\t2026-01-01 00:00:00+00\tf'),
      /2 rows where .* says 1/,
    ],
    ['not-rows', appendRow('database/account.copy.gz', 'one column'), /missing data for column/],
    [
      'other-log',
      async (folder) => {
        const file = join(folder, 'database/audit-record.copy.gz');
        const text = gunzipSync(await readFile(file)).toString('latin1');
        const hex = Buffer.from('chat.completions').toString('hex');
        await writeFile(
          file,
          gzipSync(Buffer.from(text.replace(hex, Buffer.from('chat.completionz').toString('hex')), 'latin1')),
        );
      },
      /do not give the root of its checkpoint/,
    ],
    [
      'no-gzip',
      async (folder) => writeFile(join(folder, 'database/account.copy.gz'), 'plain'),
      /incorrect header check/,
    ],
  ];
  for (const [name, change, why] of LONG ? cases : cases.slice(-2)) {
    const source = await forge(name, change, seed);
    const target = at(`${name}-target`);
    await assert.rejects(toolOf(target).restore({ source, keysFile, say: () => {} }), (error: AppError) => {
      assert.equal(error.code, 'backup_unusable', name);
      assert.match(error.detail, why, name);
      return true;
    });
    assert.deepEqual(await readdir(target), [], name);
  }
});

test('a path out of the models folder is refused', async () => {
  for (const path of ['../../escaped', '/etc/escaped', 'a//b', './a', '']) {
    const source = await forge(
      'escaping',
      async (_folder, changed) => {
        const [file] = changed.models.files;
        if (file !== undefined) file.path = path;
      },
      await signingSeed(),
    );
    await refused(source, 'backup.json');
    await rm(source, { recursive: true });
  }
});

test('a newer format and a newer schema are refused by both versions; an older schema is upgraded', async () => {
  const seed = await signingSeed();
  const newer = await forge(
    'newer-format',
    async (_folder, changed) => {
      Object.assign(changed, { backup: 7, product: '9.8.7' });
    },
    seed,
  );
  await refused(newer, /has format 7, taken by Intramuros 9\.8\.7; this version knows formats up to 1/);

  const later = at('later-migrations');
  await cp(MIGRATIONS_FOLDER, later, { recursive: true });
  await mkdir(join(later, '20990101000000_more'));
  await writeFile(join(later, '20990101000000_more', 'migration.sql'), 'ALTER TABLE account ADD COLUMN extra text;');
  const upgraded = at('upgraded');
  await restoreBackup({ source: backup, facts, dataFolder: upgraded, migrations: later });
  const server = await startEmbeddedPostgres(upgraded);
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query('SELECT name, extra FROM account');
  await client.end();
  await server.stop();
  assert.deepEqual(rows, [{ name: 'kept', extra: null }]);

  const schema = await forge(
    'newer-schema',
    async (_folder, changed) => {
      changed.product = '9.8.7';
      changed.migrations.push({ name: '20990101000000_more', checksum: '0'.repeat(64) });
    },
    seed,
  );
  await assert.rejects(
    toolOf(at('newer-schema-target')).restore({ source: schema, keysFile, say: () => {} }),
    (error: AppError) => {
      assert.equal(error.code, 'backup_unusable');
      assert.match(
        error.detail,
        /Intramuros 9\.8\.7 with the schema of the migration 20990101000000_more; this is .* up to 2026/,
      );
      return true;
    },
  );
  await assert.rejects(stat(at('newer-schema-target')), { code: 'ENOENT' });
});

test('a folder that holds anything is refused and left as it was', async () => {
  const target = at('occupied');
  await mkdir(target);
  await writeFile(join(target, 'thesis.txt'), 'years');
  await assert.rejects(toolOf(target).restore({ source: backup, keysFile, say: () => {} }), {
    code: 'data_folder_unusable',
    message: /is not empty/,
  });
  assert.deepEqual(await readdir(target), ['thesis.txt']);
  await assert.rejects(toolOf(original.folder).restore({ source: backup, keysFile, say: () => {} }), {
    code: 'data_folder_unusable',
  });
});

test('no key is in a backup, and its files are ours alone', async () => {
  const { keys } = JSON.parse(await readFile(keysFile, 'utf8')) as { keys: Record<string, { key: string }> };
  assert.equal(Object.keys(keys).length, 6);
  assert.equal((await stat(keysFile)).mode & 0o777, 0o600);
  const sealing = (await readFile(at('data/secrets/sealing-key'), 'utf8')).trim();
  const secrets = [sealing, ...Object.values(keys).map(({ key }) => key)].map((key) => Buffer.from(key, 'base64'));
  for (const name of await filesOf(backup)) {
    const raw = await readFile(join(backup, name));
    const texts = name.endsWith('.gz') ? [raw, gunzipSync(raw)] : [raw];
    for (const secret of secrets) {
      const forms = [secret, ...(['base64', 'base64url', 'hex'] as const).map((form) => secret.toString(form))];
      for (const form of forms) assert.ok(!texts.some((text) => text.includes(form)), name);
    }
    assert.equal((await stat(join(backup, name))).mode & 0o077, 0, name);
  }
  await assert.rejects(toolOf(original.folder).exportKeys(keysFile), { code: 'invalid_field', message: /exists/ });
});

test('restored without keys: refused with their names, foreign and damaged ones too, until the right ones are there', async () => {
  const target = at('keyless');
  const tool = toolOf(target);
  await tool.restore({ source: backup, keysFile: undefined, say: () => {} });
  for (const { path, sha256 } of facts.models.files)
    assert.equal(hash('sha256', await readFile(join(target, 'models', path))), sha256, path);
  const refuse = (why: RegExp) =>
    assert.rejects(startInstallation(target), (error: AppError) => {
      assert.equal(error.code, 'secret_unavailable');
      for (const { id } of facts.keys) assert.ok(error.detail.includes(id), id);
      assert.match(error.remedy ?? '', why);
      return true;
    });
  await refuse(/intramuros restore --keys FILE/);
  assert.ok(!(await readdir(target)).includes('secrets'), 'and no new keys were made in silence');

  const foreign = at('foreign');
  await uses(foreign, async () => {});
  await toolOf(foreign).exportKeys(at('foreign-keys'));
  await assert.rejects(tool.importKeys(at('foreign-keys')), { code: 'secret_unavailable', message: /not the keys/ });
  const damaged = (await readFile(keysFile, 'utf8')).replace(/"key": "(.)/, (all, first: string) =>
    all.slice(0, -1).concat(first === 'A' ? 'B' : 'A'),
  );
  await writeFile(at('damaged-keys'), damaged);
  await assert.rejects(tool.importKeys(at('damaged-keys')), { code: 'secret_unavailable', message: /damaged/ });
  await tool.importKeys(keysFile);
  await assert.rejects(tool.importKeys(keysFile), { code: 'secret_unavailable', message: /not replaced/ });
  await uses(target, async ({ secrets }) => {
    assert.equal((await secrets.read('digest')).text(), (await original.secrets.read('digest')).text());
  });
  // Somebody puts other keys into the running installation's folder: told at the next start.
  await rm(join(target, 'secrets'), { recursive: true });
  await cp(join(foreign, 'secrets'), join(target, 'secrets'), { recursive: true });
  await refuse(/intramuros restore --keys FILE/);
});

test('keys that are lost for good can be given up, and the log says so', async () => {
  const target = at('renewed');
  const tool = toolOf(target);
  await assert.rejects(toolOf(original.folder).renewKeys(), { code: 'data_folder_unusable' });
  await tool.restore({ source: backup, keysFile: undefined, say: () => {} });
  await tool.renewKeys();
  await uses(target, async (installation) => {
    const files = await exportLog(installation);
    const { entries } = checkBundle(files, files.get('log-key.pub')?.toString() ?? '');
    const said = entries.map(
      (entry) => JSON.parse(entry.toString()) as { action: string; recovery?: { keys: string } },
    );
    assert.equal(said.find(({ action }) => action === 'recovered')?.recovery?.keys, 'new');
    assert.notEqual((await installation.secrets.read('digest')).id, (await original.secrets.read('digest')).id);
  });
});

test('the database of DATABASE_URL is refused with what to do instead; its keys are exported all the same', async () => {
  const tool = toolOf(original.folder, 'postgresql://company@db/intramuros');
  for (const [work, word] of [
    [tool.create({ target: at('no'), withModels: true, signal: never }), 'pg_dump'],
    [tool.restore({ source: backup, keysFile, say: () => {} }), 'pg_restore'],
  ] as const) {
    await assert.rejects(work, (error: AppError) => {
      assert.equal(error.code, 'invalid_configuration');
      assert.equal(error.param, 'DATABASE_URL');
      assert.ok(error.remedy?.includes(word), error.remedy);
      return true;
    });
  }
  await tool.exportKeys(at('company-keys'));
});

test('a folder without a product is told', async () => {
  const tool = toolOf(at('nowhere'));
  await assert.rejects(tool.create({ target: at('no'), withModels: true, signal: never }), {
    code: 'data_folder_unusable',
  });
  await assert.rejects(tool.exportKeys(at('no')), { code: 'data_folder_unusable' });
  await assert.rejects(stat(at('nowhere')), { code: 'ENOENT' });
});
