// Takes a backup of the embedded database and of the models folder into a new folder, while the product runs or not. All
// rows come from one snapshot of the database, table by table as COPY writes them: that can be read by any later version
// and restored on another major of PostgreSQL, and every row meets the constraints again (docs/adr/0008).
// May import errors.ts, audit/, database/ and its own room.

import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { Client, escapeIdentifier } from 'pg';
import type { ManifestEntry } from '../audit/format/manifest.ts';
import type { LogFormat } from '../audit/log-format.ts';
import { LogReader } from '../audit/log-reader.ts';
import { connectionConfig, type DatabaseAddress } from '../database/connection.ts';
import { PRODUCT_VERSION } from '../database/folder-note.ts';
import { fail } from '../errors.ts';
import {
  BACKUP_FORMAT,
  BACKUP_HEADER,
  type BackupFacts,
  FACTS_FILE,
  formatFacts,
  MANIFEST_FILE,
  modelFile,
  tableFile,
} from './backup-facts.ts';
import { copyOut } from './copy.ts';
import { readHashed, syncFolder, syncParent, writeHashed } from './hashed-files.ts';

export interface BackupOptions {
  readonly address: DatabaseAddress;
  /** Absolute path of a folder that does not exist or is empty. */
  readonly target: string;
  readonly modelsFolder: string;
  /** False leaves the weights out and only lists them. */
  readonly withModels: boolean;
  readonly keys: BackupFacts['keys'];
  readonly format: Pick<LogFormat, 'signManifest' | 'verifierKey'>;
  readonly now: () => Date;
}

/** Rows that a restored installation must not have: sessions and tokens end with it; the search is made from the records. */
const ROWS_LEFT_OUT = new Set(['web_session', 'access_token', 'audit_search_block', 'audit_search_term']);
const LEDGER = '_prisma_migrations';

/** A folder that appears whole or not at all. Throws `invalid_field` (DIR) and whatever the database says. */
export async function writeBackup(options: BackupOptions): Promise<BackupFacts> {
  const { target } = options;
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}`);
  try {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(draft, { mode: 0o700 });
    const facts = await fill(draft, options);
    await rename(draft, target); // an empty folder gives way
    await syncParent(target);
    return facts;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw explain(error);
  }
}

async function fill(draft: string, options: BackupOptions): Promise<BackupFacts> {
  const files: ManifestEntry[] = [];
  const takenAt = options.now().toISOString();
  const snapshot = await copyDatabase(draft, options, files);
  const models = await copyModels(draft, options, files);
  const facts: BackupFacts = {
    backup: BACKUP_FORMAT,
    product: PRODUCT_VERSION,
    takenAt,
    ...snapshot,
    keys: options.keys,
    models,
  };
  const text = formatFacts(facts);
  files.push({ name: FACTS_FILE, ...(await writeHashed(join(draft, FACTS_FILE), PassThrough.from([text]))) });
  const manifest = await options.format.signManifest(files, BACKUP_HEADER);
  await writeFile(join(draft, MANIFEST_FILE), manifest, { flag: 'wx', mode: 0o600, flush: true });
  for (const folder of ['database', 'models', '.']) await syncFolder(join(draft, folder));
  return facts;
}

type Snapshot = Pick<BackupFacts, 'postgres' | 'log' | 'migrations' | 'tables' | 'sequences'>;

async function copyDatabase(draft: string, options: BackupOptions, files: ManifestEntry[]): Promise<Snapshot> {
  await mkdir(join(draft, 'database'), { mode: 0o700 });
  // A large table takes its time: no clock of ours ends a statement.
  const { query_timeout: _, ...config } = connectionConfig(options.address, 'owner', {
    connectMs: 5_000,
    statementMs: 0,
  });
  const client = new Client(config);
  client.on('error', () => {}); // the statement in flight tells
  await client.connect();
  try {
    await client.query('SET idle_in_transaction_session_timeout = 0');
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const snapshot = await readSnapshot(client, options.format.verifierKey);
    for (const table of snapshot.tables) {
      if (table.file === undefined) continue;
      const columns = table.columns.map(escapeIdentifier).join(', ');
      const source = copyOut(client, `COPY ${escapeIdentifier(table.name)} (${columns}) TO STDOUT`);
      const packed = createGzip({ level: constants.Z_BEST_SPEED });
      const [file] = await Promise.all([writeHashed(join(draft, table.file), packed), pipeline(source, packed)]);
      files.push({ name: table.file, ...file });
      table.rows = source.rowCount;
    }
    await client.query('COMMIT');
    return snapshot;
  } finally {
    await client.end();
  }
}

async function readSnapshot(client: Client, verifierKey: string): Promise<Snapshot> {
  const tables = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND c.relname <> $1
      GROUP BY c.relname ORDER BY c.relname`,
    [LEDGER],
  );
  const sequences = await client.query<{ name: string; value: string }>(
    `SELECT sequencename AS name, last_value::text AS value FROM pg_sequences
      WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename`,
  );
  const migrations = await client.query<{ name: string; checksum: string }>(
    `SELECT migration_name AS name, checksum FROM "${LEDGER}"
      WHERE rolled_back_at IS NULL AND finished_at IS NOT NULL ORDER BY migration_name`,
  );
  const version = await client.query<{ major: number }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major`,
  );
  const checkpoint = await new LogReader(client).latestCheckpoint();
  if (checkpoint === undefined) {
    throw fail('audit_unavailable', {
      detail: 'The log has no checkpoint yet, so nothing could say what the backup holds.',
      remedy: 'Start the product once, then try again.',
    });
  }
  return {
    postgres: version.rows[0]?.major ?? 0,
    log: {
      verifierKey,
      size: checkpoint.size,
      root: `sha256:${Buffer.from(checkpoint.root).toString('hex')}`,
      checkpoint: checkpoint.note,
    },
    migrations: migrations.rows,
    tables: tables.rows.map(({ name, columns }) => ({
      name,
      columns,
      rows: 0,
      ...(ROWS_LEFT_OUT.has(name) ? {} : { file: tableFile(name) }),
    })),
    sequences: sequences.rows,
  };
}

/** Under the name of their digest: two paths with the same weights are one file. */
async function copyModels(
  draft: string,
  { modelsFolder, withModels }: BackupOptions,
  files: ManifestEntry[],
): Promise<BackupFacts['models']> {
  await mkdir(join(draft, 'models'), { mode: 0o700 });
  const listed: BackupFacts['models']['files'] = [];
  for (const path of await modelPaths(modelsFolder)) {
    const source = join(modelsFolder, path);
    const arriving = join(draft, 'models', 'arriving');
    const { size, sha256 } = withModels
      ? await writeHashed(arriving, createReadStream(source))
      : await readHashed(source);
    const digest = Buffer.from(sha256).toString('hex');
    const name = modelFile(digest);
    listed.push({ path, size, sha256: digest });
    if (!withModels) continue;
    await rename(arriving, join(draft, name));
    if (!files.some((file) => file.name === name)) files.push({ name, size, sha256 });
  }
  return { included: withModels, files: listed };
}

async function modelPaths(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths: string[] = [];
  // What a link leads to is taken, as the engine would read it.
  for (const name of names.toSorted((a, b) => (a < b ? -1 : 1)))
    if ((await stat(join(folder, name))).isFile()) paths.push(name);
  return paths;
}

function explain(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EROFS' && code !== 'EACCES' && code !== 'EEXIST') return error;
  return fail('invalid_field', {
    param: 'DIR',
    detail: `The backup cannot be written there (${code}); nothing of it is left.`,
    remedy: 'Name a folder with enough room on a disk that you may write.',
    cause: error,
  });
}
