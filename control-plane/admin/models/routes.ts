// The models as the console shows them: name, state, conditions with reason and remedy. Imports operator/api and http/.

import * as z from 'zod';
import type { ResourceStore } from '../../../operator/api/ports.ts';
import { type Model, modelSpecSchema, modelStatusSchema } from '../../../operator/api/v1alpha1/model.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { onlySeen, seenBy } from '../resources/own-resources.ts';

const modelSchema = z.object({
  namespace: z.string(),
  name: z.string(),
  generation: z.int(),
  ready: z.boolean(),
  spec: modelSpecSchema,
  status: modelStatusSchema.nullable(),
});

export type PresentedModel = z.output<typeof modelSchema>;

export function modelRoutes(store: Pick<ResourceStore, 'list'>): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/models',
      summary: 'The models with their conditions',
      action: 'model.read',
      answer: { description: 'Every model.', schema: z.object({ models: z.array(modelSchema) }) },
      handle: async ({ principal }) => {
        const models = onlySeen((await store.list('Model')).items, await seenBy(principal, store));
        return { json: { models: models.map(present) } };
      },
    }),
  ];
}

function present(model: Model) {
  const { metadata, spec, status } = model;
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    generation: metadata.generation ?? 1,
    ready: isReady(model),
    spec,
    status: status ?? null,
  };
}

/** Ready for the generation that is wanted now, not for one before. */
export function isReady({ metadata, status }: Model): boolean {
  if (status?.observedGeneration !== metadata.generation) return false;
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}
