// Passport strategy for a directory that is asked with name and password. Imports passport and the files beside it.

import type { Request } from 'express';
import passport from 'passport';
import type { Account } from './account-store.ts';
import type { DirectoryPerson, PasswordDirectory } from './directory-accounts.ts';

export type AdmitPerson = (person: DirectoryPerson) => Promise<Account>;

export class LdapStrategy extends passport.Strategy {
  override readonly name = 'ldap';
  readonly #directory: PasswordDirectory;
  readonly #admit: AdmitPerson;

  constructor(directory: PasswordDirectory, admit: AdmitPerson) {
    super();
    this.#directory = directory;
    this.#admit = admit;
  }

  override authenticate(request: Request): void {
    const { username, password } = request.body as { readonly username: string; readonly password: string };
    this.#check(username, password).catch((error: unknown) => this.error(error));
  }

  async #check(username: string, password: string): Promise<void> {
    const person = await this.#directory.check(username, password);
    if (person === undefined) this.fail(401);
    else this.success(await this.#admit(person));
  }
}
