// Restores a checked backup into an empty data folder: tables as the backup's version made them, the rows through their
// constraints, then the migrations that came later, and the log held against the checkpoint in the backup. Until all of
// that is done the folder says that it is a part, and no product starts on it.
// May import errors.ts, audit/, database/, secrets/ and its own room.

import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Client, escapeIdentifier } from 'pg';
import { leafHash } from '../audit/format/merkle.ts';
import { TileEdge } from '../audit/format/tile-edge.ts';
import { newReceipt } from '../audit/log-format.ts';
import { LogReader } from '../audit/log-reader.ts';
import { makeDataFolder } from '../database/data-folder.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded-postgres.ts';
import { FOLDER_FORMAT, PRODUCT_VERSION, writeFolderNote } from '../database/folder-note.ts';
import { knownMigrations, MIGRATIONS_FOLDER, migrate } from '../database/migrate.ts';
import { AppError, fail } from '../errors.ts';
import { installKeys } from '../secrets/file-secrets.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { type BackupFacts, badFile, FACTS_FILE, modelFile } from './backup-facts.ts';
import { copyIn } from './copy.ts';
import { syncParent } from './hashed-files.ts';

export interface RestoreOptions {
  /** The backup's folder, and what `checkBackup` said of it. */
  readonly source: string;
  readonly facts: BackupFacts;
  /** Must not exist or be empty. */
  readonly dataFolder: string;
  /** Without them the folder waits for its keys. */
  readonly keys?: Keyring | undefined;
  readonly log?: (message: string) => void;
  /** Other migrations than those of this version; in tests. */
  readonly migrations?: string;
}

/** Made by the file system itself. */
const NOT_OURS = new Set(['lost+found']);
const ENTRIES_AT_ONCE = 1_024;

/** Throws `data_folder_unusable`, `backup_unusable`, and leaves the folder as empty as it was. */
export async function restoreBackup(options: RestoreOptions): Promise<void> {
  const { facts, keys } = options;
  await requireKnownSchema(facts, options.migrations);
  await requireEmpty(options.dataFolder);
  const folder = await makeDataFolder(options.dataFolder);
  try {
    const note = { format: FOLDER_FORMAT, keys: facts.keys };
    await writeFolderNote(folder, { ...note, restoring: true });
    await restoreDatabase(folder, options);
    await restoreModels(folder, options);
    if (keys !== undefined) await installKeys(join(folder, 'secrets'), keys);
    const { takenAt, log } = facts;
    const recovery = { receipt: newReceipt(), takenAt, size: log.size, root: log.root, keys: 'kept' as const };
    await writeFolderNote(folder, { ...note, recovery });
  } catch (error) {
    await emptyFolder(folder).catch(() => {}); // what stays says itself that it is a part
    throw error;
  }
}

async function requireKnownSchema(facts: BackupFacts, migrations: string | undefined): Promise<void> {
  const known = await knownMigrations(migrations);
  const foreign = facts.migrations.find(
    ({ name, checksum }) => !known.some((each) => each.name === name && each.checksum === checksum),
  );
  if (foreign === undefined) return;
  const isNamed = known.some(({ name }) => name === foreign.name);
  throw fail('backup_unusable', {
    param: 'DIR',
    detail: isNamed
      ? `The backup, taken by Intramuros ${facts.product}, has another migration ${foreign.name} than this version (${PRODUCT_VERSION}).`
      : `The backup was taken by Intramuros ${facts.product} with the schema of the migration ${foreign.name}; this is ${PRODUCT_VERSION}, which knows schemas up to ${known.at(-1)?.name ?? 'none'}.`,
    remedy: 'Restore it with the version that took it, or a later one.',
  });
}

async function requireEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw unusable(folder, `cannot be read (${cause.code ?? 'unknown reason'})`, cause);
  });
  if (names.some((name) => !NOT_OURS.has(name))) throw unusable(folder, 'is not empty, and a restore replaces nothing');
}

function unusable(folder: string, what: string, cause?: unknown) {
  return fail('data_folder_unusable', {
    param: 'INTRAMUROS_DATA',
    detail: `The data folder ${folder} ${what}.`,
    remedy:
      'Name a folder that does not exist yet in INTRAMUROS_DATA; move another one in its place when you know it to be good.',
    cause,
  });
}

async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!NOT_OURS.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function restoreDatabase(folder: string, options: RestoreOptions): Promise<void> {
  const { log } = options;
  const server = await startEmbeddedPostgres(folder, { restores: true, ...(log === undefined ? {} : { log }) });
  try {
    await fillDatabase(server, options);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw fail('backup_unusable', {
      param: 'DIR',
      detail: `The database did not take what is in the backup: ${cause instanceof Error ? cause.message : 'no reason given'}.`,
      remedy: 'Check the free space of the data folder; else use another backup.',
      cause,
    });
  } finally {
    await server.stop();
  }
}

async function fillDatabase(
  { url }: EmbeddedPostgres,
  { source, facts, migrations = MIGRATIONS_FOLDER }: RestoreOptions,
): Promise<void> {
  const client = new Client({ connectionString: url, options: '-c TimeZone=UTC' });
  client.on('error', () => {}); // the statement in flight tells
  await client.connect();
  try {
    await migrate(client, migrations, new Set(facts.migrations.map(({ name }) => name)));
    await client.query('BEGIN');
    // Tables may refer to each other: their order is not ours to know. Checks and keys hold all the same.
    await client.query('SET LOCAL session_replication_role = replica');
    // A migration may have put rows there. In one statement: a table that another one refers to is emptied with it alone.
    const names = facts.tables.map(({ name }) => escapeIdentifier(name));
    if (names.length > 0) await client.query(`TRUNCATE ${names.join(', ')}`);
    for (const table of facts.tables) await fillTable(client, source, table);
    for (const { name, value } of facts.sequences)
      await client.query('SELECT setval($1::regclass, $2::bigint)', [escapeIdentifier(name), value]);
    await checkLog(client, facts);
    await client.query('COMMIT');
    await migrate(client, migrations);
  } finally {
    await client.end();
  }
}

async function fillTable(
  client: Client,
  source: string,
  { name, columns, rows, file }: BackupFacts['tables'][number],
): Promise<void> {
  const table = escapeIdentifier(name);
  if (file === undefined) return;
  const target = copyIn(client, `COPY ${table} (${columns.map(escapeIdentifier).join(', ')}) FROM STDIN`);
  await pipeline(createReadStream(join(source, file)), createGunzip(), target);
  if (target.rowCount !== rows) throw badFile(file, `it has ${target.rowCount} rows where backup.json says ${rows}`);
}

/** Every record again, to the root that the checkpoint of the backup signs. */
async function checkLog(client: Client, { log }: BackupFacts): Promise<void> {
  const reader = new LogReader(client);
  const edge = new TileEdge();
  while (edge.size < log.size) {
    const entries = await reader.entries(edge.size, Math.min(log.size, edge.size + ENTRIES_AT_ONCE));
    if (entries.length === 0) break;
    for (const entry of entries) edge.append(leafHash(entry));
  }
  if (edge.size === log.size && `sha256:${Buffer.from(edge.root()).toString('hex')}` === log.root) return;
  throw badFile(FACTS_FILE, 'the records in the backup do not give the root of its checkpoint');
}

async function restoreModels(folder: string, { source, facts, log }: RestoreOptions): Promise<void> {
  const { included, files } = facts.models;
  for (const { path, sha256 } of files) {
    const target = join(folder, 'models', path);
    if (!included) {
      log?.(`not in the backup: models/${path}, SHA-256 ${sha256}; put it there again`);
      continue;
    }
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(join(source, modelFile(sha256)), target);
    await syncParent(target);
  }
}
