// Removes an account with its tokens; the last local admin stays.

import type { Command } from './command.ts';
import { write } from './print.ts';

export const accountDeleteCommand: Command = {
  name: 'account delete',
  usage: 'NAME',
  summary: 'Remove an account; the last local admin stays',
  positionals: { min: 1, max: 1 },
  options: {},
  async run({ io, positionals: [name = ''], product }) {
    await (await product()).call('DELETE', `/api/v1/accounts/${encodeURIComponent(name)}`);
    await write(io.stdout, `${name} deleted\n`);
    return 0;
  },
};
