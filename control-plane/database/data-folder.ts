// Makes the data folder, ours alone (0700), with the folders above it where they are missing.
// May import errors.ts.

import { access, constants, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail } from '../errors.ts';

/** Its real path. Throws `data_folder_unusable`. */
export async function makeDataFolder(dataFolder: string): Promise<string> {
  try {
    await makeFolder(dataFolder);
    await access(dataFolder, constants.W_OK | constants.X_OK);
    return await realpath(dataFolder);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    const { detail, remedy } = explain(dataFolder, reason);
    throw fail('data_folder_unusable', { param: 'INTRAMUROS_DATA', detail, remedy, cause });
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
      detail: `The data folder ${folder} cannot be made: the disk is full (${reason}).`,
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
