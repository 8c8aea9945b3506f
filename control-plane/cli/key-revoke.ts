// Revokes an API key; every gateway refuses it within seconds.

import { type Command, UsageError } from './command.ts';
import { write } from './print.ts';

export const keyRevokeCommand: Command = {
  name: 'key revoke',
  usage: 'PREFIX',
  summary: 'Revoke an API key',
  details: 'PREFIX is im_ and 8 characters, as "intramuros key list" shows it.',
  positionals: { min: 1, max: 1 },
  options: {},
  async run({ io, positionals: [prefix = ''], product }) {
    if (!/^im_[A-Za-z0-9]{8}$/.test(prefix)) throw new UsageError('PREFIX', 'must be im_ and 8 characters');
    await (await product()).call('DELETE', `/api/v1/keys/${prefix}`);
    await write(io.stdout, `${prefix} revoked\n`);
    return 0;
  },
};
