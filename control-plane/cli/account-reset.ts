// Gives a local account a new first password and prints it, alone: the way back in for whoever forgot theirs.

import type { Command } from './command.ts';
import { write } from './print.ts';

export const accountResetCommand: Command = {
  name: 'account reset',
  usage: 'NAME',
  summary: 'Give a local account a new first password and print it, this once',
  positionals: { min: 1, max: 1 },
  options: {},
  async run({ io, positionals: [name = ''], product }) {
    const answer = await (await product()).call('POST', `/api/v1/accounts/${encodeURIComponent(name)}/password`);
    await write(io.stdout, `${(answer as { readonly password: string }).password}\n`);
    return 0;
  },
};
