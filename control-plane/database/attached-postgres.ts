// The way to the embedded PostgreSQL of a product that runs on the same data folder: for a further process of it, which
// neither starts nor stops the server. May import errors.ts and its own room.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../errors.ts';
import { socketUrl } from './embedded-postgres.ts';
import { folderHolder } from './folder-lock.ts';

/** Line of `postmaster.pid` with the folder of the socket (PostgreSQL, miscadmin.h: LOCK_FILE_LINE_SOCKET_DIR). */
const SOCKET_LINE = 4;

/** Its URL, for `openDatabase` with `loginRoles: true`. Throws `not_running` when nothing serves the folder. */
export async function attachEmbeddedPostgres(dataFolder: string): Promise<string> {
  const holder = await folderHolder(dataFolder).catch(() => undefined);
  const pidFile = await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const socketFolder = pidFile.split('\n')[SOCKET_LINE] ?? '';
  if (holder !== undefined && socketFolder.startsWith('/')) return socketUrl(socketFolder, 'intramuros');
  throw fail('not_running', {
    param: 'DATABASE_URL',
    detail: `A role of its own needs a database: DATABASE_URL is not set, and no product runs on the data folder ${dataFolder}.`,
    remedy: 'Set DATABASE_URL to the database that all roles share, or start "serve --role all" on this folder first.',
  });
}
