// One record with its proof. Each asking is itself a record, so nothing is asked again by
// itself: not on focus, not when something changed.

import { queryOptions } from '@tanstack/react-query';
import type { PresentedFoundRecord } from '../../admin/records/routes.ts';
import { get } from './api.ts';

/** A record as it stands in the log; docs/reference/audit-records.md has every field. */
export interface LoggedRecord {
  readonly receipt: string;
  readonly kind: string;
  readonly time: string;
  readonly [fact: string]: unknown;
}

export type FoundRecord = PresentedFoundRecord;

const ASKED_ONCE = { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false, retry: false } as const;

export function recordQuery(receipt: string) {
  return queryOptions({
    ...ASKED_ONCE,
    queryKey: ['log', receipt],
    queryFn: ({ signal }) => get<FoundRecord>(`/api/v1/records/${encodeURIComponent(receipt)}`, signal),
  });
}
