// The scratch space that llama.cpp needs for its largest batch. Its allocator lets tensors of the graph share memory as
// soon as they are no longer read, so what counts is the fullest moment: within attention or within the feed-forward.
// The shares below were read from the allocations of llama.cpp for 180 combinations of shape, widths, context and slots
// (within 15 % of each; test/fit holds them against the library). Imports: weights, operator/planning.
import { type CacheLayout, cacheCells } from '../planning/memory.ts';
import type { WeightsFacts } from './weights.ts';

/** Activations are 32-bit. */
const ACTIVATION_BYTES = 4;

export interface ComputeInput {
  readonly layout: CacheLayout;
  /** Most tokens computed at once. */
  readonly batchTokens: number;
}

/**
 * Bytes that are really touched. Logits are reserved for every token of a batch but written for one a sequence, and
 * memory that is never written takes no room.
 */
export function computeBufferBytes(facts: WeightsFacts, { layout, batchTokens }: ComputeInput): number {
  const { sequences } = layout;
  const batch = Math.min(batchTokens, cacheCells(layout, 0) * sequences);
  const peak = Math.max(attentionWidth(facts), feedForwardWidth(facts), recurrentWidth(facts));
  const logits = (facts.vocabulary + 2 * facts.embedding) * sequences * ACTIVATION_BYTES;
  const state = ((facts.recurrentStateBytes ?? 0) / Math.max(1, facts.layers)) * sequences * 2.5;
  return Math.round(peak * batch * ACTIVATION_BYTES + logits + state + maskBytes(facts, layout, batch));
}

/** Elements alive for a token in attention: its input and residual, queries, keys, values, and what comes out. */
function attentionWidth({ embedding, heads, kvHeads, keyLength, valueLength }: WeightsFacts): number {
  const kv = Math.max(0, ...kvHeads);
  if (heads === 0 || kv === 0) return 0;
  return 3 * embedding + heads * (keyLength + valueLength) + kv * (keyLength + valueLength);
}

/** Gate, up and their product, for every expert that a token uses. */
function feedForwardWidth({ embedding, feedForward, expertUsed }: WeightsFacts): number {
  if (expertUsed === undefined) return 3 * feedForward + 3 * embedding;
  return Math.max(3 * feedForward, feedForward + embedding) * expertUsed + 4 * embedding;
}

/** A recurrent layer mixes a token with its predecessor six times over before it touches the state. */
function recurrentWidth({ embedding, feedForward, recurrentStateBytes = 0 }: WeightsFacts): number {
  return recurrentStateBytes === 0 ? 0 : Math.max(19 * embedding, 2 * feedForward + 6 * embedding);
}

/** Which cells each token of a batch may see, once for full and once for windowed layers; without flash attention the scores too. */
function maskBytes(facts: WeightsFacts, layout: CacheLayout, batch: number): number {
  if (facts.kvHeads.every((heads) => heads === 0)) return 0;
  const flash = flashAttention(facts);
  const windows = [...new Set(facts.windows ?? facts.kvHeads.map(() => 0))];
  const cells = windows.map((window) => cacheCells(layout, window));
  const masks = cells.reduce((sum, each) => sum + each * batch * (flash ? 2 : 4), 0);
  return flash ? masks : masks + Math.max(...cells) * batch * facts.heads * ACTIVATION_BYTES;
}

/** Where llama.cpp computes attention without writing the scores down; the library decides by these rules. */
export function flashAttention({ architecture, keyLength, valueLength }: WeightsFacts): boolean {
  return architecture !== 'grok' && architecture !== 'gemma2' && keyLength === valueLength;
}
