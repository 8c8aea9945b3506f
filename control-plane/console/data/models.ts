// The models, as the API presents them, and the one word for the state of each.

import { queryOptions } from '@tanstack/react-query';
import type { Model } from '../../../operator/api/v1alpha1/model.ts';
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

/** What the list presents of a model, and the resource itself, both have. */
type Judged = Pick<Model, 'spec' | 'status'> | PresentedModel;

export function stateOf(model: Judged): ModelState {
  const ready = model.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return 'ready';
  if (wantedOf(model) === 0) return 'stopped';
  return ready === undefined || ready.status === 'Unknown' ? 'starting' : 'failed';
}

/** Replicas that are wanted now, by the spec or by what was decided from the requests. */
export function wantedOf({ spec, status }: Judged): number {
  return status?.scaling?.wanted ?? spec.replicas ?? 1;
}

export const MARKS: Readonly<Record<ModelState, MarkKind>> = {
  ready: 'ready',
  starting: 'attention',
  stopped: 'asleep',
  failed: 'failed',
};

/** The first condition that is not as it should be: the cause, in its own words. */
export function causeOf(model: Judged) {
  const conditions = model.status?.conditions ?? [];
  return conditions.find(({ type, status }) => type !== 'Ready' && status === 'False') ?? conditions.find(isNotReady);
}

function isNotReady({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return type === 'Ready' && status !== 'True';
}
