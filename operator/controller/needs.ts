// What running given weights takes: asks the engines in their order of preference. Imports
// operator/engines (types) and operator/planning.
import type { ModelSpec } from '../api/v1alpha1/model.ts';
import type { Engine } from '../engines/engine.ts';
import type { WeightsFacts } from '../engines/weights.ts';
import { activeWeightsBytes } from '../planning/memory.ts';
import type { EngineNeeds } from '../planning/world.ts';

/** The first engine that accepts the weights, and what it needs; when none does, the first one's refusal. */
export function needsOf(engines: readonly Engine[], facts: WeightsFacts, spec: ModelSpec, slots: number): EngineNeeds {
  const [first] = engines;
  if (first === undefined) throw new Error('no engine is configured');
  const engine = engines.find((each) => each.accepts(facts).ok) ?? first;
  const acceptance = engine.accepts(facts);
  const contextTokens = spec.contextTokens ?? engine.defaultContextTokens(facts);
  const { totalBytes, ...parts } = engine.memory(facts, { contextTokens, slots });
  return {
    engine: engine.name,
    contextTokens,
    slots,
    ...parts,
    replicaBytes: totalBytes,
    bytesAt: (tokens) => engine.memory(facts, { contextTokens: tokens, slots }).totalBytes,
    ...(facts.expertBytes === undefined
      ? {}
      : { expertBytes: facts.expertBytes, activeBytes: activeWeightsBytes(facts) }),
    ...(facts.contextLength === undefined ? {} : { contextLimit: facts.contextLength }),
    ...(acceptance.ok
      ? {}
      : { refusal: { reason: acceptance.reason, message: acceptance.message, remedy: acceptance.remedy } }),
  };
}
