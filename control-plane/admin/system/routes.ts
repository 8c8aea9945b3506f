// What the platform stands on, as its admin must know it at 8 a.m.: database, keys, audit log and its witness,
// certificates, version, and what should not stay as it is. Imports http/.

import * as z from 'zod';
import { defineRoute, type Route } from '../http/route.ts';

const state = z.enum(['good', 'attention', 'failed', 'absent']);
export type PartState = z.output<typeof state>;

export const systemSchema = z.object({
  version: z.string(),
  startedAt: z.iso.datetime(),
  warnings: z
    .array(z.object({ code: z.string(), message: z.string(), remedy: z.string() }))
    .meta({ description: 'What stands as it should not, until it is changed.' }),
  database: z.object({ state, kind: z.enum(['company', 'embedded']), detail: z.string().optional() }),
  secrets: z.object({ state, store: z.enum(['file', 'memory', 'vault']), detail: z.string().optional() }),
  log: z.object({
    state,
    isSequencer: z.boolean(),
    lagMs: z.int(),
    waiting: z.int(),
    lostOutcomes: z.int(),
    gaps: z.int(),
    detail: z.string().optional(),
    checkpoint: z.object({ size: z.int(), signedAt: z.iso.datetime() }).optional(),
  }),
  witness: z.object({
    state,
    name: z.string().optional(),
    size: z.int().optional(),
    at: z.iso.datetime().optional(),
    detail: z.string().optional(),
  }),
  certificate: z.object({
    state,
    subject: z.string().optional(),
    names: z.array(z.string()).optional(),
    expiresAt: z.iso.datetime().optional(),
    detail: z.string().optional(),
  }),
});
export type SystemState = z.output<typeof systemSchema>;

export type SystemSource = () => Promise<SystemState>;

export function systemRoutes(source: SystemSource): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/system',
      summary: 'What the platform stands on, and how it is',
      action: 'system.read',
      answer: { description: 'Each part with its state.', schema: systemSchema },
      handle: async () => ({ json: await source() }),
    }),
  ];
}
