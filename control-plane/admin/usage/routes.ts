// Who used which model how much: sums by step of time, model and tenant, from what the gateways counted. Someone with a
// tenant sees that one alone. Imports http/.

import * as z from 'zod';
import { defineRoute, type Route } from '../http/route.ts';

const count = z.int();
const usageRow = z.object({
  at: z.iso.datetime().meta({ description: 'Beginning of the step.' }),
  model: z.string(),
  tenant: z.string(),
  requests: count,
  errors: count,
  promptTokens: count,
  completionTokens: count,
  durationMs: count.meta({ description: 'Of all requests together.' }),
  queueMs: count,
  firstTokenMs: count,
  firstTokens: count.meta({ description: 'Requests of which the first token was seen.' }),
});
export type UsageRow = z.output<typeof usageRow>;

export interface UsageQuestion {
  readonly from: Date;
  readonly to: Date;
  readonly stepS: number;
  readonly model?: string | undefined;
  readonly tenant?: string | undefined;
}

export interface UsageSource {
  read(question: UsageQuestion): Promise<readonly UsageRow[]>;
}

/** The spans that the view offers, in hours, and the step of each: 60 points or fewer. */
const STEPS: Readonly<Record<string, number>> = { '1': 60, '24': 1800, '168': 10_800, '720': 43_200 };

export function usageRoutes(usage: UsageSource, now: () => Date = () => new Date()): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/usage',
      summary: 'Requests, tokens and times by step of time, model and tenant',
      action: 'usage.read',
      query: z.object({
        hours: z
          .enum(['1', '24', '168', '720'], { error: 'must be 1, 24, 168 or 720' })
          .default('24')
          .meta({ description: 'How far back, in hours.' }),
        model: z.string().max(200).optional(),
      }),
      answer: {
        description: 'Sums; steps in which nothing happened are left out.',
        schema: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), stepS: z.int(), rows: z.array(usageRow) }),
      },
      handle: async ({ query: { hours, model }, principal }) => {
        const stepS = STEPS[hours] ?? 1800;
        // Whole steps, so that a reload shows the same ones.
        const to = new Date((Math.floor(now().getTime() / 1000 / stepS) + 1) * stepS * 1000);
        const from = new Date(to.getTime() - Number(hours) * 3_600_000);
        const rows = await usage.read({ from, to, stepS, model, tenant: principal?.tenant });
        return { json: { from: from.toISOString(), to: to.toISOString(), stepS, rows } };
      },
    }),
  ];
}
