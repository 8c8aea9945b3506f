// Whether the llama-server that the configuration names can be run at all: told at the start, rather than by a model
// that never comes up. Imports errors.

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../errors.ts';

/** @throws AppError `invalid_configuration` */
export async function assertLlamaServer(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const file = resolve(path);
  const entry = await stat(file).catch(() => undefined);
  if (entry === undefined) throw unusable('There is no such file.');
  if (!entry.isFile()) throw unusable('It is not a file.');
  await access(file, constants.X_OK).catch(() => {
    throw unusable('The file is not executable for this user.');
  });
}

function unusable(detail: string) {
  return fail('invalid_configuration', {
    param: 'INTRAMUROS_LLAMA_SERVER',
    detail,
    remedy: 'Give the path of an executable llama-server, or unset the variable for the bundled engine.',
  });
}
