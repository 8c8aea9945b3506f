// API keys as the console and the CLI see them: made once and shown once, listed by prefix, revoked. Gateways hear of
// each change from the database. Imports the gateway's key format, data classes and errors.

import { randomUUID } from 'node:crypto';
import { fail } from '../../errors.ts';
import { makeApiKey } from '../../gateway/api-keys.ts';
import type { DataClass } from '../../policy/data-class.ts';

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly dataClass: DataClass;
  /** `im_` and 8 characters: enough to tell keys apart, useless to call with. */
  readonly prefix: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly revokedAt: Date | undefined;
}

export interface ApiKeyStore {
  insert(row: ApiKeyRow & { readonly hash: Uint8Array }): Promise<void>;
  /** Newest first. */
  list(): Promise<readonly ApiKeyRow[]>;
  /** False when no valid key has the prefix. */
  revoke(prefix: string, at: Date): Promise<boolean>;
}

export interface NewKey {
  readonly name: string;
  readonly tenant: string;
  readonly dataClass: DataClass;
  readonly createdBy: string;
}

export interface KeyService {
  /** The key's text stands in this answer and nowhere else. */
  create(wanted: NewKey): Promise<{ readonly key: string; readonly row: ApiKeyRow }>;
  list(): Promise<readonly ApiKeyRow[]>;
  revoke(prefix: string): Promise<void>;
}

export interface KeyServiceDependencies {
  readonly keys: ApiKeyStore;
  /** A function where it may be rotated: the current one. */
  readonly pepper: Uint8Array | (() => Uint8Array);
}

export function createKeyService({ keys, pepper }: KeyServiceDependencies): KeyService {
  return {
    async create(wanted) {
      const { text, prefix, hash } = makeApiKey(typeof pepper === 'function' ? pepper() : pepper);
      const row = { ...wanted, id: randomUUID(), prefix, createdAt: new Date(), revokedAt: undefined };
      await keys.insert({ ...row, hash });
      return { key: text, row };
    },
    list: () => keys.list(),
    async revoke(prefix) {
      if (await keys.revoke(prefix, new Date())) return;
      throw fail('not_found', {
        param: 'prefix',
        detail: 'No valid key begins with this prefix.',
        remedy: '"intramuros key list" shows the prefixes.',
      });
    },
  };
}

export function memoryApiKeyStore(): ApiKeyStore {
  const rows: (ApiKeyRow & { readonly hash: Uint8Array })[] = [];
  return {
    insert: async (row) => void rows.unshift(row),
    list: async () => rows.map(({ hash: _hash, ...row }) => row),
    revoke: async (prefix, at) => {
      const index = rows.findIndex((row) => row.prefix === prefix && row.revokedAt === undefined);
      const row = rows[index];
      if (row === undefined) return false;
      rows[index] = { ...row, revokedAt: at };
      return true;
    },
  };
}
