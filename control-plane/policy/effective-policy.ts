// What may be said to a target: the strictest of every policy that has a say, per entity. One pure function; its hash
// stands in every audit record, so that an auditor can tell under which rules a request was answered.
// Imports redaction's types and the contract's, no I/O.

import { createHash } from 'node:crypto';
import type { PrivacyPolicySpec } from '../../operator/api/v1alpha1/privacy-policy.ts';
import { ENTITY_TYPES, type EntityType } from '../redaction/entities.ts';
import type { Action, RedactionPolicy } from '../redaction/redact.ts';

export interface NamedPolicy {
  readonly name: string;
  readonly spec: PrivacyPolicySpec;
  /** Of the resource; absent for the built-in one. */
  readonly generation?: number;
}

export interface EffectivePolicy extends RedactionPolicy {
  /** The policies that were composed, in the order given. */
  readonly sources: readonly string[];
  /** `sha256:<hex>` over the composed rules: equal rules, equal hash. */
  readonly hash: string;
  /** Which policy decides about an entity: the first that is as strict as all of them together. */
  origin(type: EntityType): string;
}

const STRICTNESS: readonly Action[] = ['allow', 'pseudonymise', 'mask', 'block'];

/** The policy that holds where none is named: every entity gets a surrogate and comes back restored. */
export const INTERNAL_POLICY: NamedPolicy = {
  name: 'internal',
  spec: { default: 'pseudonymise', minScore: 0.5, keep: [] },
};

/** Strictest action, least kept, lowest threshold. Needs at least one policy. */
export function effectivePolicy(policies: readonly NamedPolicy[]): EffectivePolicy {
  const [first] = policies;
  if (first === undefined) throw new RangeError('an effective policy is composed of at least one');
  let node = composed;
  for (const policy of policies) {
    let next = node.after.get(policy);
    if (next === undefined) {
      next = { after: new WeakMap(), policy: undefined };
      node.after.set(policy, next);
    }
    node = next;
  }
  node.policy ??= compose(policies);
  return node.policy;
}

interface Composed {
  readonly after: WeakMap<NamedPolicy, Composed>;
  policy: EffectivePolicy | undefined;
}

/** Every request asks for the policies of its tenant and model, which never change their objects. */
const composed: Composed = { after: new WeakMap(), policy: undefined };

function compose(policies: readonly NamedPolicy[]): EffectivePolicy {
  const actions = new Map<EntityType, Action>();
  for (const type of ENTITY_TYPES) {
    const said = policies.map(({ spec }) => saidOf(spec, type));
    actions.set(type, strictest(said));
  }
  // Input that looks like a surrogate would be restored as if we had issued it: never let it through as it stands.
  if (actions.get('SURROGATE') === 'allow') actions.set('SURROGATE', 'pseudonymise');
  const keep = new Set(
    (['gender', 'year'] as const).filter((feature) =>
      policies.every(({ spec }) => spec.keep?.includes(feature) ?? false),
    ),
  );
  const minScore = Math.min(...policies.map(({ spec }) => spec.minScore ?? 0.5));
  const rules = { actions: Object.fromEntries(actions), keep: [...keep], minScore };
  return {
    sources: policies.map(({ name }) => name),
    hash: `sha256:${createHash('sha256').update(JSON.stringify(rules)).digest('hex')}`,
    action: (type) => actions.get(type) ?? 'pseudonymise',
    origin: (type) =>
      (policies.find(({ spec }) => saidOf(spec, type) === actions.get(type)) ?? policies[0])?.name ?? '',
    keep,
    minScore,
  };
}

function saidOf(spec: PrivacyPolicySpec, type: EntityType): Action {
  return spec.entities?.[type] ?? spec.default ?? 'pseudonymise';
}

function strictest(actions: readonly Action[]): Action {
  return actions.reduce((worst, action) => (STRICTNESS.indexOf(action) > STRICTNESS.indexOf(worst) ? action : worst));
}
