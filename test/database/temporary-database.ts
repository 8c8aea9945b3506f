// A real PostgreSQL for one test file: made from a template that is initialised and migrated once a machine
// (.cache/), started in a temporary folder, gone afterwards. Two seconds at first, a tenth of one later.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Database, type DatabaseOptions, openDatabase } from '../../control-plane/database/database.ts';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../control-plane/database/embedded-postgres.ts';
import { MIGRATIONS_FOLDER } from '../../control-plane/database/migrate.ts';

export interface TemporaryDatabase extends Database {
  readonly server: EmbeddedPostgres;
  /** The data folder; it holds `postgres`, `socket` and `postgres.log`. */
  readonly folder: string;
}

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));

/** `stop()` ends the server and removes the folder. */
export async function startTemporaryDatabase(
  options: DatabaseOptions & Pick<EmbeddedPostgresOptions, 'launcher'> = {},
): Promise<TemporaryDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'intramuros-test-'));
  await cp(await templateCluster(), join(folder, 'postgres'), { recursive: true, mode: 0 });
  const { launcher } = options;
  const server = await startEmbeddedPostgres(folder, launcher === undefined ? {} : { launcher });
  const disarm = endWithUs(folder);
  const database = await openDatabase(server.url, { loginRoles: true, ...options });
  return {
    ...database,
    server,
    folder,
    async stop() {
      await database.stop();
      await server.stop();
      disarm();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A test that is killed or ends without `stop()` leaves no server behind: a shell waits for our end of a pipe to close. */
function endWithUs(folder: string): () => void {
  const script =
    'read -r line; [ -n "$line" ] || { kill -INT "$(head -n 1 "$1/postgres/postmaster.pid")"; sleep 2; rm -rf "$1"; }';
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  (watcher.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return () => {
    watcher.stdin?.end('done\n');
  };
}

/** Named by the user and by what is in it, so that a changed migration makes a new one. */
async function templateCluster(): Promise<string> {
  const digest = createHash('sha256').update(`${process.getuid?.()} ${process.arch}`);
  for (const name of (await readdir(MIGRATIONS_FOLDER)).toSorted()) {
    digest.update(await readFile(join(MIGRATIONS_FOLDER, name, 'migration.sql')).catch(() => ''));
  }
  const template = join(CACHE, `postgres-${digest.digest('hex').slice(0, 16)}`);
  const found = await readFile(join(template, 'PG_VERSION')).catch(() => undefined);
  if (found !== undefined) return template;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  const server = await startEmbeddedPostgres(draft);
  const database = await openDatabase(server.url, { loginRoles: true });
  await database.stop();
  await server.stop();
  await rename(join(draft, 'postgres'), template).catch(() => {}); // another test file was first
  await rm(draft, { recursive: true, force: true });
  return template;
}
