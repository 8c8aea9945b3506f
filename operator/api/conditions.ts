// The standard condition of Kubernetes (KEP-1623), with the remedy as a field of its own: whoever reads that something
// failed also reads what to do about it. Imports zod.
import * as z from 'zod';

export const CONDITION_STATUSES = ['True', 'False', 'Unknown'] as const;
export type ConditionStatus = (typeof CONDITION_STATUSES)[number];

export const conditionSchema = z.strictObject({
  type: z.string().max(316).meta({ description: 'What the condition is about.' }),
  status: z.enum(CONDITION_STATUSES).meta({ description: 'True, False or Unknown.' }),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .meta({ description: 'Stable name of the cause; alerts may rest on it.' }),
  message: z.string().max(32768).meta({ description: 'One sentence for people.' }),
  remedy: z.string().max(32768).optional().meta({ description: 'What to do about it; present on every failure.' }),
  lastTransitionTime: z.iso.datetime().meta({ description: 'When status last changed (RFC 3339, UTC).' }),
  observedGeneration: z.int().optional().meta({ description: 'Generation of the spec that this speaks about.' }),
});

export type Condition = z.infer<typeof conditionSchema>;

/** What a room finds out; `setCondition` of the planning room turns it into a Condition. */
export interface Finding {
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly remedy?: string;
}

/** A failure that a person can do something about. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
}
