// The last status of a Model whose engines ended with us. Pure.
import type { Model, ModelStatus } from '../api/v1alpha1/model.ts';
import type { ScalingStatus } from '../api/v1alpha1/scaling.ts';

/** What is no longer true once no engine runs. */
const ENDED: ReadonlySet<string> = new Set(['Ready', 'EngineReady', 'AdaptersReady']);

export function stoppedStatus(model: Model, now: Date): ModelStatus {
  const time = `${now.toISOString().slice(0, 19)}Z`;
  const conditions = (model.status?.conditions ?? []).map((condition) => {
    if (!ENDED.has(condition.type)) return condition;
    const { remedy: _remedy, ...kept } = condition;
    return {
      ...kept,
      status: 'False' as const,
      reason: 'ProductStopped',
      message: 'Intramuros was stopped, and its engines with it.',
      remedy: 'Start it again.',
      lastTransitionTime: condition.status === 'False' ? condition.lastTransitionTime : time,
    };
  });
  const adapters = model.status?.adapters?.map((adapter) => ({ ...adapter, ready: false }));
  const { scaling, ...rest } = model.status ?? {};
  const { coldStart: _coldStart, ...decided } = scaling ?? {};
  return {
    ...rest,
    // What was wanted stays: the next start goes on from there. Whoever waited has gone.
    ...(scaling === undefined ? {} : { scaling: decided as ScalingStatus }),
    conditions,
    endpoints: [],
    replicas: 0,
    readyReplicas: 0,
    ...(adapters === undefined ? {} : { adapters, adaptersReady: `0/${adapters.length}` }),
  };
}
