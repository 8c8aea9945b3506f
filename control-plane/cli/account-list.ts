// The accounts of the console, local ones and people of the company's directory.

import type { PresentedAccount } from '../admin/identity/account-routes.ts';
import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, formatTable, write } from './print.ts';

export const accountListCommand: Command = {
  name: 'account list',
  usage: '',
  summary: 'Show the accounts of the console',
  positionals: { min: 0, max: 0 },
  options: OUTPUT_OPTION,
  async run({ io, values, product }) {
    const format = readOutputFormat(values);
    const answer = await (await product()).call('GET', '/api/v1/accounts');
    const { accounts } = answer as { readonly accounts: readonly PresentedAccount[] };
    const rows = accounts.map(({ name, role, tenant, source, disabled, lastSignInAt }) => {
      return [name, role, tenant ?? '-', source, disabled ? 'disabled' : 'enabled', lastSignInAt ?? '-'];
    });
    const table = formatTable(['NAME', 'ROLE', 'TENANT', 'SOURCE', 'STATE', 'LAST SIGN-IN'], rows);
    await write(io.stdout, format === 'text' ? table : formatData({ accounts }, format));
    return 0;
  },
};
