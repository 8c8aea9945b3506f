// The witness of the configuration, with its key read. Imports the audit room's format and errors.

import { readFile } from 'node:fs/promises';
import { parseWitnessKey } from '../audit/format/cosignature.ts';
import { FormatError } from '../audit/format/format-error.ts';
import type { WitnessPlace } from '../audit/witnessing.ts';
import type { Config } from '../config.ts';
import { fail } from '../errors.ts';

/** @throws AppError `invalid_configuration`. */
export async function readWitness({ url, keyFile }: NonNullable<Config['witness']>): Promise<WitnessPlace> {
  try {
    return { url, key: parseWitnessKey(await readFile(keyFile, 'utf8')) };
  } catch (cause) {
    const why = cause instanceof FormatError ? cause.message : 'it cannot be read';
    throw fail('invalid_configuration', {
      param: 'INTRAMUROS_WITNESS_KEY',
      detail: `INTRAMUROS_WITNESS_KEY: the file holds no key of a witness: ${why}.`,
      remedy: 'Give the path of the witness-key.pub of that witness.',
      cause,
    });
  }
}
