// Idempotency keys in PostgreSQL, so that every replica of the listener knows them. Imports the database room and the port
// beside it.

import type { Database } from '../../database/database.ts';
import type { IdempotencyRows } from './idempotency.ts';

export function prismaIdempotencyRows({ prisma }: Pick<Database, 'prisma'>): IdempotencyRows {
  return {
    async begin({ principal, key, fingerprint }) {
      const mine = await prisma.idempotencyKey.createMany({
        data: { principal, key, fingerprint: Uint8Array.from(fingerprint) },
        skipDuplicates: true,
      });
      if (mine.count === 1) return undefined;
      const row = await prisma.idempotencyKey.findUnique({ where: { principal_key: { principal, key } } });
      // Dropped between the two: whoever sends it again begins anew.
      if (row === null) return { fingerprint, done: undefined };
      const { status, answer, receipt } = row;
      const done = status === null ? undefined : { status, answer: answer ?? undefined, receipt: receipt ?? undefined };
      return { fingerprint: row.fingerprint, done };
    },
    async finish({ principal, key }, { status, answer, receipt }) {
      const data = { status, answer: answer ?? null, receipt: receipt ?? null };
      await prisma.idempotencyKey.updateMany({ where: { principal, key }, data });
    },
    async drop({ principal, key }) {
      await prisma.idempotencyKey.deleteMany({ where: { principal, key, status: null } });
    },
    async removeBefore(at) {
      await prisma.idempotencyKey.deleteMany({ where: { createdAt: { lt: at } } });
    },
  };
}
