// Where accounts live: the port that the rest of `identity/` asks, and a fake of it. A local account has a password; one
// of a company's directory is written down at each sign-in, with the role that its groups give. Imports roles only.

import { createHash } from 'node:crypto';
import type { Principal, Role } from './roles.ts';

export const ACCOUNT_SOURCES = ['local', 'oidc', 'ldap'] as const;
export type AccountSource = (typeof ACCOUNT_SOURCES)[number];

export interface Account {
  /** Local: a word. Of a directory: `oidc:alice`, so that it can never be taken for a local one. */
  readonly name: string;
  readonly role: Role;
  readonly source: AccountSource;
  /** PHC string, see `password.ts`; undefined for an account of a directory. */
  readonly passwordHash: string | undefined;
  /** The directory's own name for the person, which it gives to nobody else. */
  readonly subject: string | undefined;
  /** The one tenant that it sees; undefined: all of them. */
  readonly tenant: string | undefined;
  /** Its password was given to it by somebody else. */
  readonly mustChange: boolean;
  readonly disabled: boolean;
  readonly createdAt: Date;
  readonly lastSignInAt: Date | undefined;
}

export interface AccountChanges {
  readonly role?: Role;
  readonly tenant?: string | undefined;
  readonly disabled?: boolean;
  readonly passwordHash?: string;
  readonly mustChange?: boolean;
  readonly lastSignInAt?: Date;
}

/** `lastAdmin`: nothing was done, because without it no local account that is enabled would be admin. */
export type AccountResult = 'done' | 'missing' | 'lastAdmin';

export interface AccountStore {
  find(name: string): Promise<Account | undefined>;
  /** By name. */
  list(): Promise<readonly Account[]>;
  /** True when this call created it: of two processes that start at once, one prints the first password. */
  createIfAbsent(account: Account): Promise<boolean>;
  change(name: string, changes: AccountChanges): Promise<AccountResult>;
  remove(name: string): Promise<AccountResult>;
}

/** Sessions and tokens hold it: when role, tenant or password change, or the account is disabled, they are over. */
export function markOf({ role, tenant = '', passwordHash = '', disabled, subject = '' }: Account): string {
  const state = JSON.stringify([role, tenant, passwordHash, disabled, subject]);
  return createHash('sha256').update(state).digest('base64url').slice(0, 22);
}

export function toPrincipal({ name, role, tenant, mustChange }: Account, by: Principal['by']): Principal {
  return { kind: 'account', name, role, tenant, by, mustChangePassword: mustChange };
}

export function isLastAdmin(accounts: Iterable<Account>, name: string): boolean {
  const admins = [...accounts].filter((account) => account.source === 'local' && isAdmin(account));
  return admins.length === 1 && admins[0]?.name === name;
}

function isAdmin({ role, disabled }: Pick<Account, 'role' | 'disabled'>): boolean {
  return role === 'admin' && !disabled;
}

/** Whether the account would be no admin afterwards. */
export function demotes(account: Account, changes: AccountChanges): boolean {
  return isAdmin(account) && !isAdmin({ ...account, ...changes });
}

export function memoryAccountStore(): AccountStore {
  const accounts = new Map<string, Account>();
  return {
    find: async (name) => accounts.get(name),
    list: async () => [...accounts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    createIfAbsent: async (account) => {
      if (accounts.has(account.name)) return false;
      accounts.set(account.name, account);
      return true;
    },
    change: async (name, changes) => {
      const account = accounts.get(name);
      if (account === undefined) return 'missing';
      if (demotes(account, changes) && isLastAdmin(accounts.values(), name)) return 'lastAdmin';
      accounts.set(name, { ...account, ...changes });
      return 'done';
    },
    remove: async (name) => {
      if (isLastAdmin(accounts.values(), name)) return 'lastAdmin';
      return accounts.delete(name) ? 'done' : 'missing';
    },
  };
}
