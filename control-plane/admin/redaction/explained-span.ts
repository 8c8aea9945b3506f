// A finding and what became of it, as the API tells it. Imports entity types.

import * as z from 'zod';
import { ENTITY_TYPES } from '../../redaction/entities.ts';

/** UTF-16 offsets, end excluded. */
export const place = z.object({ start: z.int(), end: z.int() });

export const explainedSpan = place.extend({
  type: z.enum(ENTITY_TYPES),
  score: z.number().meta({ description: 'Confidence, 0 to 1.' }),
  recogniser: z.string(),
  action: z.enum(['allow', 'pseudonymise', 'mask', 'block']),
  replacement: place.optional().meta({ description: 'Where what stands for it is, in the redacted text.' }),
});
export type PresentedSpan = z.output<typeof explainedSpan>;
