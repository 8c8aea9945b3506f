// The rule of KEP-1623: lastTransitionTime moves only when the status of a condition changes. Imports operator/api types.
import type { Condition, Finding } from '../api/conditions.ts';

/** The order in which people read them: Ready, the sum, comes first. */
export const MODEL_CONDITIONS = [
  'Ready',
  'SourceVerified',
  'Fits',
  'EngineReady',
  'AdaptersReady',
  'RolloutComplete',
] as const;
export type ModelConditionType = (typeof MODEL_CONDITIONS)[number];

/** AdaptersReady is said only of a Model that names adapters. */
export type ModelFindings = Readonly<Record<Exclude<ModelConditionType, 'AdaptersReady'>, Finding>> & {
  readonly AdaptersReady?: Finding;
};

/** The new conditions, given the stored ones; times of those whose status stays are kept. */
export function mergeConditions(
  stored: readonly Condition[],
  findings: ModelFindings,
  observedGeneration: number,
  now: Date,
): Condition[] {
  return MODEL_CONDITIONS.flatMap((type) => {
    const finding = findings[type];
    if (finding === undefined) return [];
    const before = stored.find((condition) => condition.type === type);
    return [
      {
        type,
        status: finding.status,
        reason: finding.reason,
        message: finding.message,
        ...(finding.remedy === undefined ? {} : { remedy: finding.remedy }),
        lastTransitionTime:
          before !== undefined && before.status === finding.status ? before.lastTransitionTime : timestamp(now),
        observedGeneration,
      },
    ];
  });
}

function timestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}
