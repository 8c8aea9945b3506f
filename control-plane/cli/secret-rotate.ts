// Makes a new version of a secret the current one, while everything runs.

import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, write } from './print.ts';

export const secretRotateCommand: Command = {
  name: 'secret rotate',
  usage: 'NAME',
  summary: 'Make a new version of a secret the current one',
  details: `
Nothing is interrupted: former versions stay accepted, and the log's old key signs its new one. The rotation is a record
of the audit log. docs/reference/secrets.md says of each secret what a rotation does; "secret list" shows the names.`,
  positionals: { min: 1, max: 1 },
  options: OUTPUT_OPTION,
  async run({ io, positionals: [name = ''], values, product }) {
    const format = readOutputFormat(values);
    const path = `/api/v1/secrets/${encodeURIComponent(name)}/rotate`;
    const next = (await (await product()).call('POST', path)) as { id: string; version: number };
    const line = `${name} has version ${next.version} (${next.id}) now; the versions before stay accepted\n`;
    await write(io.stdout, format === 'text' ? line : formatData(next, format));
    return 0;
  },
};
