// Bearer tokens in PostgreSQL. Imports the database room and the port beside it.

import type { Database } from '../../database/database.ts';
import type { TokenStore } from './access-tokens.ts';

export function prismaTokenStore({ prisma }: Pick<Database, 'prisma'>): TokenStore {
  return {
    async insert({ hash, lastUsedAt: _never, ...row }) {
      await prisma.accessToken.create({ data: { ...row, hash: Uint8Array.from(hash) } });
    },
    async find(hash) {
      const row = await prisma.accessToken.findUnique({ where: { hash: Uint8Array.from(hash) }, omit: { hash: true } });
      return row === null ? undefined : { ...row, lastUsedAt: row.lastUsedAt ?? undefined };
    },
    async list(account) {
      const rows = await prisma.accessToken.findMany({
        where: { account },
        omit: { hash: true, mark: true },
        orderBy: { createdAt: 'desc' },
      });
      return rows.map((row) => ({ ...row, lastUsedAt: row.lastUsedAt ?? undefined }));
    },
    async remove(account, id) {
      const { count } = await prisma.accessToken.deleteMany({ where: { account, id } });
      return count > 0;
    },
    async used(id, at) {
      await prisma.accessToken.updateMany({ where: { id }, data: { lastUsedAt: at } });
    },
    async removeExpired(now) {
      await prisma.accessToken.deleteMany({ where: { expiresAt: { lte: now } } });
    },
  };
}
