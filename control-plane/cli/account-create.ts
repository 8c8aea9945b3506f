// Makes a local account and prints its first password, alone; it must be changed at the first sign-in.

import { ROLES } from '../admin/identity/roles.ts';
import type { Command } from './command.ts';
import { write } from './print.ts';

export const accountCreateCommand: Command = {
  name: 'account create',
  usage: 'NAME --role ROLE [--tenant NAME]',
  summary: 'Make a local account and print its first password, this once',
  positionals: { min: 1, max: 1 },
  options: {
    role: { type: 'string', value: ROLES.join('|'), help: 'What it may do.', required: true },
    tenant: { type: 'string', value: 'NAME', help: 'The one tenant that a developer or viewer sees.' },
  },
  async run({ io, positionals: [name], values, product }) {
    const tenant = values.text('tenant');
    const wanted = { name, role: values.text('role'), ...(tenant === undefined ? {} : { tenant }) };
    const made = await (await product()).call('POST', '/api/v1/accounts', wanted);
    await write(io.stdout, `${(made as { readonly password: string }).password}\n`);
    return 0;
  },
};
