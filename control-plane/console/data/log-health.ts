// The health of the log; asked again when something was found, and every few seconds while the screen is looked at.

import { queryOptions } from '@tanstack/react-query';
import type { LogHealth } from '../../admin/log/health-routes.ts';
import { get } from './api.ts';

export type { LogHealth };

const EVERY_MS = 5000;

export const logHealthQuery = queryOptions({
  queryKey: ['records', 'health'],
  refetchInterval: EVERY_MS,
  queryFn: ({ signal }) => get<LogHealth>('/api/v1/log/health', signal),
});
