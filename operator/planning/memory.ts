// How much memory a model needs, in named parts, from its shape alone: the same arithmetic for one machine's processes
// and for a cluster's GPUs. What differs by engine (how its cache is padded, what its scratch space is) comes in as
// numbers. Pure; imports nothing.

/** What of a model decides its memory; from a GGUF header, or from a config.json. Sizes in bytes, lengths in elements. */
export interface ModelShape {
  /** All weights: in a mixture of experts every expert, used for a token or not. */
  readonly weightsBytes: number;
  /** Of these, the experts. */
  readonly expertBytes?: number;
  readonly expertCount?: number;
  /** Experts that one token uses. */
  readonly expertUsed?: number;
  readonly layers: number;
  /** One entry a layer: heads that keep a cache (0 in a recurrent layer). */
  readonly kvHeads: readonly number[];
  readonly keyLength: number;
  readonly valueLength: number;
  /** One entry a layer: tokens that it looks back on, 0 for all; left out where every layer sees all. */
  readonly windows?: readonly number[];
  /** Constant state of one sequence (RWKV, Mamba). */
  readonly recurrentStateBytes?: number;
}

/** How an engine lays out its attention cache. */
export interface CacheLayout {
  /** Tokens that one sequence may hold. */
  readonly contextTokens: number;
  /** Sequences held at a time. */
  readonly sequences: number;
  /** Bytes of one cached element: 2 for 16 bits. */
  readonly elementBytes: number;
  /** A cache holds a multiple of this many tokens. */
  readonly padTokens: number;
  /** Tokens that a windowed layer keeps beyond its window: those computed at once. */
  readonly windowExtraTokens: number;
}

/** The memory of one replica. The parts add up to `totalBytes`. */
export interface MemoryParts {
  /** The whole file. Mapped, not copied: page cache, which the kernel may drop and read again, but a token needs all. */
  readonly weightsBytes: number;
  /** Attention cache of all sequences; grows with the context. */
  readonly cacheBytes: number;
  /** Recurrent state of all sequences; the same for any context. */
  readonly stateBytes: number;
  /** Scratch space of the largest batch: activations, masks, scores. */
  readonly computeBytes: number;
  /** The program, its libraries and the vocabulary. */
  readonly programBytes: number;
  readonly totalBytes: number;
}

/** Cells that a layer keeps for one sequence: the context, or where it is windowed its window and the current batch. */
export function cacheCells(layout: CacheLayout, windowTokens: number): number {
  const { contextTokens, padTokens, windowExtraTokens } = layout;
  const context = padTo(contextTokens, padTokens);
  return windowTokens === 0 ? context : Math.min(context, padTo(windowTokens + windowExtraTokens, padTokens));
}

/** Bytes of attention cache of all sequences; 0 for a purely recurrent model. */
export function attentionCacheBytes(shape: ModelShape, layout: CacheLayout): number {
  const width = (shape.keyLength + shape.valueLength) * layout.elementBytes;
  const perSequence = shape.kvHeads.reduce(
    (sum, heads, layer) => sum + heads * width * cacheCells(layout, shape.windows?.[layer] ?? 0),
    0,
  );
  return perSequence * layout.sequences;
}

/** Bytes of weights that one token reads, which is what bounds its speed: of the experts only those used. */
export function activeWeightsBytes(shape: ModelShape): number {
  const { weightsBytes, expertBytes = 0, expertCount = 1, expertUsed = expertCount } = shape;
  return Math.round(weightsBytes - expertBytes * (1 - expertUsed / expertCount));
}

export function sumParts(parts: Omit<MemoryParts, 'totalBytes'>): MemoryParts {
  const { weightsBytes, cacheBytes, stateBytes, computeBytes, programBytes } = parts;
  return { ...parts, totalBytes: weightsBytes + cacheBytes + stateBytes + computeBytes + programBytes };
}

export function padTo(tokens: number, multiple: number): number {
  return Math.ceil(tokens / multiple) * multiple;
}
