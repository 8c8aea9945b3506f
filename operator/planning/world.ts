// What the planner is told: everything it needs to know of one Model, its weights, its processes and the machine. The
// controller observes it; a table of such worlds tests the planner. Imports types of operator/api.
import type { Failure } from '../api/conditions.ts';
import type { ObservedWorkload } from '../api/ports.ts';
import type { Model } from '../api/v1alpha1/model.ts';
import type { ScalingStatus } from '../api/v1alpha1/scaling.ts';

/** What the weights file turned out to be. */
export interface VerifiedSource {
  readonly state: 'verified';
  /** Where the runtime finds the file. */
  readonly path: string;
  /** Changes when the bytes of the file may have changed. */
  readonly identity: string;
  /** `sha256:<hex>`, once it was computed. */
  readonly digest?: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly quantisation: string;
  readonly weightsBytes: number;
  readonly embeddingOnly: boolean;
  /** JSON Schema that lies beside the weights. */
  readonly answerSchema?: Readonly<Record<string, unknown>>;
}

export type SourceState =
  | { readonly state: 'verifying'; readonly bytesDone: number; readonly bytesTotal: number }
  | ({ readonly state: 'failed' } & Failure)
  | VerifiedSource;

/** What running the model takes, by the engine that would run it. */
export interface EngineNeeds {
  readonly engine: string;
  /** Why this engine cannot run it. */
  readonly refusal?: Failure;
  readonly contextTokens: number;
  /** Tokens that the model was trained to see at once, where the weights say so. */
  readonly contextLimit?: number;
  readonly slots: number;
  readonly weightsBytes: number;
  /** Of a mixture of experts: what belongs to the experts, all of which count. */
  readonly expertBytes?: number;
  /** Of a mixture of experts: the weights that one token reads, which bound its speed. */
  readonly activeBytes?: number;
  /** Adapters beside the weights; left out where there are none. */
  readonly adaptersBytes?: number;
  /** Attention cache of all slots: grows with the context. */
  readonly cacheBytes: number;
  /** Recurrent state of all slots: the same for any context. */
  readonly stateBytes: number;
  /** Scratch space of the largest batch. */
  readonly computeBytes: number;
  /** Program and vocabulary. */
  readonly programBytes: number;
  /** The sum: memory of one replica. */
  readonly replicaBytes: number;
  /** The sum for another context, adapters left out; absent where the engine cannot tell. */
  readonly bytesAt?: (contextTokens: number) => number;
}

/** What the file of an adapter turned out to be. */
export type AdapterState =
  | { readonly state: 'verifying' }
  | ({ readonly state: 'failed' } & Failure)
  | {
      readonly state: 'verified';
      /** Where the runtime finds the file. */
      readonly path: string;
      readonly digest: string;
      readonly bytes: number;
      readonly rank: number;
    };

/** One entry of spec.adapters with what is known of its file. */
export interface WantedAdapter {
  readonly name: string;
  readonly scale: number;
  readonly file: AdapterState;
}

export interface MachineMemory {
  readonly totalBytes: number;
  /** What new processes may take now. */
  readonly availableBytes: number;
}

export interface ModelWorld {
  readonly model: Model;
  /** Whether the PrivacyPolicy that the Model names exists; the built-in one always does. */
  readonly policyExists: boolean;
  readonly source: SourceState;
  /** Present when the source is verified. */
  readonly needs?: EngineNeeds;
  /** Those of the spec, in its order; left out where it names none. */
  readonly adapters?: readonly WantedAdapter[];
  /** What runs for this Model. */
  readonly workloads: readonly ObservedWorkload[];
  /** What was decided from the requests, with spec.scaling; else what the stored status says holds on. */
  readonly scaling?: ScalingStatus;
  readonly memory: MachineMemory;
  /** Memory that processes of other Models were promised and have not taken yet. */
  readonly promisedBytes: number;
}
