// Accounts as an admin keeps them: made with a first password that is told once, changed, disabled, removed. What a
// directory decides (role, tenant, password) is changed there. Imports errors and the files beside it.

import { fail } from '../../errors.ts';
import type { Account, AccountChanges, AccountResult, AccountStore } from './account-store.ts';
import { hashPassword, makePassword, verifyPassword } from './password.ts';
import { type Role, TENANT_ROLES } from './roles.ts';

const LEAST_LENGTH = 12;

export interface WantedAccount {
  readonly name: string;
  readonly role: Role;
  readonly tenant?: string | undefined;
}

export interface AccountService {
  list(): Promise<readonly Account[]>;
  /** The password stands in this answer and nowhere else; it must be changed at the first sign-in. */
  create(wanted: WantedAccount): Promise<{ readonly account: Account; readonly password: string }>;
  change(name: string, changes: Pick<AccountChanges, 'role' | 'tenant' | 'disabled'>): Promise<Account>;
  /** A new first password; sessions and tokens of the account are over. */
  resetPassword(name: string): Promise<string>;
  remove(name: string): Promise<void>;
  /** The choice of the account itself. */
  choosePassword(name: string, choice: { readonly current: string; readonly next: string }): Promise<void>;
}

export function createAccountService(accounts: AccountStore): AccountService {
  async function find(name: string): Promise<Account> {
    const account = await accounts.find(name);
    if (account === undefined) throw missing();
    return account;
  }
  async function replacePassword(name: string, password: string, mustChange: boolean): Promise<void> {
    settle(await accounts.change(name, { passwordHash: await hashPassword(password), mustChange }));
  }
  return {
    list: () => accounts.list(),
    async create({ name, role, tenant }) {
      refuseTenantMismatch(role, tenant);
      const password = makePassword();
      const account: Account = {
        ...{ name, role, tenant, source: 'local', passwordHash: await hashPassword(password) },
        ...{ mustChange: true, disabled: false, createdAt: new Date(), subject: undefined, lastSignInAt: undefined },
      };
      if (await accounts.createIfAbsent(account)) return { account, password };
      throw fail('conflict', {
        param: 'name',
        detail: 'There is an account of this name already.',
        remedy: 'Choose another, or change that one.',
      });
    },
    async change(name, changes) {
      const account = await find(name);
      const touchesRole = changes.role !== undefined || 'tenant' in changes;
      if (touchesRole && account.source !== 'local') throw decidedElsewhere('role');
      const { role, tenant } = { ...account, ...changes };
      if (touchesRole) refuseTenantMismatch(role, tenant);
      settle(await accounts.change(name, changes));
      return find(name);
    },
    async resetPassword(name) {
      if ((await find(name)).source !== 'local') throw decidedElsewhere('password');
      const password = makePassword();
      await replacePassword(name, password, true);
      return password;
    },
    async remove(name) {
      settle(await accounts.remove(name));
    },
    async choosePassword(name, { current, next }) {
      const { passwordHash } = await find(name);
      if (passwordHash === undefined) throw decidedElsewhere('password');
      if (!(await verifyPassword(current, passwordHash))) {
        throw fail('wrong_credentials', { param: 'current', detail: 'The present password is wrong.' });
      }
      refuseWeak(name, current, next);
      await replacePassword(name, next, false);
    },
  };
}

function refuseWeak(name: string, current: string, next: string): void {
  const why =
    next.length < LEAST_LENGTH
      ? `The new password has fewer than ${LEAST_LENGTH} characters.`
      : next.toLowerCase().includes(name.toLowerCase())
        ? 'The new password holds the name of the account.'
        : new Set(next).size < 5
          ? 'The new password repeats a few characters.'
          : next === current
            ? 'The new password is the present one.'
            : undefined;
  if (why === undefined) return;
  throw fail('invalid_field', {
    param: 'next',
    detail: why,
    remedy: `Choose ${LEAST_LENGTH} characters or more; several words will do.`,
  });
}

function refuseTenantMismatch(role: Role, tenant: string | undefined): void {
  if (TENANT_ROLES.has(role) === (tenant !== undefined)) return;
  throw fail('invalid_field', {
    param: 'tenant',
    detail: tenant === undefined ? `A ${role} belongs to a tenant.` : `The role ${role} is of every tenant.`,
    remedy: tenant === undefined ? 'Name the tenant.' : 'Leave the tenant out.',
  });
}

function settle(result: AccountResult): void {
  if (result === 'done') return;
  if (result === 'missing') throw missing();
  throw fail('last_admin', {
    param: 'name',
    detail: 'It is the last local account that is an admin: nobody could open the console when the directory is away.',
    remedy: 'Make another local admin first.',
  });
}

function missing() {
  return fail('not_found', {
    param: 'name',
    detail: 'There is no account of this name.',
    remedy: '"intramuros account list" shows the accounts.',
  });
}

function decidedElsewhere(what: string) {
  return fail('conflict', {
    param: 'name',
    detail: `The company's directory decides the ${what} of this account.`,
    remedy: 'Change its groups or its password there; here it can be disabled or removed.',
  });
}
