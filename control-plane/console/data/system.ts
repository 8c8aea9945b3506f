// What the platform stands on, asked again every few seconds; and who used what, every half a minute.

import { queryOptions } from '@tanstack/react-query';
import type { SystemState } from '../../admin/system/routes.ts';
import type { UsageRow } from '../../admin/usage/routes.ts';
import { get } from './api.ts';

export type { PartState, SystemState } from '../../admin/system/routes.ts';
export type { UsageRow } from '../../admin/usage/routes.ts';

export const systemQuery = queryOptions({
  queryKey: ['system'],
  refetchInterval: 5000,
  queryFn: ({ signal }) => get<SystemState>('/api/v1/system', signal),
});

export const SPANS = ['1', '24', '168', '720'] as const;
export type Span = (typeof SPANS)[number];

export function isSpan(value: unknown): value is Span {
  return SPANS.some((span) => span === value);
}

export interface Usage {
  readonly from: string;
  readonly to: string;
  readonly stepS: number;
  readonly rows: readonly UsageRow[];
}

export function usageQuery(hours: Span) {
  return queryOptions({
    queryKey: ['usage', hours],
    refetchInterval: 30_000,
    queryFn: ({ signal }) => get<Usage>(`/api/v1/usage?hours=${hours}`, signal),
  });
}
