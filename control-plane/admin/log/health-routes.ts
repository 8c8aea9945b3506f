// How the log is: whether what stands in it is what was signed, whether it keeps up, and what is missing or open.
// Receipts of records that do not hold are named; nothing else of any record is. Imports http/.

import * as z from 'zod';
import { defineRoute, type Route } from '../http/route.ts';

const when = z.iso.datetime();

export const logHealthSchema = z.object({
  state: z
    .enum(['sound', 'attention', 'broken', 'unknown'])
    .meta({ description: '`broken`: something in it is not what was signed. `unknown`: not read through yet.' }),
  size: z.int().meta({ description: 'Records, by the last checkpoint.' }),
  checkpoint: z.object({ size: z.int(), signedAt: when, note: z.string() }).nullable(),
  lagMs: z.int().meta({ description: 'How long the oldest record waits to be put in order.' }),
  closed: z.string().nullable().meta({ description: 'Why no record is taken at the moment.' }),
  reading: z
    .object({
      checked: z.int(),
      size: z.int(),
      lastWhole: z.object({ at: when, tookMs: z.int(), size: z.int() }).nullable(),
      problem: z.string().nullable(),
    })
    .nullable()
    .meta({ description: 'The reading over of the whole log by this process; null where it does none.' }),
  findings: z.array(
    z.object({
      kind: z.enum(['changed', 'missing', 'tile', 'root']),
      index: z.int(),
      receipt: z.string().nullable(),
      foundAt: when,
    }),
  ),
  gaps: z.int().meta({ description: 'Records that were removed before they entered the log.' }),
  orphans: z
    .array(z.object({ receipt: z.string(), tenant: z.string(), at: when }))
    .meta({ description: 'Of the last day: requests without an outcome whose process is silent.' }),
  lostOutcomes: z.int(),
  witnessDisagrees: z.boolean().meta({ description: 'The witness has seen another log than the database holds.' }),
  witness: z.object({ name: z.string(), size: z.int(), at: when }).nullable(),
});
export type LogHealth = z.output<typeof logHealthSchema>;

export type LogHealthSource = () => Promise<LogHealth>;

export function logHealthRoutes(source: LogHealthSource): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/log/health',
      summary: 'How the log is: what was found that does not hold, how far it was read over, what is open',
      action: 'log.read',
      answer: { description: 'The health of the log.', schema: logHealthSchema },
      handle: async () => ({ json: await source() }),
    }),
  ];
}
