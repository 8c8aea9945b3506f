// Makes the data folder, ours alone (0700), with the folders above it where they are missing.
// May import errors.ts.

import { access, constants, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '../errors.ts';

/** Its real path. Throws `data_folder_unusable`. */
export async function makeDataFolder(dataFolder: string): Promise<string> {
  try {
    await makeFolder(dataFolder);
    await access(dataFolder, constants.W_OK | constants.X_OK);
    await tryWriting(dataFolder);
    return await realpath(dataFolder);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw unwritable(dataFolder, reason, cause);
  }
}

/** The error for a folder that the system does not let us write, by its reason (`EROFS`, `ENOSPC`, ...). */
export function unwritable(folder: string, reason: string, cause: unknown) {
  return fail('data_folder_unusable', { param: 'INTRAMUROS_DATA', ...explain(folder, reason), cause });
}

/** Rights may allow what the disk does not: it may be full, or read-only since an error. */
async function tryWriting(folder: string): Promise<void> {
  const path = join(folder, `.writable-${process.pid}`);
  try {
    await writeFile(path, Buffer.alloc(4_096), { flag: 'wx', mode: 0o600 });
  } finally {
    await rm(path, { force: true });
  }
}

function explain(folder: string, reason: string): { detail: string; remedy: string } {
  if (reason === 'EROFS') {
    return {
      detail: `The data folder ${folder} is read-only (${reason}).`,
      remedy: 'Mount its file system for writing, or name another folder in INTRAMUROS_DATA.',
    };
  }
  if (reason === 'ENOSPC' || reason === 'EDQUOT') {
    return {
      detail: `The disk of the data folder ${folder} is full (${reason}).`,
      remedy: 'Make room, or name a folder on another disk in INTRAMUROS_DATA.',
    };
  }
  return {
    detail: `The data folder ${folder} cannot be made, entered or written (${reason}).`,
    remedy: 'Name a folder that you may write in INTRAMUROS_DATA.',
  };
}

// Not `recursive: true`: where a folder exists and takes no new one (/proc answers ENOENT), Node tries for ever.
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(path, { mode: 0o700 });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
