// Who asks, and for which tenant. Both are looked up in memory before anything of the body is read.

import { fail } from '../errors.ts';
import { raise } from '../policy/data-class.ts';
import type { ApiKeys } from './api-keys.ts';
import type { Catalog } from './catalog.ts';
import { type Authenticated, type AuthenticatedFacts, advance, type Caller, type Received } from './exchange.ts';

const REMEDY = 'Send "Authorization: Bearer <key>"; "intramuros key create NAME" makes one.';

export type KnownTenants = Pick<Catalog, 'tenant'>;

export function authenticate(received: Received, keys: Pick<ApiKeys, 'find'>, tenants: KnownTenants): Authenticated {
  const caller = admitTenant(identify(received.request.headers.authorization, keys), tenants);
  return advance<'Authenticated', AuthenticatedFacts>({ ...received, caller });
}

/** The caller of an Authorization header (RFC 6750). Throws `missing_api_key` or `invalid_api_key`. */
export function identify(header: string | undefined, keys: Pick<ApiKeys, 'find'>): Caller {
  const match = /^bearer +(\S+) *$/i.exec(header ?? '');
  if (match === null) {
    throw fail('missing_api_key', { detail: 'The request carries no API key.', remedy: REMEDY });
  }
  const caller = keys.find(match[1] ?? '');
  if (caller === undefined) {
    throw fail('invalid_api_key', { detail: 'The API key is unknown, expired or revoked.', remedy: REMEDY });
  }
  return caller;
}

/** The caller as its tenant lets it in: with the limits of all its keys, and its class raised. Throws `tenant_not_found`. */
export function admitTenant(caller: Caller, tenants: KnownTenants): Caller {
  const tenant = tenants.tenant(caller.tenant);
  if (tenant === undefined) {
    throw fail('tenant_not_found', {
      detail: 'The tenant of this key does not exist, or not any more.',
      remedy: 'Apply a Tenant of its name, or ask for a key of another tenant.',
    });
  }
  return { ...caller, dataClass: raise(caller.dataClass, tenant.leastClass), tenantLimits: tenant };
}
