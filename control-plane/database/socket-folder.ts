// Where PostgreSQL puts its Unix socket. The path of a socket holds 107 bytes at most, so a deep data folder gets a
// private folder under the temporary directory instead. May import errors.ts.

import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOCKET_PATH_BYTES = 107;
/** PostgreSQL also makes a lock file beside the socket, but only the socket's own path is limited. */
const SOCKET_NAME = '.s.PGSQL.5432';

export interface SocketFolder {
  readonly path: string;
  /** It lies outside the data folder and goes when the server stops. */
  readonly temporary: boolean;
}

export async function makeSocketFolder(dataFolder: string, temporaryFolder = tmpdir()): Promise<SocketFolder> {
  const inside = join(dataFolder, 'socket');
  if (fits(inside)) {
    await mkdir(inside, { recursive: true, mode: 0o700 });
    await chmod(inside, 0o700);
    return { path: inside, temporary: false };
  }
  // The name is fixed by the data folder, so that a folder left by a killed process is used again, not left behind.
  const digest = createHash('sha256').update(dataFolder).digest('hex').slice(0, 12);
  const base = fits(join(temporaryFolder, `intramuros-${digest}-xxxxxx`)) ? temporaryFolder : '/tmp';
  const outside = join(base, `intramuros-${digest}`);
  await mkdir(outside, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  // Anybody may have made that name in a shared directory: it is used only if it is ours alone.
  if (await isPrivate(outside)) return { path: outside, temporary: true };
  return { path: await mkdtemp(`${outside}-`), temporary: true };
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, SOCKET_NAME)) <= SOCKET_PATH_BYTES;
}

async function isPrivate(folder: string): Promise<boolean> {
  const stat = await lstat(folder);
  return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
}
