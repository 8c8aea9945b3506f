// Web sessions in PostgreSQL, so that any replica of the listener knows them. Imports the database room and the port
// beside it.

import type { Database } from '../../database/database.ts';
import type { WebSessionRows } from './web-session-store.ts';

export function prismaWebSessionRows({ prisma }: Pick<Database, 'prisma'>): WebSessionRows {
  return {
    async find(sid, now) {
      const row = await prisma.webSession.findFirst({ where: { sid, expiresAt: { gt: now } } });
      return row?.data;
    },
    async save(sid, data, expiresAt) {
      await prisma.webSession.upsert({ where: { sid }, create: { sid, data, expiresAt }, update: { data, expiresAt } });
    },
    async extend(sid, expiresAt) {
      await prisma.webSession.updateMany({ where: { sid }, data: { expiresAt } });
    },
    async remove(sid) {
      await prisma.webSession.deleteMany({ where: { sid } });
    },
    async removeExpired(now) {
      await prisma.webSession.deleteMany({ where: { expiresAt: { lte: now } } });
    },
  };
}
