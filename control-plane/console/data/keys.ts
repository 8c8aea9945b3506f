// API keys: pages of them, and what changes them. A key's text stands in the answer that made it and nowhere else.

import { infiniteQueryOptions } from '@tanstack/react-query';
import type { PresentedKey, PresentedNewKey } from '../../admin/keys/routes.ts';
import { change, get } from './api.ts';

export type { PresentedKey, PresentedNewKey };

interface KeyPage {
  readonly keys: readonly PresentedKey[];
  readonly next: string | null;
}

/** `tenant` undefined: of every tenant that the session sees. */
export function keysQuery(tenant: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['keys', tenant ?? ''],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const asked = { ...(tenant && { tenant }), ...(pageParam && { before: pageParam }) };
      return get<KeyPage>(`/api/v1/keys?${new URLSearchParams(asked).toString()}`, signal);
    },
    getNextPageParam: ({ next }: KeyPage) => next ?? undefined,
  });
}

export interface WantedKey {
  readonly name: string;
  readonly tenant?: string | undefined;
  readonly dataClass: string;
  readonly expiresAt?: string | undefined;
  readonly models: readonly string[];
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

export function createKey(wanted: WantedKey): Promise<PresentedNewKey> {
  return change('POST', '/api/v1/keys', wanted);
}

export function rotateKey(prefix: string, overlapSeconds: number): Promise<PresentedNewKey> {
  return change('POST', `/api/v1/keys/${encodeURIComponent(prefix)}/rotate`, { overlapSeconds });
}

export function revokeKey(prefix: string): Promise<unknown> {
  return change('DELETE', `/api/v1/keys/${encodeURIComponent(prefix)}`);
}

export interface KeysSearch {
  readonly tenant?: string;
}
