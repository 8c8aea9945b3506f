// Accounts in PostgreSQL. Imports the database room and the port beside it.

import type { Database } from '../../database/database.ts';
import type { AccountStore } from './account-store.ts';
import { isRole } from './roles.ts';

export function prismaAccountStore({ prisma }: Pick<Database, 'prisma'>): AccountStore {
  return {
    async find(name) {
      const row = await prisma.account.findUnique({ where: { name } });
      // A role of a later version grants nothing in this one.
      return row === null || !isRole(row.role)
        ? undefined
        : { name: row.name, role: row.role, passwordHash: row.passwordHash };
    },
    async createIfAbsent({ name, role, passwordHash }) {
      const { count } = await prisma.account.createMany({ data: { name, role, passwordHash }, skipDuplicates: true });
      return count === 1;
    },
    async replacePassword(name, passwordHash) {
      await prisma.account.update({ where: { name }, data: { passwordHash, mustChange: false } });
    },
  };
}
