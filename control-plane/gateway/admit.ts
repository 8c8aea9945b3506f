// Whether the request may come in: rate, size, JSON, and every field of it known. In this order, so that what costs
// least is judged first and nothing about the model is said before the request itself is sound.

import { fail } from '../errors.ts';
import { readRequest } from '../wire/endpoint.ts';
import { type Admitted, type AdmittedFacts, type Authenticated, advance, type Caller } from './exchange.ts';
import type { HeldBodies } from './held-bodies.ts';
import type { RateLimit } from './rate-limit.ts';
import { parseJson, readBody } from './read-body.ts';

export interface Admission {
  readonly rateLimit: RateLimit;
  readonly maxBodyBytes: number;
  readonly now: () => number;
  /** For the whole body. */
  readonly bodyTimeoutMs?: number;
  readonly heldBodies?: HeldBodies;
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
  const body = await holdBody(authenticated, admission);
  const parsed = readRequest(authenticated.endpoint, parseJson(body));
  return advance<'Admitted', AdmittedFacts>({ ...authenticated, body, parsed });
}

/** Reads the body, and counts its bytes until the request is over. */
async function holdBody({ request, response, caller }: Authenticated, admission: Admission): Promise<Buffer> {
  const held = admission.heldBodies?.open(caller.keyId);
  if (held === undefined) return readBody(request, admission.maxBodyBytes, { timeoutMs: admission.bodyTimeoutMs });
  response.once('close', held.release);
  const { take } = held;
  const body = await readBody(request, admission.maxBodyBytes, { timeoutMs: admission.bodyTimeoutMs, take });
  // The client may have left before anybody listened.
  if (response.closed) held.release();
  return body;
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
