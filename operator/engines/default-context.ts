// The context that an engine gives when the Model names none. Imports: weights.
import type { WeightsFacts } from './weights.ts';

/** More costs memory for every slot, and few conversations need it; `contextTokens` asks for it. */
const MAX_DEFAULT_TOKENS = 4096;

export function defaultContextTokens(facts: Pick<WeightsFacts, 'contextLength'>): number {
  return Math.min(facts.contextLength ?? MAX_DEFAULT_TOKENS, MAX_DEFAULT_TOKENS);
}
