// The models, as the API presents them, and the one word for the state of each.

import { queryOptions } from '@tanstack/react-query';
import type { PresentedModel } from '../../admin/models/routes.ts';
import type { MarkKind } from '../look/mark.tsx';
import { get } from './api.ts';

export type { PresentedModel };

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: async ({ signal }) =>
    (await get<{ readonly models: readonly PresentedModel[] }>('/api/v1/models', signal)).models,
});

export type ModelState = 'ready' | 'starting' | 'stopped' | 'failed';

export function stateOf(model: PresentedModel): ModelState {
  if (model.ready) return 'ready';
  const ready = model.status?.conditions?.find(({ type }) => type === 'Ready');
  if (model.spec.replicas === 0) return 'stopped';
  return ready === undefined || ready.status === 'Unknown' ? 'starting' : 'failed';
}

export const MARKS: Readonly<Record<ModelState, MarkKind>> = {
  ready: 'ready',
  starting: 'attention',
  stopped: 'asleep',
  failed: 'failed',
};

/** The first condition that is not as it should be: the cause, in its own words. */
export function causeOf(model: PresentedModel) {
  const conditions = model.status?.conditions ?? [];
  return conditions.find(({ type, status }) => type !== 'Ready' && status === 'False') ?? conditions.find(isNotReady);
}

function isNotReady({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return type === 'Ready' && status !== 'True';
}
