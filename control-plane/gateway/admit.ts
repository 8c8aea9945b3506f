// Whether the request may come in: rate, size, JSON, and every field of it known. In this order, so that what costs
// least is judged first and nothing about the model is said before the request itself is sound.

import type { ServerResponse } from 'node:http';
import { fail } from '../errors.ts';
import { readRequest } from '../wire/endpoint.ts';
import { type Admitted, type AdmittedFacts, type Authenticated, advance, type Caller } from './exchange.ts';
import type { HeldBodies } from './held-bodies.ts';
import type { RateLimit, RateRefusal, RateState } from './rate-limit.ts';
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
  takeTurn(authenticated.caller, admission, authenticated.response);
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

/** Counts one request of the caller, and tells its client what is left. Throws `rate_limited`. */
export function takeTurn(
  caller: Caller,
  { rateLimit, now }: Pick<Admission, 'rateLimit' | 'now'>,
  response: ServerResponse,
): void {
  const nowMs = now();
  const refusal = rateLimit.take(caller, nowMs);
  const { requests, tokens } = rateLimit.state(caller, nowMs);
  tellRate(response, 'requests', requests);
  if (tokens !== undefined) tellRate(response, 'tokens', tokens);
  if (refusal !== undefined) throw rateLimited(refusal);
}

/** As OpenAI's clients read it. */
function tellRate(response: ServerResponse, of: RateRefusal['of'], { limit, remaining, resetS }: RateState): void {
  response.setHeader(`x-ratelimit-limit-${of}`, limit);
  response.setHeader(`x-ratelimit-remaining-${of}`, remaining);
  response.setHeader(`x-ratelimit-reset-${of}`, `${resetS}s`);
}

function rateLimited({ waitS, of, whose }: RateRefusal) {
  const who = whose === 'key' ? 'This key has' : 'The keys of this tenant have together';
  return fail('rate_limited', {
    detail: `${who} used the ${of} of this minute.`,
    remedy: `Try again in ${waitS} s.`,
    retryAfterS: waitS,
  });
}
