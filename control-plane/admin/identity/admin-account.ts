// The first account. It exists from the first start on, with the password of the configuration, or with one that is
// made here and told once. Imports errors, the account store and the audit port.

import type { AdminAudit } from '../admin-audit.ts';
import { openRecord } from '../records/open-record.ts';
import type { AccountStore } from './account-store.ts';
import { hashPassword, makePassword, verifyPassword } from './password.ts';

export const ADMIN_ACCOUNT = 'admin';

export interface AdminAccountDependencies {
  readonly accounts: AccountStore;
  readonly audit: AdminAudit;
  /** Password from the configuration; it holds from this start on, whatever held before. */
  readonly adminPassword: string | undefined;
}

const SYSTEM = { kind: 'system', name: 'start' } as const;

/** `createdPassword` is there once, at the very first start without a configured password: print it. */
export async function ensureAdminAccount(
  dependencies: AdminAccountDependencies,
): Promise<{ createdPassword?: string }> {
  const { accounts, adminPassword, audit } = dependencies;
  const existing = await accounts.find(ADMIN_ACCOUNT);
  if (existing !== undefined) {
    if (adminPassword === undefined || (await verifyPassword(adminPassword, existing.passwordHash ?? ''))) return {};
    const record = await openRecord(audit, recordOf('account.password'));
    await accounts.change(ADMIN_ACCOUNT, { passwordHash: await hashPassword(adminPassword), mustChange: false });
    record.done();
    return {};
  }
  const password = adminPassword ?? makePassword();
  const record = await openRecord(audit, recordOf('account.create'));
  const created = await accounts.createIfAbsent({
    ...{ name: ADMIN_ACCOUNT, role: 'admin', source: 'local', passwordHash: await hashPassword(password) },
    // A password that was printed stood on a terminal: it opens the choice of the next one.
    ...{ mustChange: adminPassword === undefined, disabled: false, createdAt: new Date() },
    ...{ subject: undefined, tenant: undefined, lastSignInAt: undefined },
  });
  record.done();
  return created && adminPassword === undefined ? { createdPassword: password } : {};
}

function recordOf(action: string) {
  return {
    kind: 'change',
    action,
    principal: SYSTEM,
    facts: { object: { kind: 'Account', name: ADMIN_ACCOUNT } },
  } as const;
}
