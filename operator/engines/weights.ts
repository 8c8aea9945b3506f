// What the product needs to know about a weights file before it starts anything: shape, size, needs. Readers of one
// format (`gguf.ts`) produce these facts; engines judge them and the planner turns them into bytes. Imports nothing.

/** Facts of a weights file, all from its header. Sizes in bytes, counts as whole numbers. */
export interface WeightsFacts {
  readonly format: 'gguf';
  /** As the file names it: `llama` (Llama, Mistral, Mixtral), `rwkv7`, `qwen3`, `gemma3`, `bert` ... */
  readonly architecture: string;
  readonly name?: string;
  /** Elements of all tensors. */
  readonly parameters: number;
  /** Parameters that take part in one token: fewer than `parameters` in a mixture of experts. */
  readonly activeParameters: number;
  /** Size of the file. */
  readonly weightsBytes: number;
  /** The type that holds most of the weights: `F32`, `F16`, `Q8_0`, `Q4_K` ... */
  readonly quantisation: string;
  /** Tokens that the model was trained to see at once. */
  readonly contextLength?: number;
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  /** One entry a layer: attention heads that keep a cache (0 in a recurrent layer). */
  readonly kvHeads: readonly number[];
  readonly keyLength: number;
  readonly valueLength: number;
  /** Tokens that a windowed layer looks back on, where the architecture has such layers. */
  readonly slidingWindow?: number;
  readonly expertCount?: number;
  readonly expertUsed?: number;
  /** Bytes of the constant state that a recurrent model keeps for each sequence (RWKV, Mamba). */
  readonly recurrentStateBytes?: number;
  readonly vocabulary: number;
  /** Kind of tokenizer as the file names it: `llama`, `gpt2`, `bert`, `rwkv` ... */
  readonly tokenizer?: string;
  readonly chatTemplate: boolean;
  /** Makes vectors, not text. */
  readonly embeddingOnly: boolean;
  /** Files that the model is spread over; 1 when this one is whole. */
  readonly splitCount: number;
}

export type WeightsErrorCode = 'missing_weights' | 'unreadable_weights' | 'corrupt_weights' | 'unsupported_weights';

/** A weights file that cannot be used, found before an engine is started. `message` holds no path and no content. */
export class WeightsError extends Error {
  readonly code: WeightsErrorCode;
  readonly remedy: string;

  constructor(code: WeightsErrorCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WeightsError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** Bytes of attention cache that one token adds, 16 bits an element; 0 for a purely recurrent model. */
export function cacheBytesPerToken(facts: WeightsFacts): number {
  const kvHeads = facts.kvHeads.reduce((sum, heads) => sum + heads, 0);
  return kvHeads * (facts.keyLength + facts.valueLength) * 2;
}
