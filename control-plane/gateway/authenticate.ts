// Who asks. The key is looked up in memory before anything of the body is read.

import { fail } from '../errors.ts';
import type { ApiKeys } from './api-keys.ts';
import { type Authenticated, type AuthenticatedFacts, advance, type Caller, type Received } from './exchange.ts';

const REMEDY = 'Send "Authorization: Bearer <key>"; "intramuros key create NAME" makes one.';

export function authenticate(received: Received, keys: Pick<ApiKeys, 'find'>): Authenticated {
  const caller = identify(received.request.headers.authorization, keys);
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
    throw fail('invalid_api_key', { detail: 'The API key is unknown or was revoked.', remedy: REMEDY });
  }
  return caller;
}
