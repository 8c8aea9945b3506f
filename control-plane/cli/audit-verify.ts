// Verifies an evidence bundle with a public key and nothing else: no product, no database, no network.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../errors.ts';
import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, write } from './print.ts';
import { readText } from './read-input.ts';

export const auditVerifyCommand: Command = {
  name: 'audit verify',
  usage: 'DIR --key FILE [--since CHECKPOINT] [--witness-key FILE]',
  summary: 'Verify an evidence bundle offline',
  details: `
FILE holds the verifier key of the log that you got from elsewhere; the log-key.pub in the bundle is a convenience copy.
CHECKPOINT is a checkpoint that you kept: the bundle must be a continuation of it. With the key of a witness, the bundle must
hold a checkpoint that the witness cosigned, and continue it. Exit code 1 names the first bad record.`,
  positionals: { min: 1, max: 1 },
  options: {
    key: { type: 'string', value: 'FILE', help: 'Verifier key of the log (C2SP, Ed25519).', required: true },
    since: { type: 'string', value: 'CHECKPOINT', help: 'File with a checkpoint seen earlier.' },
    'witness-key': { type: 'string', value: 'FILE', help: 'Verifier key of a witness: its cosignature is required.' },
    ...OUTPUT_OPTION,
  },
  async run({ io, positionals: [folder = ''], values, verifier }) {
    const format = readOutputFormat(values);
    const key = await readText(io, values.text('key') ?? '', '--key');
    const since = values.text('since');
    const earlier = since === undefined ? undefined : await readText(io, since, '--since');
    const witness = values.text('witness-key');
    const witnessKey = witness === undefined ? undefined : await readText(io, witness, '--witness-key');
    const path = resolve(io.cwd, folder);
    await refuseNoFolder(path, folder);
    const verify = await verifier();
    const result = await verify({
      folder: path,
      key,
      ...(earlier === undefined ? {} : { since: earlier }),
      ...(witnessKey === undefined ? {} : { witnessKey }),
    });
    const { ok, text, ...facts } = result;
    await write(io.stdout, format === 'text' ? text : formatData({ ok, ...facts }, format));
    return result.ok ? 0 : 1;
  },
};

/** A name that was mistyped is no log that lost its files. */
async function refuseNoFolder(path: string, given: string): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return;
  throw fail('invalid_field', {
    param: 'DIR',
    detail: `There is no folder ${given}.`,
    remedy: 'Name one that "intramuros audit export" wrote.',
  });
}
