// API keys in PostgreSQL. Each change is notified in its own transaction, so that gateways read it after it is there.
// Imports the database room, data classes and the port beside it.

import type { Database } from '../../database/database.ts';
import type { ApiKeyModel } from '../../database/generated/models/ApiKey.ts';
import { isDataClass } from '../../policy/data-class.ts';
import type { ApiKeyRow, ApiKeyStore } from './key-service.ts';

type Stored = Omit<ApiKeyModel, 'hash'>;

export function prismaApiKeyStore({ prisma }: Pick<Database, 'prisma'>): ApiKeyStore {
  const notify = () => prisma.$executeRaw`NOTIFY intramuros_key`;
  return {
    async insert(row) {
      await prisma.$transaction([prisma.apiKey.create({ data: write(row) }), notify()]);
    },
    async list({ tenant, before, limit }) {
      const rows = await prisma.apiKey.findMany({
        omit: { hash: true },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit,
        ...(tenant === undefined ? {} : { where: { tenant } }),
        ...(before === undefined ? {} : { cursor: { prefix: before }, skip: 1 }),
      });
      return rows.map(read);
    },
    async find(prefix) {
      const row = await prisma.apiKey.findUnique({ where: { prefix }, omit: { hash: true } });
      return row === null ? undefined : read(row);
    },
    async revoke(prefix, at) {
      const [{ count }] = await prisma.$transaction([
        prisma.apiKey.updateMany({ where: { prefix, revokedAt: null }, data: { revokedAt: at } }),
        notify(),
      ]);
      return count > 0;
    },
    replace: ({ prefix, expiresAt }, next) =>
      prisma.$transaction(async (tx) => {
        const { count } = await tx.apiKey.updateMany({
          where: { prefix, revokedAt: null, replacedBy: null },
          data: { expiresAt, replacedBy: next.prefix },
        });
        if (count === 0) return false;
        await tx.apiKey.create({ data: write(next) });
        await tx.$executeRaw`NOTIFY intramuros_key`;
        return true;
      }),
  };
}

/** What may be missing, as the database says it. */
function write(row: ApiKeyRow & { readonly hash: Uint8Array }) {
  return {
    ...row,
    models: [...row.models],
    hash: Uint8Array.from(row.hash),
    expiresAt: row.expiresAt ?? null,
    revokedAt: row.revokedAt ?? null,
    lastUsedAt: row.lastUsedAt ?? null,
    replacedBy: row.replacedBy ?? null,
    requestsPerMinute: row.requestsPerMinute ?? null,
    tokensPerMinute: row.tokensPerMinute ?? null,
  };
}

function read(row: Stored): ApiKeyRow {
  return {
    ...row,
    // The strictest reading of a class that this version does not know.
    dataClass: isDataClass(row.dataClass) ? row.dataClass : 'restricted',
    expiresAt: row.expiresAt ?? undefined,
    revokedAt: row.revokedAt ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
    replacedBy: row.replacedBy ?? undefined,
    requestsPerMinute: row.requestsPerMinute ?? undefined,
    tokensPerMinute: row.tokensPerMinute ?? undefined,
  };
}
