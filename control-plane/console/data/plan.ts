// What a resource would come to, before anything is written.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { PresentedPlan } from '../../admin/resources/plan-routes.ts';
import { change } from './api.ts';

export function planQuery(resource: Readonly<Record<string, unknown>>) {
  return queryOptions({
    queryKey: ['plan', resource],
    queryFn: () => change<PresentedPlan>('POST', '/api/v1/plan', { resources: [resource] }),
    // The last plan stays in sight while the next is computed.
    placeholderData: keepPreviousData,
  });
}
