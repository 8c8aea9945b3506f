// What holds for a tenant and a model, as the gateway composes it: the strictest of every policy that has a say, value
// kind by value kind, with the policy that decided, and the hash that the records of such requests bear.
// Imports policy and redaction.

import * as z from 'zod';
import type { EffectivePolicy, NamedPolicy } from '../../policy/effective-policy.ts';
import { ENTITY_TYPES } from '../../redaction/entities.ts';

/** The policy of a target, composed by the gateway's own stage, and what it was composed of. */
export interface ComposedPolicy {
  readonly policy: EffectivePolicy;
  readonly sources: readonly NamedPolicy[];
}

/** @throws AppError `model_not_found`, `model_not_ready`: there is no such target, or its policy is not known. */
export type ComposePolicy = (tenant: string, model: string) => ComposedPolicy;

const ACTIONS = ['allow', 'pseudonymise', 'mask', 'block'] as const;
const action = z.enum(ACTIONS);

export const effectiveView = z.object({
  tenant: z.string(),
  model: z.string(),
  policy: z.string().meta({ description: 'The policies it is composed of, joined by `+`, as records name it.' }),
  hash: z.string().meta({ description: 'Hash of the composed rules, as records bear it.' }),
  sources: z.array(z.object({ name: z.string(), generation: z.int() })),
  rules: z.array(
    z.object({
      entity: z.enum(ENTITY_TYPES),
      action,
      toModel: z.enum(['asItIs', 'surrogate', 'kindOnly', 'refused']),
      toCaller: z.enum(['asItIs', 'restored', 'never']),
      decidedBy: z.string().meta({ description: 'The first policy that is as strict as all of them together.' }),
      said: z.array(z.object({ policy: z.string(), action })),
    }),
  ),
  keep: z.array(z.object({ feature: z.enum(['gender', 'year']), kept: z.boolean(), decidedBy: z.string() })),
  minScore: z.object({ value: z.number(), decidedBy: z.string() }),
});
export type EffectiveView = z.output<typeof effectiveView>;
type Action = z.output<typeof action>;

const TO_MODEL = { allow: 'asItIs', pseudonymise: 'surrogate', mask: 'kindOnly', block: 'refused' } as const;
const TO_CALLER = { allow: 'asItIs', pseudonymise: 'restored', mask: 'never', block: 'never' } as const;

export function viewOf(tenant: string, model: string, { policy, sources }: ComposedPolicy): EffectiveView {
  const [first] = sources;
  const decider = (decides: (source: NamedPolicy) => boolean) => (sources.find(decides) ?? first)?.name ?? '';
  return {
    ...{ tenant, model, policy: policy.sources.join('+'), hash: policy.hash },
    sources: sources.map(({ name, generation = 0 }) => ({ name, generation })),
    rules: ENTITY_TYPES.map((entity) => {
      const held = policy.action(entity);
      return {
        ...{ entity, action: held, toModel: TO_MODEL[held], toCaller: TO_CALLER[held] },
        decidedBy: policy.origin(entity),
        said: sources.map(({ name, spec }) => ({ policy: name, action: saidOf(spec, entity) })),
      };
    }),
    keep: (['gender', 'year'] as const).map((feature) => {
      const kept = policy.keep.has(feature);
      return { feature, kept, decidedBy: decider(({ spec }) => spec.keep.includes(feature) === kept) };
    }),
    minScore: { value: policy.minScore, decidedBy: decider(({ spec }) => spec.minScore === policy.minScore) },
  };
}

function saidOf(spec: NamedPolicy['spec'], entity: (typeof ENTITY_TYPES)[number]): Action {
  return spec.entities?.[entity] ?? spec.default;
}
