// The machines, asked again every few seconds: free memory tells nobody that it changed.

import { queryOptions } from '@tanstack/react-query';
import type { EngineLogTail } from '../../admin/models/engine-log-routes.ts';
import type { PresentedNode } from '../../admin/nodes/routes.ts';
import { get } from './api.ts';

const REFRESH_MS = 5000;

export const nodesQuery = queryOptions({
  queryKey: ['models', 'nodes'],
  refetchInterval: REFRESH_MS,
  queryFn: async ({ signal }) =>
    (await get<{ readonly nodes: readonly PresentedNode[] }>('/api/v1/nodes', signal)).nodes,
});

export function engineLogQuery(namespace: string, name: string) {
  const path = `/api/v1/models/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/log`;
  return queryOptions({
    queryKey: ['models', namespace, name, 'log'],
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => (await get<{ readonly logs: readonly EngineLogTail[] }>(path, signal)).logs,
  });
}
