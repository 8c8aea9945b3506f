// How much memory an engine process needs for a file: weights, cache or recurrent state of every slot, and what the
// program itself takes. Imports: engine, weights.
import type { MemoryNeed } from './engine.ts';
import { cacheBytesPerToken, type WeightsFacts } from './weights.ts';

export interface MemoryInput {
  /** Tokens that every slot can hold. */
  readonly contextTokens: number;
  /** Slots, the probe's included. */
  readonly slots: number;
  /** What the program takes with no model loaded, in bytes. */
  readonly programBytes: number;
  /** Tokens computed at once, which bounds scratch space. */
  readonly batchTokens: number;
}

export function memoryNeed(facts: WeightsFacts, input: MemoryInput): MemoryNeed {
  const perSlot = facts.embeddingOnly
    ? 0
    : cacheBytesPerToken(facts) * input.contextTokens + (facts.recurrentStateBytes ?? 0);
  // Logits and activations of one batch: the widest rows are the vocabulary and a feed-forward of about four widths.
  const scratchBytes = input.batchTokens * 4 * (facts.embedding * 8 + Math.max(facts.vocabulary, facts.embedding * 4));
  const stateBytes = perSlot * input.slots;
  const overheadBytes = input.programBytes + scratchBytes;
  const { weightsBytes } = facts;
  return { weightsBytes, stateBytes, overheadBytes, totalBytes: weightsBytes + stateBytes + overheadBytes };
}
