// The valid API keys as gateways read them from PostgreSQL, and their changes. Imports the database room, data classes
// and the type of the gateway's port.

import type { Database } from '../../database/database.ts';
import type { ApiKeySource } from '../../gateway/api-keys.ts';
import { isDataClass } from '../../policy/data-class.ts';

export function prismaApiKeySource({ prisma, listen }: Pick<Database, 'prisma' | 'listen'>): ApiKeySource {
  return {
    async list() {
      const rows = await prisma.apiKey.findMany({
        where: { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] },
        select: {
          ...{ id: true, name: true, tenant: true, dataClass: true, prefix: true, hash: true },
          ...{ expiresAt: true, models: true, requestsPerMinute: true, tokensPerMinute: true },
        },
      });
      return rows.map(({ expiresAt, requestsPerMinute, tokensPerMinute, ...row }) => ({
        ...row,
        // The strictest reading of a class that this version does not know.
        dataClass: isDataClass(row.dataClass) ? row.dataClass : 'restricted',
        expiresAtMs: expiresAt?.getTime(),
        limits: {
          requestsPerMinute: requestsPerMinute ?? undefined,
          tokensPerMinute: tokensPerMinute ?? undefined,
        },
      }));
    },
    async noteUse(used) {
      const ids = [...used.keys()];
      const times = ids.map((id) => used.get(id));
      await prisma.$executeRaw`
        UPDATE api_key SET last_used_at = greatest(last_used_at, used.at)
        FROM unnest(${ids}::uuid[], ${times}::timestamptz[]) AS used(id, at) WHERE api_key.id = used.id`;
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
