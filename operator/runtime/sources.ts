// The weights as the controller sees them: a port, because on one machine they are files and on a cluster they are not.
// Imports types of operator/api, operator/planning and operator/engines.
import type { ModelSource } from '../api/v1alpha1/model.ts';
import type { WeightsFacts } from '../engines/weights.ts';
import type { AdapterState, SourceState, VerifiedSource } from '../planning/world.ts';

/** A verified source, with all that its header says. */
export type InspectedSource =
  | Exclude<SourceState, VerifiedSource>
  | (VerifiedSource & { readonly facts: WeightsFacts });

export interface Sources {
  /** What is known now; begins to look when nothing is. Never waits. */
  observe(source: ModelSource): InspectedSource;
  /** The same for an adapter that is laid over these weights. */
  observeAdapter(source: ModelSource, weights: Pick<VerifiedSource, 'path' | 'embeddingOnly'>): AdapterState;
  /** Calls back with the uri whose state changed. Returns the function that ends it. */
  changes(onChange: (uri: string) => void): () => void;
  /** Looks again whether what was seen is still there. */
  refresh(): void;
}
