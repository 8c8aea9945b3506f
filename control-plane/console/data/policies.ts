// What a policy would make of a text. The text goes no further than this question.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { TriedPolicy } from '../../admin/policies/routes.ts';
import { change } from './api.ts';

export type { TriedPolicy };

export function tryQuery(policy: Readonly<Record<string, unknown>>, text: string) {
  return queryOptions({
    queryKey: ['try', policy, text],
    queryFn: () => change<TriedPolicy>('POST', '/api/v1/policies/try', { policy, text }),
    placeholderData: keepPreviousData,
    // What was typed is forgotten as soon as nothing shows it.
    gcTime: 0,
  });
}
