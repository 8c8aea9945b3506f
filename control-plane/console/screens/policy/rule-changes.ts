// What a change of a policy comes to, value kind by value kind: from which action to which, and whether that is stricter.
// Pure; half-written specs are read as far as they go.

import type { PresentedSpan } from '../../../admin/redaction/explained-span.ts';

export type Action = PresentedSpan['action'];
export type Entity = PresentedSpan['type'];

/** From the mildest to the strictest. */
export const ACTIONS: readonly Action[] = ['allow', 'pseudonymise', 'mask', 'block'];

export interface RuleChange {
  readonly from: Action;
  readonly to: Action;
  readonly stricter: boolean;
  readonly entities: readonly Entity[];
}

export interface ChangeSummary {
  readonly rules: readonly RuleChange[];
  readonly kept: readonly { readonly feature: string; readonly kept: boolean }[];
  readonly minScore: { readonly from: number; readonly to: number } | undefined;
}

export function isAction(value: unknown): value is Action {
  return ACTIONS.some((each) => each === value);
}

/** What holds for a kind of value; what looks like a surrogate never passes as it is. */
export function actionFor(spec: unknown, entity: Entity): Action {
  const { default: other, entities } = recordOf(spec);
  const said = recordOf(entities)[entity];
  const action = isAction(said) ? said : isAction(other) ? other : 'pseudonymise';
  return entity === 'SURROGATE' && action === 'allow' ? 'pseudonymise' : action;
}

export function changesOf(before: unknown, after: unknown, entities: readonly Entity[]): ChangeSummary {
  const groups = new Map<string, RuleChange>();
  for (const entity of entities) {
    const [from, to] = [actionFor(before, entity), actionFor(after, entity)];
    if (from === to) continue;
    const key = `${from} ${to}`;
    const group = groups.get(key)?.entities ?? [];
    const stricter = ACTIONS.indexOf(to) > ACTIONS.indexOf(from);
    groups.set(key, { from, to, stricter, entities: [...group, entity] });
  }
  const [old, next] = [keptOf(before), keptOf(after)];
  const features = [...new Set([...old, ...next])].filter(
    (feature) => old.includes(feature) !== next.includes(feature),
  );
  const [from, to] = [scoreOf(before), scoreOf(after)];
  return {
    // What lets more through is what one must see first.
    rules: [...groups.values()].toSorted((a, b) => Number(a.stricter) - Number(b.stricter)),
    kept: features.map((feature) => ({ feature, kept: next.includes(feature) })),
    minScore: from === to ? undefined : { from, to },
  };
}

export function keptOf(spec: unknown): readonly string[] {
  const { keep } = recordOf(spec);
  return Array.isArray(keep) ? keep.filter((each) => typeof each === 'string') : [];
}

function scoreOf(spec: unknown): number {
  const { minScore } = recordOf(spec);
  return typeof minScore === 'number' ? minScore : 0.5;
}

export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
