// What `backup` and `restore` do, on the embedded database of the data folder, whether the product runs or not; the
// commands only read the command line. A backup is recorded in the log before it is taken, as every read of the log is.

import { access, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type DatabaseAuditLog, openAuditLog } from '../audit/audit-log.ts';
import { waitForCheckpoint } from '../audit/bundle.ts';
import { openLogFormat, verifierKeysOf } from '../audit/log-format.ts';
import { LogReader } from '../audit/log-reader.ts';
import type { BackupFacts } from '../backup/backup-facts.ts';
import { checkBackup } from '../backup/check-backup.ts';
import { restoreBackup } from '../backup/restore-backup.ts';
import { writeBackup } from '../backup/write-backup.ts';
import type { Config } from '../config.ts';
import { attachEmbeddedPostgres } from '../database/attached-postgres.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts';
import { folderHolder } from '../database/folder-lock.ts';
import { readFolderNote, writeFolderNote } from '../database/folder-note.ts';
import { type AppError, fail } from '../errors.ts';
import { installKeys, openFileKeyring } from '../secrets/file-secrets.ts';
import { allKeyLabels, formatKeys, keyLabels, parseKeys } from '../secrets/key-export.ts';
import { type Keyring, KeyringSecrets, signerOf, versionsOf } from '../secrets/keyring.ts';
import { createStopList } from './stop-parts.ts';

export interface BackupTool {
  /** Takes a backup of database and models. */
  create(options: { target: string; withModels: boolean; signal: AbortSignal }): Promise<BackupFacts>;
  /** Writes the keys into a new file of their own. */
  exportKeys(file: string): Promise<void>;
  /** Checks a backup, then restores it. */
  restore(options: { source: string; keysFile: string | undefined; say: (line: string) => void }): Promise<BackupFacts>;
  /** Puts keys into a restored folder that waits for them. */
  importKeys(file: string): Promise<void>;
  /** Gives up the keys that a restored folder waits for. */
  renewKeys(): Promise<void>;
}

export function openBackups({ dataFolder, databaseUrl }: Pick<Config, 'dataFolder' | 'databaseUrl'>): BackupTool {
  const secretsFolder = join(dataFolder, 'secrets');
  const ownKeys = async () => {
    await requirePart(dataFolder, 'secrets');
    return openFileKeyring(secretsFolder, { make: false });
  };
  return {
    async create(options) {
      if (databaseUrl !== undefined) throw companyDatabase('backup');
      await requirePart(dataFolder, 'postgres');
      const keys = await ownKeys();
      return createBackup(dataFolder, keys, options);
    },
    async exportKeys(file) {
      await writeKeys(file, await ownKeys());
    },
    async restore({ source, keysFile, say }) {
      if (databaseUrl !== undefined) throw companyDatabase('restore');
      const keys = keysFile === undefined ? undefined : await readKeys(keysFile);
      const facts = await checkBackup(source, ...(keys === undefined ? [] : verifierKeys(keys)));
      if (keys !== undefined) requireFitting(keys, facts.keys);
      await restoreBackup({ source, facts, dataFolder, keys, log: say });
      return facts;
    },
    async importKeys(file) {
      const keys = await readKeys(file);
      const note = await readFolderNote(dataFolder);
      requireFitting(keys, note?.keys ?? []);
      await installKeys(secretsFolder, keys);
    },
    async renewKeys() {
      const note = await readFolderNote(dataFolder);
      if (note?.recovery === undefined) throw notWaiting(dataFolder);
      const { keys: _, recovery, ...rest } = note;
      await writeFolderNote(dataFolder, { ...rest, recovery: { ...recovery, keys: 'new' } });
    },
  };
}

async function createBackup(
  dataFolder: string,
  keys: Keyring,
  { target, withModels, signal }: Parameters<BackupTool['create']>[0],
): Promise<BackupFacts> {
  const parts = createStopList();
  const secrets = new KeyringSecrets(keys);
  try {
    const { database, isShared } = await openDatabaseOf(dataFolder, (name, stop) => parts.add(name, stop));
    const audit = await openAuditLog({ database, secrets, producer: 'cli', sequences: !isShared });
    await audit.start();
    parts.add('audit log', () => audit.stop());
    await record(audit);
    await waitForCheckpoint(database.pool, new LogReader(database.pool), signal);
    return await writeBackup({
      address: database.address,
      target,
      modelsFolder: join(dataFolder, 'models'),
      withModels,
      keys: keyLabels(keys),
      format: await currentFormat(secrets),
      now: () => new Date(),
    });
  } finally {
    await parts.stopAll({ error: () => {} });
  }
}

function verifierKeys(keys: Keyring): string[] {
  const versions = versionsOf(keys['log-signing']);
  return verifierKeysOf(versions.map((version, index) => signerOf({ ...version, former: versions.slice(index + 1) })));
}

/** A backup names the key that signs it, whatever key the log began with. */
async function currentFormat(secrets: KeyringSecrets) {
  const format = openLogFormat(await secrets.signer());
  return { ...format, verifierKey: format.currentKey() };
}

/** That of the product that runs on the folder, else a server started for as long as this takes. */
async function openDatabaseOf(
  dataFolder: string,
  onStop: (name: string, stop: () => unknown) => void,
): Promise<{ database: Database; isShared: boolean }> {
  const isShared = (await folderHolder(dataFolder)) !== undefined;
  let url: string;
  if (isShared) url = await attachEmbeddedPostgres(dataFolder);
  else {
    const server = await startEmbeddedPostgres(dataFolder);
    onStop('database server', () => server.stop());
    url = server.url;
  }
  const database = await openDatabase(url, { loginRoles: true, migrate: !isShared });
  onStop('database', () => database.stop());
  return { database, isShared };
}

async function record(audit: DatabaseAuditLog): Promise<void> {
  await audit.append({
    kind: 'read',
    tenant: '-',
    actor: { kind: 'cli', id: userInfo().username },
    action: 'backup.create',
    object: { kind: 'Backup' },
  });
}

async function requirePart(dataFolder: string, part: 'postgres' | 'secrets'): Promise<void> {
  const isThere = await access(join(dataFolder, part)).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  throw fail('data_folder_unusable', {
    param: 'INTRAMUROS_DATA',
    detail: `There is nothing to back up in ${dataFolder}: it has no folder "${part}".`,
    remedy: 'Set INTRAMUROS_DATA to the data folder of the product.',
  });
}

async function writeKeys(file: string, keys: Keyring): Promise<void> {
  try {
    await writeFile(file, formatKeys(keys), { flag: 'wx', mode: 0o600, flush: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw fail('invalid_field', {
      param: '--keys',
      detail: code === 'EEXIST' ? 'The file exists.' : `The file cannot be written (${code ?? 'unknown reason'}).`,
      remedy: 'Name a file that does not exist yet, away from the backup.',
      cause,
    });
  }
}

async function readKeys(file: string): Promise<Keyring> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw fail('invalid_field', {
      param: '--keys',
      detail: `The file cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      remedy: 'Give the file that "intramuros backup --keys FILE" wrote.',
      cause,
    });
  }
  return parseKeys(text);
}

function requireFitting(keys: Keyring, expected: BackupFacts['keys']): void {
  const given = allKeyLabels(keys);
  const foreign = expected.filter(
    ({ name, id }) => given.some((key) => key.name === name) && !given.some((key) => key.id === id),
  );
  if (foreign.length === 0) return;
  throw fail('secret_unavailable', {
    param: '--keys',
    detail: `These are not the keys of this data, which needs ${foreign.map(({ id }) => id).join(', ')}.`,
    remedy: 'Give the file of keys that was written on the same installation.',
  });
}

function notWaiting(dataFolder: string): AppError {
  return fail('data_folder_unusable', {
    param: '--new-keys',
    detail: `The data folder ${dataFolder} does not wait for keys after a restore.`,
    remedy: 'Restore a backup into it first, without --keys.',
  });
}

function companyDatabase(command: 'backup' | 'restore'): AppError {
  const tool =
    command === 'backup'
      ? 'pg_dump --format=custom --file=intramuros.dump "$DATABASE_URL"'
      : 'pg_restore --clean --if-exists --no-owner --dbname="$DATABASE_URL" intramuros.dump';
  return fail('invalid_configuration', {
    param: 'DATABASE_URL',
    detail: `${command === 'backup' ? 'Backups' : 'Restores'} of the database of DATABASE_URL are those of its server, not of Intramuros.`,
    remedy: `Use its own tools ("${tool}", or your base backups), and "intramuros ${command} --keys FILE" for the keys, which are in the data folder.`,
  });
}
