// Changes role or tenant of an account, or disables it; what it has open is over.

import { ROLES } from '../admin/identity/roles.ts';
import { type Command, UsageError } from './command.ts';
import { write } from './print.ts';

export const accountSetCommand: Command = {
  name: 'account set',
  usage: 'NAME [--role ROLE] [--tenant NAME] [--disable|--enable]',
  summary: 'Change an account; its sessions and tokens are over',
  details: 'Role and tenant of people of a directory come from their groups: change those there.',
  positionals: { min: 1, max: 1 },
  options: {
    role: {
      type: 'string',
      value: ROLES.join('|'),
      help: 'What it may do. admin, officer and auditor have no tenant.',
    },
    tenant: { type: 'string', value: 'NAME', help: 'The one tenant that a developer or viewer sees.' },
    disable: { type: 'boolean', help: 'It can no longer sign in.' },
    enable: { type: 'boolean', help: 'It can again.' },
  },
  async run({ io, positionals: [name = ''], values, product }) {
    const [role, tenant] = [values.text('role'), values.text('tenant')];
    const [disable, enable] = [values.flag('disable'), values.flag('enable')];
    if (disable && enable) throw new UsageError('--disable', 'and --enable exclude each other');
    if (role === undefined && tenant === undefined && !disable && !enable) {
      throw new UsageError('--role', 'or another option must say what to change');
    }
    await (await product()).call('PUT', `/api/v1/accounts/${encodeURIComponent(name)}`, {
      ...(role === undefined ? {} : { role, tenant: tenant ?? null }),
      ...(tenant === undefined ? {} : { tenant }),
      ...(disable || enable ? { disabled: disable } : {}),
    });
    await write(io.stdout, `${name} changed\n`);
    return 0;
  },
};
