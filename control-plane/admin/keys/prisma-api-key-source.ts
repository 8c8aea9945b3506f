// The valid API keys as gateways read them from PostgreSQL, and their changes. Imports the database room, data classes
// and the type of the gateway's port.

import type { Database } from '../../database/database.ts';
import type { ApiKeySource } from '../../gateway/api-keys.ts';
import { isDataClass } from '../../policy/data-class.ts';

export function prismaApiKeySource({ prisma, listen }: Pick<Database, 'prisma' | 'listen'>): ApiKeySource {
  return {
    async list() {
      const rows = await prisma.apiKey.findMany({
        where: { revokedAt: null },
        select: { id: true, name: true, tenant: true, dataClass: true, prefix: true, hash: true },
      });
      // The strictest reading of a class that this version does not know.
      return rows.map((row) => ({ ...row, dataClass: isDataClass(row.dataClass) ? row.dataClass : 'restricted' }));
    },
    async rehash(id, from, to) {
      const where = { id, hash: Uint8Array.from(from) };
      const data = { hash: Uint8Array.from(to) };
      await prisma.$transaction([prisma.apiKey.updateMany({ where, data }), prisma.$executeRaw`NOTIFY intramuros_key`]);
    },
    onChange(callback, signal) {
      void listen('intramuros_key', callback, signal);
    },
  };
}
