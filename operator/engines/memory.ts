// How much memory an engine process on llama.cpp needs for a file, in the parts of the plan. Imports: weights,
// compute-buffer, operator/planning.
import { attentionCacheBytes, type CacheLayout, type MemoryParts, sumParts } from '../planning/memory.ts';
import { computeBufferBytes } from './compute-buffer.ts';
import type { WeightsFacts } from './weights.ts';

export interface MemoryInput {
  /** Tokens that every slot can hold. */
  readonly contextTokens: number;
  /** Slots, the probe's included. */
  readonly slots: number;
  /** What the program takes with no model loaded, in bytes. */
  readonly programBytes: number;
  /** What the program keeps for each token of the vocabulary, in bytes. */
  readonly bytesPerToken: number;
  /** Most tokens computed at once. */
  readonly batchTokens: number;
}

/** llama.cpp pads every sequence to this many cells. */
const PAD_TOKENS = 256;
/** 16-bit floats. */
const ELEMENT_BYTES = 2;

export function memoryNeed(facts: WeightsFacts, input: MemoryInput): MemoryParts {
  const { embeddingOnly } = facts;
  // A model of vectors reads its texts one after another, each at once.
  const sequences = embeddingOnly ? 1 : input.slots;
  const batchTokens = embeddingOnly ? input.contextTokens : input.batchTokens;
  const layout: CacheLayout = {
    contextTokens: input.contextTokens,
    sequences,
    elementBytes: ELEMENT_BYTES,
    padTokens: PAD_TOKENS,
    windowExtraTokens: batchTokens + 1,
  };
  return sumParts({
    weightsBytes: facts.weightsBytes,
    cacheBytes: facts.cacheless ? 0 : attentionCacheBytes(facts, layout),
    stateBytes: (facts.recurrentStateBytes ?? 0) * sequences,
    computeBytes: computeBufferBytes(facts, { layout, batchTokens }),
    programBytes: input.programBytes + facts.vocabulary * input.bytesPerToken,
  });
}
