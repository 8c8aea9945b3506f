// Bearer tokens of accounts, for the API and the command line: 256 random bits, shown once, kept as a hash, with an end.
// A token is over when its account changes role, tenant or password, or is disabled. Imports errors and the files beside it.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { fail } from '../../errors.ts';
import { type AccountStore, markOf, toPrincipal } from './account-store.ts';
import type { Principal } from './roles.ts';

export interface TokenRow {
  readonly id: string;
  readonly account: string;
  /** What it is for, for people. */
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | undefined;
}

export interface StoredToken extends TokenRow {
  readonly mark: string;
}

export interface TokenStore {
  insert(row: StoredToken & { readonly hash: Uint8Array }): Promise<void>;
  find(hash: Uint8Array): Promise<StoredToken | undefined>;
  /** Of one account, newest first. */
  list(account: string): Promise<readonly TokenRow[]>;
  /** False when the account has no such token. */
  remove(account: string, id: string): Promise<boolean>;
  used(id: string, at: Date): Promise<void>;
  removeExpired(now: Date): Promise<void>;
}

export interface AccessTokens {
  /** The text stands in this answer and nowhere else. */
  create(account: string, wanted: { readonly name: string; readonly days: number }): Promise<NewToken>;
  identify(text: string): Promise<Principal | undefined>;
  list(account: string): Promise<readonly TokenRow[]>;
  revoke(account: string, id: string): Promise<void>;
}

export interface NewToken {
  readonly token: string;
  readonly row: TokenRow;
}

const DAY_MS = 86_400_000;
/** What a directory says of a person is asked again at least this often. */
const DIRECTORY_MS = DAY_MS / 2;
const USED_EVERY_MS = 60_000;

export interface AccessTokenDependencies {
  readonly tokens: TokenStore;
  readonly accounts: AccountStore;
  readonly now?: () => number;
}

export function createAccessTokens({ tokens, accounts, now = Date.now }: AccessTokenDependencies): AccessTokens {
  return {
    async create(name, wanted) {
      const account = await accounts.find(name);
      if (account === undefined || account.disabled) throw noAccount();
      const token = `imt_${randomBytes(32).toString('base64url')}`;
      const lifeMs = account.source === 'local' ? wanted.days * DAY_MS : Math.min(wanted.days * DAY_MS, DIRECTORY_MS);
      const row = {
        ...{ id: randomUUID(), account: name, name: wanted.name, lastUsedAt: undefined },
        createdAt: new Date(now()),
        expiresAt: new Date(now() + lifeMs),
      };
      await tokens.insert({ ...row, mark: markOf(account), hash: hashOf(token) });
      return { token, row };
    },
    async identify(text) {
      if (!/^imt_[\w-]{43}$/.test(text)) return undefined;
      const found = await tokens.find(hashOf(text));
      if (found === undefined || found.expiresAt.getTime() <= now()) return undefined;
      const account = await accounts.find(found.account);
      if (account === undefined || account.disabled || markOf(account) !== found.mark) return undefined;
      if (now() - (found.lastUsedAt?.getTime() ?? 0) > USED_EVERY_MS) await tokens.used(found.id, new Date(now()));
      return toPrincipal(account, 'bearer');
    },
    list: (account) => tokens.list(account),
    async revoke(account, id) {
      if (await tokens.remove(account, id)) return;
      throw fail('not_found', {
        param: 'id',
        detail: 'You have no token of this id.',
        remedy: 'GET /api/v1/tokens lists yours.',
      });
    },
  };
}

function noAccount() {
  return fail('not_found', {
    detail: 'There is no such account, or it is disabled.',
    remedy: 'A token belongs to an account: "intramuros login" signs in as one.',
  });
}

/** Random input of full length: a fast hash is enough, and the row is found by it. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export function memoryTokenStore(): TokenStore {
  const rows = new Map<string, StoredToken & { readonly hash: Uint8Array }>();
  return {
    insert: async (row) => void rows.set(row.id, row),
    find: async (hash) => [...rows.values()].find((row) => Buffer.compare(row.hash, hash) === 0),
    list: async (account) => [...rows.values()].filter((row) => row.account === account).toReversed(),
    remove: async (account, id) => rows.get(id)?.account === account && rows.delete(id),
    used: async (id, at) => {
      const row = rows.get(id);
      if (row !== undefined) rows.set(id, { ...row, lastUsedAt: at });
    },
    removeExpired: async (now) => {
      for (const [id, { expiresAt }] of rows) if (expiresAt <= now) rows.delete(id);
    },
  };
}
