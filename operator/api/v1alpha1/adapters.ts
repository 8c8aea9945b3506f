// spec.adapters of a Model: LoRA adapters that are loaded beside the weights and asked for as MODEL:NAME, and what the
// status says of each. Imports zod and the api room.
import * as z from 'zod';
import { between, eachOnce, matches, self } from '../rule.ts';
import { withRules } from '../schema.ts';
import { sourceSchema } from './source.ts';

export const MAX_ADAPTERS = 16;
export const MAX_ADAPTER_NAME = 63;
/** Stands between the name of a Model and that of its adapter; no name of a resource holds it. */
export const ADAPTER_MARK = ':';

const name = withRules(
  z
    .string()
    .max(MAX_ADAPTER_NAME)
    .meta({ description: `What clients append to the name of the Model to ask for it: MODEL${ADAPTER_MARK}NAME.` }),
  {
    holds: matches(self, '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$'),
    field: '',
    message: 'spec.adapters.name must be lower-case letters, digits, dashes and dots',
    remedy: 'write a name such as discharge-letter',
  },
);

const scale = withRules(
  z.number().meta({
    description: 'How strongly the adapter changes the model: 1 is what it was trained for, 0.5 half of it.',
  }),
  {
    holds: between(self, 0.01, 10, 'double'),
    field: '',
    message: 'spec.adapters.scale must be between 0.01 and 10',
    remedy: 'write 1, or leave the field out; take the adapter off the list to switch it off',
  },
).default(1);

const adapter = z.strictObject({
  name,
  source: sourceSchema({
    path: 'spec.adapters.source',
    what: 'LoRA weights',
    bundled: 'discharge-letter',
    description: 'The adapter: a GGUF file of type lora, made for the very weights of spec.source.',
  }),
  scale,
});

export const adaptersSchema = withRules(
  z.array(adapter).max(MAX_ADAPTERS).meta({
    description:
      'LoRA adapters. One that cannot be used is not offered, and AdaptersReady says why; the Model serves without it.',
  }),
  {
    holds: eachOnce('name'),
    field: '',
    message: 'spec.adapters must not name an adapter twice',
    remedy: 'give the second one another name, or remove it',
  },
);

export const adapterStatusSchema = z
  .array(
    z.strictObject({
      name: z.string().meta({ description: 'As in spec.adapters.' }),
      ready: z.boolean().meta({ description: 'Whether an engine process that answers has it loaded.' }),
      digest: z.string().optional().meta({ description: 'SHA-256 of the file, once it was computed.' }),
      bytes: z.int().optional().meta({ description: 'Size of the file.' }),
      rank: z.int().optional().meta({ description: 'Largest rank of its matrices.' }),
      reason: z.string().optional().meta({ description: 'Why it is not ready.' }),
      message: z.string().optional().meta({ description: 'The same as a sentence.' }),
    }),
  )
  .max(MAX_ADAPTERS)
  .optional()
  .meta({
    description: 'The adapters, in the order of the spec.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  });

export const endpointAdaptersSchema = z
  .array(
    z.strictObject({
      name: z.string().meta({ description: 'As in spec.adapters.' }),
      id: z.int().meta({ description: 'What the engine calls it.' }),
      scale: z.number().meta({ description: 'How strongly it is applied.' }),
      digest: z.string().meta({ description: 'SHA-256 of the file.' }),
    }),
  )
  .max(MAX_ADAPTERS)
  .optional()
  .meta({ description: 'Adapters that are loaded there.' });

export type AdapterStatus = NonNullable<z.infer<typeof adapterStatusSchema>>[number];
export type EndpointAdapter = NonNullable<z.infer<typeof endpointAdaptersSchema>>[number];
