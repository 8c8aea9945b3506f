// From the metadata and tensors of a GGUF file to WeightsFacts. Imports: gguf-cursor, gguf-metadata, sliding-window, weights.
import { corrupt } from './gguf-cursor.ts';
import { type Metadata, positive, type Value } from './gguf-metadata.ts';
import { layerWindows } from './sliding-window.ts';
import type { WeightsFacts } from './weights.ts';

/** Of all tensors of a file. */
export interface TensorSummary {
  readonly parameters: number;
  readonly activeParameters: number;
  readonly expertBytes: number;
  readonly quantisation: string;
}

/** What llama.cpp itself bounds them to. */
const MAX_LAYERS = 512;

function perLayer(value: Value | undefined, layers: number, fallback: number): number[] {
  if (Array.isArray(value)) return Array.from({ length: layers }, (_, layer) => Number(value[layer] ?? 0));
  return new Array<number>(layers).fill(typeof value === 'number' ? value : fallback);
}

export function factsOf(metadata: Metadata, tensors: TensorSummary, size: number): WeightsFacts {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string' || architecture === '') throw corrupt('it does not name its architecture');
  const get = (suffix: string) => metadata.get(`${architecture}.${suffix}`);
  const count = (suffix: string, fallback = 0) => positive(metadata, `${architecture}.${suffix}`, fallback);
  const layers = count('block_count');
  if (layers > MAX_LAYERS) throw corrupt(`it claims ${layers} layers`);
  const embedding = count('embedding_length');
  const headsByLayer = perLayer(get('attention.head_count'), layers, 0);
  const heads = Math.max(0, ...headsByLayer);
  const kvHeads = perLayer(get('attention.head_count_kv'), layers, heads);
  const headLength = heads > 0 ? embedding / heads : 0;
  const recurrentStateBytes = recurrentBytes(count, layers, embedding, kvHeads);
  const name = metadata.get('general.name');
  const contextLength = count('context_length');
  const windows = layerWindows(architecture, layers, {
    windowTokens: count('attention.sliding_window'),
    period: count('attention.sliding_window_pattern'),
  });
  const expertCount = count('expert_count');
  const tokens = metadata.get('tokenizer.ggml.tokens');
  const tokenizer = metadata.get('tokenizer.ggml.model');
  return {
    format: 'gguf',
    architecture,
    ...(typeof name === 'string' ? { name } : {}),
    parameters: tensors.parameters,
    activeParameters: tensors.activeParameters,
    weightsBytes: size,
    quantisation: tensors.quantisation,
    ...(contextLength > 0 ? { contextLength } : {}),
    layers,
    embedding,
    feedForward: feedForwardOf(get, count),
    heads,
    kvHeads,
    keyLength: count('attention.key_length', headLength),
    valueLength: count('attention.value_length', headLength),
    ...(windows === undefined ? {} : { windows }),
    ...(expertCount > 0
      ? { expertCount, expertUsed: count('expert_used_count', expertCount), expertBytes: tensors.expertBytes }
      : {}),
    ...(recurrentStateBytes > 0 ? { recurrentStateBytes } : {}),
    vocabulary: typeof tokens === 'object' ? tokens.length : count('vocab_size'),
    ...(typeof tokenizer === 'string' ? { tokenizer } : {}),
    chatTemplate: typeof metadata.get('tokenizer.chat_template') === 'string',
    embeddingOnly: get('attention.causal') === false || count('pooling_type') > 0,
    cacheless: get('attention.causal') === false,
    splitCount: Math.max(1, positive(metadata, 'split.count', 1)),
  };
}

/** The widest layer's; an expert's own where the file tells it. */
function feedForwardOf(get: (suffix: string) => Value | undefined, count: (suffix: string) => number): number {
  const expert = count('expert_feed_forward_length');
  if (expert > 0) return expert;
  const value = get('feed_forward_length');
  return Array.isArray(value) ? Math.max(0, ...value.map(Number)) : count('feed_forward_length');
}

/** Bytes of recurrent state a sequence, 32 bits an element, as llama.cpp lays it out for RWKV and for Mamba. */
function recurrentBytes(
  count: (suffix: string, fallback?: number) => number,
  layers: number,
  embedding: number,
  kvHeads: readonly number[],
): number {
  const recurrentLayers = kvHeads.filter((heads) => heads === 0).length || layers;
  const wkvHead = count('wkv.head_size');
  if (wkvHead > 0) return recurrentLayers * 4 * (embedding * wkvHead + count('token_shift_count', 2) * embedding);
  const state = count('ssm.state_size');
  if (state === 0) return 0;
  const inner = count('ssm.inner_size');
  const convolved = inner + 2 * count('ssm.group_count') * state;
  return recurrentLayers * 4 * (Math.max(0, count('ssm.conv_kernel') - 1) * convolved + state * inner);
}
