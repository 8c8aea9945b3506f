// API keys as the console and the CLI see them: made once and shown once, listed by prefix, replaced by a new one with an
// overlap, revoked. Gateways hear of each change from the database. Whoever has a tenant sees and changes its keys alone.
// Imports the gateway's key format, data classes, what tenants say, and errors.

import { randomUUID } from 'node:crypto';
import { type AppError, fail } from '../../errors.ts';
import { makeApiKey } from '../../gateway/api-keys.ts';
import { DATA_CLASSES, type DataClass, raise } from '../../policy/data-class.ts';
import type { Limits, TenantFacts } from '../../policy/tenant-facts.ts';

export interface ApiKeyRow extends Limits {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly dataClass: DataClass;
  /** `im_` and 8 characters: enough to tell keys apart, useless to call with. */
  readonly prefix: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  /** From then on it opens nothing. */
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  /** To the minute. */
  readonly lastUsedAt: Date | undefined;
  /** The only models that it may ask for; none named: all of its tenant. */
  readonly models: readonly string[];
  /** Prefix of the key that took its place. */
  readonly replacedBy: string | undefined;
}

export type KeyState = 'valid' | 'ending' | 'expired' | 'revoked';

/** `ending`: another one took its place, and it is valid for a while yet. */
export function keyState({ revokedAt, expiresAt, replacedBy }: ApiKeyRow, now: Date): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  if (expiresAt !== undefined && expiresAt <= now) return 'expired';
  return replacedBy === undefined ? 'valid' : 'ending';
}

export interface KeyPage {
  /** Of this tenant alone. */
  readonly tenant: string | undefined;
  /** Those that were made before the key of this prefix. */
  readonly before: string | undefined;
  readonly limit: number;
}

export interface ApiKeyStore {
  insert(row: ApiKeyRow & { readonly hash: Uint8Array }): Promise<void>;
  /** Newest first. */
  list(page: KeyPage): Promise<readonly ApiKeyRow[]>;
  find(prefix: string): Promise<ApiKeyRow | undefined>;
  /** False when no valid key has the prefix. */
  revoke(prefix: string, at: Date): Promise<boolean>;
  /** Inserts the new key and ends the old one, both or neither; false when the old one was changed meanwhile. */
  replace(
    old: Pick<ApiKeyRow, 'prefix'> & { readonly expiresAt: Date },
    row: ApiKeyRow & { readonly hash: Uint8Array },
  ): Promise<boolean>;
}

export interface NewKey extends Partial<Limits> {
  readonly name: string;
  readonly tenant: string;
  readonly dataClass: DataClass;
  readonly createdBy: string;
  readonly expiresAt?: Date | undefined;
  readonly models?: readonly string[] | undefined;
}

export interface MadeKey {
  /** Stands in this answer and nowhere else. */
  readonly key: string;
  readonly row: ApiKeyRow;
}

export interface KeyService {
  /** @throws AppError `invalid_field`: no such tenant, a class that it does not allow, an end in the past. */
  create(wanted: NewKey): Promise<MadeKey>;
  /** @throws AppError `not_found` for a cursor that is no key of the tenant. */
  list(page: KeyPage): Promise<readonly ApiKeyRow[]>;
  /** `own`: of this tenant alone. @throws AppError `not_found`. */
  revoke(prefix: string, own?: string): Promise<void>;
  /** A new key with the same rights; the old one ends after the overlap. @throws AppError `not_found`, `conflict`. */
  rotate(
    prefix: string,
    by: { readonly createdBy: string; readonly overlapMs: number; readonly own?: string | undefined },
  ): Promise<MadeKey>;
}

export interface KeyServiceDependencies {
  readonly keys: ApiKeyStore;
  /** A function where it may be rotated: the current one. */
  readonly pepper: Uint8Array | (() => Uint8Array);
  readonly tenants: () => Promise<ReadonlyMap<string, TenantFacts>>;
  readonly now?: () => Date;
}

export function createKeyService(dependencies: KeyServiceDependencies): KeyService {
  const { keys, pepper, tenants, now = () => new Date() } = dependencies;
  const make = () => makeApiKey(typeof pepper === 'function' ? pepper() : pepper);

  async function findOwn(prefix: string, own: string | undefined): Promise<ApiKeyRow> {
    const row = await keys.find(prefix);
    if (row === undefined || (own !== undefined && row.tenant !== own)) throw unknownKey();
    return row;
  }

  return {
    async create({ expiresAt, models = [], requestsPerMinute, tokensPerMinute, ...wanted }) {
      requireAllowed(wanted, (await tenants()).get(wanted.tenant));
      const createdAt = now();
      if (expiresAt !== undefined && expiresAt <= createdAt) throw endsInThePast();
      const { text, prefix, hash } = make();
      const row: ApiKeyRow = {
        ...wanted,
        ...{ id: randomUUID(), prefix, createdAt, expiresAt, models, requestsPerMinute, tokensPerMinute },
        ...{ revokedAt: undefined, lastUsedAt: undefined, replacedBy: undefined },
      };
      await keys.insert({ ...row, hash });
      return { key: text, row };
    },
    async list(page) {
      // A cursor of another tenant must not tell whether there is such a key, nor when it was made.
      if (page.before !== undefined && page.tenant !== undefined) await findOwn(page.before, page.tenant);
      return keys.list(page);
    },
    async revoke(prefix, own) {
      if (own !== undefined) await findOwn(prefix, own);
      if (!(await keys.revoke(prefix, now()))) throw unknownKey();
    },
    async rotate(prefix, { createdBy, overlapMs, own }) {
      const old = await findOwn(prefix, own);
      const at = now();
      requireRotatable(old, at);
      requireAllowed(old, (await tenants()).get(old.tenant));
      const { text, prefix: next, hash } = make();
      // As long a life as the old one was given.
      const lifeMs = old.expiresAt === undefined ? undefined : old.expiresAt.getTime() - old.createdAt.getTime();
      const row: ApiKeyRow = {
        ...old,
        ...{ id: randomUUID(), prefix: next, createdAt: at, createdBy, lastUsedAt: undefined },
        expiresAt: lifeMs === undefined ? undefined : new Date(at.getTime() + lifeMs),
      };
      const overlapEnds = new Date(
        Math.min(at.getTime() + overlapMs, old.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY),
      );
      const done = await keys.replace({ prefix, expiresAt: overlapEnds }, { ...row, hash });
      if (!done) throw changedMeanwhile();
      return { key: text, row };
    },
  };
}

function requireAllowed({ tenant, dataClass }: Pick<NewKey, 'tenant' | 'dataClass'>, facts: TenantFacts | undefined) {
  if (facts === undefined) {
    throw fail('invalid_field', {
      param: 'tenant',
      detail: `There is no tenant ${tenant}.`,
      remedy: 'Apply a Tenant of this name first, or name one that "intramuros get tenants" lists.',
    });
  }
  if (raise(dataClass, facts.leastClass) === dataClass) return;
  const allowed = DATA_CLASSES.slice(DATA_CLASSES.indexOf(facts.leastClass));
  throw fail('invalid_field', {
    param: 'dataClass',
    detail: `The tenant ${tenant} has no keys for data of class ${dataClass}.`,
    remedy: `Choose ${allowed.join(' or ')}; an officer may change spec.entitlements.leastClass of the Tenant.`,
  });
}

function requireRotatable(row: ApiKeyRow, at: Date): void {
  const state = keyState(row, at);
  if (state === 'valid') return;
  throw fail('conflict', {
    param: 'prefix',
    detail:
      state === 'ending' ? `The key ${row.replacedBy} takes the place of this one already.` : `The key is ${state}.`,
    remedy: state === 'ending' ? 'Rotate that one.' : 'Make a new key.',
  });
}

function unknownKey(): AppError {
  return fail('not_found', {
    param: 'prefix',
    detail: 'No valid key begins with this prefix.',
    remedy: '"intramuros key list" shows the prefixes.',
  });
}

function endsInThePast(): AppError {
  return fail('invalid_field', {
    param: 'expiresAt',
    detail: 'The key would have expired before it was made.',
    remedy: 'Write a moment in the future, or leave the field out for a key without end.',
  });
}

function changedMeanwhile(): AppError {
  return fail('conflict', {
    param: 'prefix',
    detail: 'The key was changed meanwhile.',
    remedy: 'Look at it again with "intramuros key list".',
  });
}
