// From the metadata and tensors of a GGUF file to WeightsFacts. Imports: architectures, gguf-checks, gguf-cursor,
// gguf-metadata, sliding-window, weights.
import { ARCHITECTURES } from './architectures.ts';
import { type Count, checkShape, countOf } from './gguf-checks.ts';
import { corrupt } from './gguf-cursor.ts';
import type { Metadata, Value } from './gguf-metadata.ts';
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

export function factsOf(metadata: Metadata, tensors: TensorSummary, size: number): WeightsFacts {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string' || architecture === '') throw corrupt('it does not name its architecture');
  const get = (suffix: string) => metadata.get(`${architecture}.${suffix}`);
  const count: Count = (suffix, fallback = 0) => countOf(get(suffix), suffix) || fallback;
  const layers = count('block_count');
  if (layers > MAX_LAYERS) throw corrupt(`it claims ${layers} layers`);
  const embedding = count('embedding_length');
  const heads = count('attention.head_count');
  const kvHeads = perLayer(get('attention.head_count_kv'), layers, heads);
  const headLength = heads > 0 ? Math.floor(embedding / heads) : 0;
  const recurrentStateBytes = recurrentBytes(count, layers, embedding, kvHeads);
  const name = metadata.get('general.name');
  const contextLength = count('context_length');
  const windows = windowsOf(architecture, layers, count('attention.sliding_window'), get);
  const expertCount = count('expert_count');
  const tokenizer = metadata.get('tokenizer.ggml.model');
  const vocabulary = lengthOf(metadata.get('tokenizer.ggml.tokens')) ?? count('vocab_size');
  // Of an architecture that nobody here knows, nobody can say what its file must hold.
  if (ARCHITECTURES.has(architecture)) {
    checkShape({ metadata, architecture, layers, embedding, heads, vocabulary, parameters: tensors.parameters }, count);
  }
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
    feedForward: count('expert_feed_forward_length') || count('feed_forward_length'),
    heads,
    kvHeads,
    keyLength: count('attention.key_length', headLength),
    valueLength: count('attention.value_length', headLength),
    ...(windows === undefined ? {} : { windows }),
    ...(expertCount > 0
      ? { expertCount, expertUsed: count('expert_used_count', expertCount), expertBytes: tensors.expertBytes }
      : {}),
    ...(recurrentStateBytes > 0 ? { recurrentStateBytes } : {}),
    vocabulary,
    ...(typeof tokenizer === 'string' ? { tokenizer } : {}),
    chatTemplate: typeof metadata.get('tokenizer.chat_template') === 'string',
    embeddingOnly: get('attention.causal') === false || count('pooling_type') > 0,
    cacheless: get('attention.causal') === false,
    splitCount: Math.max(1, countOf(metadata.get('split.count'), 'split.count')),
  };
}

function perLayer(value: Value | undefined, layers: number, fallback: number): number[] {
  const most = countOf(value, 'attention.head_count_kv');
  if (Array.isArray(value)) return Array.from({ length: layers }, (_, layer) => Number(value[layer] ?? 0));
  return new Array<number>(layers).fill(value === undefined ? fallback : most);
}

function lengthOf(value: Value | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object') throw corrupt('its vocabulary is no list');
  return value.length;
}

function windowsOf(
  architecture: string,
  layers: number,
  windowTokens: number,
  get: (suffix: string) => Value | undefined,
) {
  const period = get('attention.sliding_window_pattern');
  return layerWindows(architecture, layers, { windowTokens, period: typeof period === 'number' ? period : 0 });
}

/** Bytes of recurrent state a sequence, 32 bits an element, as llama.cpp lays it out for RWKV and for Mamba. */
function recurrentBytes(count: Count, layers: number, embedding: number, kvHeads: readonly number[]): number {
  const recurrentLayers = kvHeads.filter((heads) => heads === 0).length || layers;
  const wkvHead = count('wkv.head_size');
  if (wkvHead > 0) return recurrentLayers * 4 * (embedding * wkvHead + count('token_shift_count', 2) * embedding);
  const state = count('ssm.state_size');
  if (state === 0) return 0;
  const inner = count('ssm.inner_size');
  const convolved = inner + 2 * count('ssm.group_count') * state;
  return recurrentLayers * 4 * (Math.max(0, count('ssm.conv_kernel') - 1) * convolved + state * inner);
}
