// API keys in memory, for tests of what stands on the store. Imports the port beside it.

import type { ApiKeyRow, ApiKeyStore } from './key-service.ts';

export function memoryApiKeyStore(): ApiKeyStore {
  const rows: (ApiKeyRow & { readonly hash: Uint8Array })[] = [];
  const valid = (prefix: string) =>
    rows.findIndex((row) => row.prefix === prefix && row.revokedAt === undefined && row.replacedBy === undefined);
  const bare = ({ hash: _hash, ...row }: ApiKeyRow & { readonly hash: Uint8Array }) => row;
  return {
    insert: async (row) => void rows.unshift(row),
    async list({ tenant, before, limit }) {
      const from = before === undefined ? 0 : rows.findIndex(({ prefix }) => prefix === before) + 1;
      const own = rows.slice(from).filter((row) => tenant === undefined || row.tenant === tenant);
      return own.slice(0, limit).map(bare);
    },
    async find(prefix) {
      const row = rows.find((each) => each.prefix === prefix);
      return row === undefined ? undefined : bare(row);
    },
    async revoke(prefix, at) {
      const index = rows.findIndex((row) => row.prefix === prefix && row.revokedAt === undefined);
      const row = rows[index];
      if (row === undefined) return false;
      rows[index] = { ...row, revokedAt: at };
      return true;
    },
    async replace({ prefix, expiresAt }, next) {
      const index = valid(prefix);
      const row = rows[index];
      if (row === undefined) return false;
      rows[index] = { ...row, expiresAt, replacedBy: next.prefix };
      rows.unshift(next);
      return true;
    },
  };
}
