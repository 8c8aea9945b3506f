// What would change if these resources were applied: the planner's own words, nothing written. Imports operator/api
// and http/.

import * as z from 'zod';
import { type Resource, validateResource } from '../../../operator/api/resource.ts';
import { ResourceError } from '../../../operator/api/resource-error.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** The plan as text for people and as data. */
export interface PlanPreview {
  readonly text: string;
  /** Every Model could be started as written. */
  readonly feasible: boolean;
  readonly plans: readonly unknown[];
}

/** What the planning room computes for us from the resources given and the state of this machine. */
export type Planner = (resources: readonly Resource[]) => Promise<PlanPreview>;

export function planRoutes(plan: Planner): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/plan',
      summary: 'What would change if these resources were applied',
      action: 'resource.plan',
      body: z.strictObject({ resources: z.array(z.looseObject({})).min(1).max(500) }),
      answer: {
        description: 'The plan.',
        schema: z.object({ text: z.string(), feasible: z.boolean(), plans: z.array(z.unknown()) }),
      },
      handle: async ({ body }) => ({ json: await plan(body.resources.map(readResource)) }),
    }),
  ];
}

function readResource(input: unknown): Resource {
  const validation = validateResource(input);
  if (validation.ok) return validation.resource;
  throw new ResourceError('invalid', 'The resource is not valid.', { problems: validation.problems });
}
