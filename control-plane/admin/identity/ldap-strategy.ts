// Passport strategy for a directory that is asked with name and password. Imports passport and the files beside it.

import { callbackify } from 'node:util';
import type { Request } from 'express';
import passport from 'passport';
import type { Account } from './account-store.ts';
import type { DirectoryPerson, PasswordDirectory } from './directory-accounts.ts';

export type AdmitPerson = (person: DirectoryPerson) => Promise<Account>;

/** Passport works on objects that have this one as their prototype: it can have no `#private` members. */
export class LdapStrategy extends passport.Strategy {
  override readonly name = 'ldap';
  readonly check: (username: string, password: string) => Promise<Account | undefined>;

  constructor(directory: PasswordDirectory, admit: AdmitPerson) {
    super();
    this.check = async (username, password) => {
      const person = await directory.check(username, password);
      return person === undefined ? undefined : admit(person);
    };
  }

  override authenticate(request: Request): void {
    const { username, password } = request.body as { readonly username: string; readonly password: string };
    callbackify(this.check)(username, password, (error, account) => {
      if (error !== null) this.error(error);
      else if (account === undefined) this.fail(401);
      else this.success(account);
    });
  }
}
