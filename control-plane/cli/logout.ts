// Ends what `login` began: the token is revoked where the product can be reached, and forgotten here in any case.

import type { Command } from './command.ts';
import { callOnce } from './find-product.ts';
import { readLogin, removeLogin } from './login-file.ts';
import { write } from './print.ts';

export const logoutCommand: Command = {
  name: 'logout',
  usage: '',
  summary: 'Revoke the token of "login" and forget it',
  positionals: { min: 0, max: 0 },
  options: {},
  async run({ io, loginFile }) {
    const login = await readLogin(loginFile());
    await removeLogin(loginFile());
    if (login === undefined) {
      await write(io.stdout, 'nobody was signed in\n');
      return 0;
    }
    await callOnce(login.address, 'DELETE', `/api/v1/tokens/${login.tokenId}`, { token: login.token });
    await write(io.stdout, `signed out at ${login.address}\n`);
    return 0;
  },
};
