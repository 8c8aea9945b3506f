// Requests and tokens a minute, of a key and of its tenant, at this gateway. A request is counted when it comes, its
// tokens when they are known: whoever has used more than the minute holds waits until it is made up.
// Imports the buckets and types.

import type { Limits } from '../policy/tenant-facts.ts';
import { type Buckets, createBuckets } from './buckets.ts';

/** Of whom the limits are. */
export interface Limited {
  readonly keyId: string;
  readonly limits?: Limits | undefined;
  readonly tenant: string;
  readonly tenantLimits?: Limits | undefined;
}

export interface RateRefusal {
  readonly waitS: number;
  readonly of: 'requests' | 'tokens';
  readonly whose: 'key' | 'tenant';
}

/** What a key has left of this minute, for the headers that OpenAI's clients read. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Until it is full again. */
  readonly resetS: number;
}

export interface RateLimit {
  /** Takes one request; undefined when it may pass. A refused one takes nothing. */
  take(who: Limited, nowMs: number): RateRefusal | undefined;
  /** Counts the tokens of an answer. */
  spend(who: Limited, tokens: number, nowMs: number): void;
  state(who: Limited, nowMs: number): { readonly requests: RateState; readonly tokens: RateState | undefined };
}

/** `requestsPerMinute`: of a key that has no limit of its own. */
export function createRateLimit(requestsPerMinute: number): RateLimit {
  const requests = createBuckets();
  const tokens = createBuckets();
  const keyRequests = ({ limits }: Limited) => limits?.requestsPerMinute ?? requestsPerMinute;
  return {
    take(who, nowMs) {
      const { keyId, limits, tenantLimits } = who;
      const ofTenant = `tenant ${who.tenant}`;
      const asked = [
        ['requests', 'key', requests, keyId, keyRequests(who)],
        ['tokens', 'key', tokens, keyId, limits?.tokensPerMinute],
        ['requests', 'tenant', requests, ofTenant, tenantLimits?.requestsPerMinute],
        ['tokens', 'tenant', tokens, ofTenant, tenantLimits?.tokensPerMinute],
      ] as const;
      for (const [of, whose, buckets, name, perMinute] of asked) {
        const waitS = perMinute === undefined ? 0 : buckets.waitS(name, perMinute, 1, nowMs);
        if (waitS > 0) return { waitS, of, whose };
      }
      requests.spend(keyId, keyRequests(who), 1, nowMs);
      if (tenantLimits?.requestsPerMinute !== undefined) {
        requests.spend(ofTenant, tenantLimits.requestsPerMinute, 1, nowMs);
      }
      return undefined;
    },
    spend({ keyId, limits, tenant, tenantLimits }, count, nowMs) {
      if (limits?.tokensPerMinute !== undefined) tokens.spend(keyId, limits.tokensPerMinute, count, nowMs);
      if (tenantLimits?.tokensPerMinute !== undefined) {
        tokens.spend(`tenant ${tenant}`, tenantLimits.tokensPerMinute, count, nowMs);
      }
    },
    state(who, nowMs) {
      const perMinute = who.limits?.tokensPerMinute;
      return {
        requests: stateOf(requests, who.keyId, keyRequests(who), nowMs),
        tokens: perMinute === undefined ? undefined : stateOf(tokens, who.keyId, perMinute, nowMs),
      };
    },
  };
}

function stateOf(buckets: Buckets, name: string, limit: number, nowMs: number): RateState {
  const left = buckets.left(name, limit, nowMs);
  return { limit, remaining: Math.max(0, Math.floor(left)), resetS: Math.ceil(((limit - left) * 60) / limit) };
}
