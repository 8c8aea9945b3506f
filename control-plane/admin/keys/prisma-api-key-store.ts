// API keys in PostgreSQL. Each change is notified in its own transaction, so that gateways read it after it is there.
// Imports the database room, data classes and the port beside it.

import type { Database } from '../../database/database.ts';
import { isDataClass } from '../../policy/data-class.ts';
import type { ApiKeyStore } from './key-service.ts';

export function prismaApiKeyStore({ prisma }: Pick<Database, 'prisma'>): ApiKeyStore {
  const notify = () => prisma.$executeRaw`NOTIFY intramuros_key`;
  return {
    async insert({ hash, revokedAt: _never, ...row }) {
      await prisma.$transaction([prisma.apiKey.create({ data: { ...row, hash: Uint8Array.from(hash) } }), notify()]);
    },
    async list() {
      const rows = await prisma.apiKey.findMany({ omit: { hash: true }, orderBy: { createdAt: 'desc' } });
      return rows.map(({ dataClass, revokedAt, ...row }) => {
        // The strictest reading of a class that this version does not know.
        return {
          ...row,
          dataClass: isDataClass(dataClass) ? dataClass : 'restricted',
          revokedAt: revokedAt ?? undefined,
        };
      });
    },
    async revoke(prefix, at) {
      const [{ count }] = await prisma.$transaction([
        prisma.apiKey.updateMany({ where: { prefix, revokedAt: null }, data: { revokedAt: at } }),
        notify(),
      ]);
      return count > 0;
    },
  };
}
