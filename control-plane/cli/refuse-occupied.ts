// A folder to be made must not hold anything yet.

import { readdir } from 'node:fs/promises';
import { fail } from '../errors.ts';

/** Throws `invalid_field` naming `param` unless the folder is absent or empty; `because` ends a sentence. */
export async function refuseOccupied(target: string, param: string, because: string): Promise<void> {
  const entries = await readdir(target).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    const detail =
      cause.code === 'ENOTDIR' ? 'It is a file.' : `It cannot be read (${cause.code ?? 'unknown reason'}).`;
    throw fail('invalid_field', { param, detail, remedy: 'Name a folder that does not exist yet.', cause });
  });
  if (entries.length === 0) return;
  throw fail('invalid_field', {
    param,
    detail: `The folder is not empty, and ${because}.`,
    remedy: 'Name a folder that does not exist yet.',
  });
}
