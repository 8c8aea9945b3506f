// What would change if these resources were applied: the planner's own words, nothing written. Imports operator/api
// and http/.

import * as z from 'zod';
import { type Resource, validateResource } from '../../../operator/api/resource.ts';
import { type ModelStatus, modelStatusSchema } from '../../../operator/api/v1alpha1/model.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** The plan as text for people and as data. */
export interface PlanPreview {
  readonly text: string;
  /** Every Model could be started as written. */
  readonly feasible: boolean;
  readonly plans: readonly { readonly key: string; readonly status: ModelStatus }[];
}

/** What the planning room computes for us from the resources given and the state of this machine. */
export type Planner = (resources: readonly Resource[]) => Promise<PlanPreview>;

const planAnswer = z.object({
  problems: z
    .array(z.object({ field: z.string(), message: z.string(), remedy: z.string() }))
    .meta({ description: 'What is wrong with the resources; then nothing was planned.' }),
  text: z.string().meta({ description: 'The plan for people.' }),
  feasible: z.boolean().meta({ description: 'Every Model could be started as written.' }),
  plans: z.array(z.object({ key: z.string(), status: modelStatusSchema })).meta({ description: 'One for each Model.' }),
});
export type PresentedPlan = z.output<typeof planAnswer>;

export function planRoutes(plan: Planner): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/plan',
      summary: 'What would change if these resources were applied',
      action: 'resource.plan',
      body: z.strictObject({ resources: z.array(z.looseObject({})).min(1).max(500) }),
      answer: { description: 'The plan, or what is wrong with the resources.', schema: planAnswer },
      // A resource that is still being written is what one asks about: its faults are the answer, not an error.
      handle: async ({ body }) => {
        const validations = body.resources.map((resource) => validateResource(resource));
        const problems = validations.flatMap((each) => (each.ok ? [] : each.problems));
        if (problems.length > 0) return { json: { problems, text: '', feasible: false, plans: [] } };
        return { json: { problems, ...(await plan(validations.flatMap((each) => (each.ok ? [each.resource] : [])))) } };
      },
    }),
  ];
}
