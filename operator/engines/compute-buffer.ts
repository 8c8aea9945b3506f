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
  const attends = facts.kvHeads.some((heads) => heads > 0);
  const widths = [
    attends ? attentionWidth(facts, layout) : 0,
    attends ? feedForwardWidth(facts) : 0,
    facts.recurrentStateBytes === undefined ? 0 : recurrentWidth(facts),
  ];
  const activations = Math.max(...widths) * batch * ACTIVATION_BYTES;
  const logits = (facts.vocabulary + 2 * facts.embedding) * sequences * ACTIVATION_BYTES;
  const state = ((facts.recurrentStateBytes ?? 0) / Math.max(1, facts.layers)) * sequences * 2.5;
  return Math.round(activations + logits + state + (attends ? maskBytes(facts, layout, batch) : 0));
}

/**
 * Elements alive for a token in attention: its input and residual, queries, keys, values and what comes out; without
 * flash attention the scores too, one for every head and cell.
 */
function attentionWidth(facts: WeightsFacts, layout: CacheLayout): number {
  const { embedding, heads, kvHeads, keyLength, valueLength } = facts;
  const rows = 3 * embedding + (heads + Math.max(...kvHeads)) * (keyLength + valueLength);
  if (flashAttention(facts)) return rows;
  return rows + 2 * embedding + heads * Math.max(...maskCells(facts, layout));
}

/** Gate, up and their product, for every expert that a token uses. */
function feedForwardWidth({ embedding, feedForward, expertUsed }: WeightsFacts): number {
  if (expertUsed === undefined) return 3 * feedForward + 3 * embedding;
  return Math.max(3 * feedForward, feedForward + embedding) * expertUsed + 4 * embedding;
}

/** A recurrent layer mixes a token with its predecessor six times over before it touches the state. */
function recurrentWidth({ embedding, feedForward }: WeightsFacts): number {
  return Math.max(19 * embedding, 2 * feedForward + 6 * embedding);
}

/** Which cells each token of a batch may see: 16 bits each for flash attention, else 32. */
function maskBytes(facts: WeightsFacts, layout: CacheLayout, batch: number): number {
  const cells = maskCells(facts, layout).reduce((sum, each) => sum + each, 0);
  return cells * batch * (flashAttention(facts) ? 2 : 4);
}

/** Cells of each mask: one for the layers that see all, one for those that look back on a window. */
function maskCells(facts: WeightsFacts, layout: CacheLayout): number[] {
  return [...new Set(facts.windows ?? [0])].map((window) => cacheCells(layout, window));
}

/** Where llama.cpp computes attention without writing the scores down; the library decides by these rules. */
export function flashAttention({ architecture, keyLength, valueLength }: WeightsFacts): boolean {
  return architecture !== 'grok' && architecture !== 'gemma2' && keyLength === valueLength;
}
