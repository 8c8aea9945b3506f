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
  /** Width of the feed-forward; of one expert in a mixture. */
  readonly feedForward: number;
  readonly heads: number;
  /** One entry a layer: attention heads that keep a cache (0 in a recurrent layer). */
  readonly kvHeads: readonly number[];
  readonly keyLength: number;
  readonly valueLength: number;
  /** One entry a layer: the tokens it looks back on, 0 for all; left out where every layer sees all. */
  readonly windows?: readonly number[];
  readonly expertCount?: number;
  readonly expertUsed?: number;
  /** Bytes of the experts' matrices. */
  readonly expertBytes?: number;
  /** Bytes of the constant state that a recurrent model keeps for each sequence (RWKV, Mamba). */
  readonly recurrentStateBytes?: number;
  readonly vocabulary: number;
  /** Kind of tokenizer as the file names it: `llama`, `gpt2`, `bert`, `rwkv` ... */
  readonly tokenizer?: string;
  readonly chatTemplate: boolean;
  /** Makes vectors, not text. */
  readonly embeddingOnly: boolean;
  /** Sees its whole text at once and keeps nothing of it (BERT). */
  readonly cacheless: boolean;
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
