// Keeps what the pure decision (operator/planning/scale.ts) remembers of each Model between two looks. What was decided
// last stands in the status of the Model, so that a controller that starts goes on from there.
// Imports operator/api and operator/planning.
import { formatKey } from '../api/metadata.ts';
import type { ObservedWorkload } from '../api/ports.ts';
import type { Model } from '../api/v1alpha1/model.ts';
import type { ScalingStatus } from '../api/v1alpha1/scaling.ts';
import { currentReplicas, type Demand, decideScale, type ScaleMemory, scalingStatus } from '../planning/scale.ts';

/** Where the controller learns what requests there are. */
export interface DemandSource {
  /** What all gateways hold of the Model; undefined while none reports. */
  of(key: string): Demand | undefined;
  changes(onChange: (key: string) => void): () => void;
}

export interface ScalerClock {
  /** Runs evenly, whatever is done to the clock on the wall. */
  readonly nowMs: () => number;
  readonly now: () => Date;
}

export class Scaler {
  readonly #demand: DemandSource;
  readonly #clock: ScalerClock;
  readonly #memories = new Map<string, ScaleMemory>();

  constructor(demand: DemandSource, clock: ScalerClock) {
    this.#demand = demand;
    this.#clock = clock;
  }

  /** What the status shall say, and how many replicas shall run; undefined without spec.scaling. */
  decide(model: Model, workloads: readonly ObservedWorkload[]): ScalingStatus | undefined {
    const key = formatKey(model.metadata);
    const { scaling: spec } = model.spec;
    if (spec === undefined) {
      this.forget(key);
      return undefined;
    }
    const replicas = workloads.flatMap((each) => each.replicas);
    const demand = this.#demand.of(key);
    const current = currentReplicas(model);
    const now = this.#clock.now();
    const answer = decideScale({
      spec,
      memory: this.#memories.get(key),
      demand,
      current,
      // One that failed is not on its way: it would be kept for as long as it fails.
      loading: replicas.some(({ state, failure }) => state === 'starting' && failure === undefined),
      nowMs: this.#clock.nowMs(),
      now,
    });
    this.#memories.set(key, answer.memory);
    const answers = replicas.some(({ state }) => state === 'ready' || state === 'busy');
    return scalingStatus(model.status?.scaling, answer, { current, waiting: answers ? undefined : demand, now });
  }

  forget(key: string): void {
    this.#memories.delete(key);
  }
}
