// People of a company's directory as accounts of ours: written down at each sign-in with the role that their groups give
// now. When that changed, sessions and tokens of before are over. Imports errors and the files beside it.

import { fail } from '../../errors.ts';
import type { Account, AccountSource, AccountStore } from './account-store.ts';
import { type GroupRoles, roleOf } from './group-roles.ts';

export interface DirectoryPerson {
  /** What people type or see: `alice`. */
  readonly username: string;
  /** What the directory gives to nobody else: an entryUUID, or issuer and `sub`. */
  readonly subject: string;
  readonly groups: readonly string[];
}

/** A directory that is given the password: LDAP. */
export interface PasswordDirectory {
  /** Undefined for a wrong name or password. @throws AppError `identity_provider_unavailable`. */
  check(username: string, password: string): Promise<DirectoryPerson | undefined>;
}

export interface DirectoryAccounts {
  readonly accounts: AccountStore;
  readonly groupRoles: GroupRoles;
}

/** @throws AppError `sign_in_refused` with the reason. */
export async function admitPerson(
  { username, subject, groups }: DirectoryPerson,
  source: Exclude<AccountSource, 'local'>,
  { accounts, groupRoles }: DirectoryAccounts,
): Promise<Account> {
  if (!/^[\w.@+-]{1,128}$/.test(username)) throw refused('The directory gives a name that no account can have.');
  const name = `${source}:${username.toLowerCase()}`;
  const known = await accounts.find(name);
  if (known !== undefined && known.subject !== subject) {
    throw refused(
      'An account of this name belongs to another person of the directory.',
      'An admin removes the old one: "intramuros account delete".',
    );
  }
  if (known?.disabled === true) throw refused('The account is disabled.', 'An admin can enable it.');
  const given = roleOf(groups, groupRoles);
  if (given === undefined) {
    // What groups gave before is over at once, in every browser.
    if (known !== undefined) await accounts.remove(name);
    throw refused('No group of the person gives a role here.', 'INTRAMUROS_GROUPS_FILE says which groups do.');
  }
  const now = new Date();
  if (known !== undefined) {
    await accounts.change(name, { ...given, lastSignInAt: now });
    return { ...known, ...given, lastSignInAt: now };
  }
  const account: Account = {
    ...{ name, source, subject, ...given, createdAt: now, lastSignInAt: now },
    ...{ passwordHash: undefined, mustChange: false, disabled: false },
  };
  if (await accounts.createIfAbsent(account)) return account;
  throw refused('The account was made by another sign-in just now.', 'Sign in again.');
}

export function refused(detail: string, remedy?: string, cause?: unknown) {
  return fail('sign_in_refused', { detail, ...(remedy === undefined ? {} : { remedy }), cause });
}
