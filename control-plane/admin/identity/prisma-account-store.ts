// Accounts in PostgreSQL. Whoever might take away the last admin waits in one line, so that two cannot each remove the
// other. Imports the database room and the port beside it.

import type { Database } from '../../database/database.ts';
import {
  ACCOUNT_SOURCES,
  type Account,
  type AccountChanges,
  type AccountResult,
  type AccountStore,
  demotes,
  isLastAdmin,
} from './account-store.ts';
import { isRole } from './roles.ts';

const ADMINS_LOCK = 72_707_401;

interface Row {
  readonly name: string;
  readonly role: string;
  readonly source: string;
  readonly passwordHash: string | null;
  readonly subject: string | null;
  readonly tenant: string | null;
  readonly mustChange: boolean;
  readonly disabledAt: Date | null;
  readonly createdAt: Date;
  readonly lastSignInAt: Date | null;
}

export function prismaAccountStore({ prisma }: Pick<Database, 'prisma'>): AccountStore {
  /** `data`: what to write, or null to remove the row. */
  async function guarded(name: string, data: ReturnType<typeof columnsOf> | null, ends: (account: Account) => boolean) {
    return prisma.$transaction(async (tx): Promise<AccountResult> => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ADMINS_LOCK}::bigint)`;
      const accounts = (await tx.account.findMany()).flatMap(toAccounts);
      const account = accounts.find((each) => each.name === name);
      if (account === undefined) return 'missing';
      if (ends(account) && isLastAdmin(accounts, name)) return 'lastAdmin';
      if (data === null) await tx.account.delete({ where: { name } });
      else await tx.account.update({ where: { name }, data });
      return 'done';
    });
  }

  return {
    async find(name) {
      const row = await prisma.account.findUnique({ where: { name } });
      return row === null ? undefined : toAccounts(row)[0];
    },
    async list() {
      return (await prisma.account.findMany({ orderBy: { name: 'asc' } })).flatMap(toAccounts);
    },
    async createIfAbsent({ name, source, createdAt, subject, ...rest }) {
      const data = { ...columnsOf(rest), name, role: rest.role, source, createdAt, subject: subject ?? null };
      const { count } = await prisma.account.createMany({ data, skipDuplicates: true });
      return count === 1;
    },
    change: (name, changes) => guarded(name, columnsOf(changes), (account) => demotes(account, changes)),
    remove: (name) => guarded(name, null, () => true),
  };
}

/** A role or source of a later version grants nothing in this one. */
function toAccounts(row: Row): Account[] {
  const { name, role, mustChange, createdAt } = row;
  const source = ACCOUNT_SOURCES.find((each) => each === row.source);
  if (!isRole(role) || source === undefined) return [];
  return [
    {
      ...{ name, role, source, mustChange, createdAt },
      passwordHash: row.passwordHash ?? undefined,
      subject: row.subject ?? undefined,
      tenant: row.tenant ?? undefined,
      disabled: row.disabledAt !== null,
      lastSignInAt: row.lastSignInAt ?? undefined,
    },
  ];
}

function columnsOf(changes: { readonly [name in keyof AccountChanges]: AccountChanges[name] | undefined }) {
  const { role, disabled, passwordHash, mustChange, lastSignInAt } = changes;
  return {
    ...(role === undefined ? {} : { role }),
    ...('tenant' in changes ? { tenant: changes.tenant ?? null } : {}),
    ...(disabled === undefined ? {} : { disabledAt: disabled ? new Date() : null }),
    ...(passwordHash === undefined ? {} : { passwordHash }),
    ...(mustChange === undefined ? {} : { mustChange }),
    ...(lastSignInAt === undefined ? {} : { lastSignInAt }),
  };
}
