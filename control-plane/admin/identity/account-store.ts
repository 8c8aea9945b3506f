// Where accounts live: the port that the rest of `identity/` asks, and a fake of it. Only local accounts; a directory
// brings its own. Imports roles only.

import type { Role } from './roles.ts';

export interface Account {
  readonly name: string;
  readonly role: Role;
  /** PHC string, see `password.ts`. */
  readonly passwordHash: string;
}

export interface AccountStore {
  find(name: string): Promise<Account | undefined>;
  /** True when this call created it: of two processes that start at once, one prints the first password. */
  createIfAbsent(account: Account): Promise<boolean>;
  replacePassword(name: string, passwordHash: string): Promise<void>;
}

export function memoryAccountStore(): AccountStore {
  const accounts = new Map<string, Account>();
  return {
    find: async (name) => accounts.get(name),
    createIfAbsent: async (account) => {
      if (accounts.has(account.name)) return false;
      accounts.set(account.name, account);
      return true;
    },
    replacePassword: async (name, passwordHash) => {
      const account = accounts.get(name);
      if (account !== undefined) accounts.set(name, { ...account, passwordHash });
    },
  };
}
