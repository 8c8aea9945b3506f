// Whether the request may come in: rate, size, JSON, and every field of it known. In this order, so that what costs
// least is judged first and nothing about the model is said before the request itself is sound.

import { fail } from '../errors.ts';
import { readRequest } from '../wire/endpoint.ts';
import { type Admitted, type AdmittedFacts, type Authenticated, advance, type Caller } from './exchange.ts';
import type { RateLimit } from './rate-limit.ts';
import { parseJson, readBody } from './read-body.ts';

export interface Admission {
  readonly rateLimit: RateLimit;
  readonly maxBodyBytes: number;
  readonly now: () => number;
}

export async function admit(authenticated: Authenticated, admission: Admission): Promise<Admitted> {
  takeTurn(authenticated.caller, admission);
  const type = authenticated.request.headers['content-type'] ?? 'application/json';
  if (!/^application\/json *(;|$)/i.test(type)) {
    throw fail('unsupported_media_type', {
      param: 'content-type',
      detail: 'The body must be JSON.',
      remedy: 'Send "Content-Type: application/json".',
    });
  }
  const body = await readBody(authenticated.request, admission.maxBodyBytes);
  const parsed = readRequest(authenticated.endpoint, parseJson(body));
  return advance<'Admitted', AdmittedFacts>({ ...authenticated, body, parsed });
}

/** Counts one request of the caller. Throws `rate_limited`. */
export function takeTurn(caller: Caller, { rateLimit, now }: Pick<Admission, 'rateLimit' | 'now'>): void {
  const waitS = rateLimit.take(caller.keyId, now());
  if (waitS === 0) return;
  throw fail('rate_limited', {
    detail: 'This key has used its requests of this minute.',
    remedy: `Try again in ${waitS} s.`,
    retryAfterS: waitS,
  });
}
