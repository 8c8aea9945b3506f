// What llama.cpp takes for granted of a header of an architecture that it knows: where it does not hold, the process
// aborts or computes for ever, and nobody is told why. Found by loading headers with each number replaced in turn
// (test/hostile-files). Imports: gguf-cursor, gguf-metadata.
import { corrupt } from './gguf-cursor.ts';
import type { Metadata, Value } from './gguf-metadata.ts';

export interface CheckedShape {
  readonly metadata: Metadata;
  readonly architecture: string;
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly parameters: number;
}

/** The count that an entry of the architecture holds, or the fallback where it is 0 or left out. */
export type Count = (suffix: string, fallback?: number) => number;

const MAX_EXPERTS = 1024;
/** Four times the largest known. */
const MAX_VOCABULARY = 1_048_576;
const MAX_COUNT = 2 ** 32 - 1;
/** Of a matrix: some hundred times the widest known. */
const MAX_WIDTH = 2 ** 24;
/** Sides of matrices: where the file gives one, none is 0 and none is giant. */
const WIDTHS = [
  'embedding_length',
  'expert_feed_forward_length',
  'attention.key_length',
  'attention.value_length',
  'attention.decay_lora_rank',
  'attention.iclr_lora_rank',
  'attention.value_residual_mix_lora_rank',
  'attention.gate_lora_rank',
];

/** A whole number, or one a layer, of which the largest; 0 where there is none. */
export function countOf(value: Value | undefined, suffix: string): number {
  if (value === undefined) return 0;
  const numbers: readonly unknown[] = Array.isArray(value) ? value : [value];
  const counts = numbers.filter((each) => typeof each === 'number' && Number.isInteger(each) && each >= 0) as number[];
  if (counts.length < numbers.length || Math.max(0, ...counts) > MAX_COUNT) {
    throw corrupt(`${suffix} in its metadata is no count`);
  }
  return Math.max(0, ...counts);
}

export function checkShape(shape: CheckedShape, count: Count): void {
  const { layers, embedding, vocabulary, parameters } = shape;
  if (parameters === 0) throw corrupt('it holds no weights');
  if (layers === 0) throw corrupt('it claims to have no layers');
  if (embedding === 0) throw corrupt('it claims to have no width');
  if (vocabulary > MAX_VOCABULARY) throw corrupt(`it claims a vocabulary of ${vocabulary} tokens`);
  if (count('nextn_predict_layers') > layers) throw corrupt('it claims to predict with more layers than it has');
  checkNumbers(shape);
  checkWidths(shape, count);
  checkExperts(count);
}

function checkNumbers({ metadata, architecture }: CheckedShape): void {
  for (const [key, value] of metadata) {
    if (typeof value !== 'number' || !key.startsWith(`${architecture}.`)) continue;
    const suffix = key.slice(architecture.length + 1);
    if (!Number.isFinite(value)) throw corrupt(`${suffix} in its metadata is no number`);
    if (value < 0 && suffix.endsWith('epsilon')) throw corrupt(`${suffix} in its metadata is below 0`);
  }
}

function checkWidths({ metadata, architecture, embedding, heads }: CheckedShape, count: Count): void {
  const given = (suffix: string) => metadata.get(`${architecture}.${suffix}`);
  for (const suffix of WIDTHS) {
    if (given(suffix) === undefined) continue;
    const width = count(suffix);
    if (width === 0 || width > MAX_WIDTH) throw corrupt(`it claims ${width} as its ${suffix}`);
  }
  const feedForward = count('expert_feed_forward_length') || count('feed_forward_length');
  if (feedForward > MAX_WIDTH) throw corrupt(`it claims ${feedForward} as its feed_forward_length`);
  // Converters write 0 heads and no feed-forward for Mamba, and 0 heads for RWKV.
  if (given('ssm.state_size') !== undefined) return;
  if (given('feed_forward_length') !== undefined && feedForward === 0)
    throw corrupt('it claims to have no feed-forward');
  const wkvHead = given('wkv.head_size');
  if (wkvHead !== undefined) {
    const size = count('wkv.head_size');
    if (size === 0 || embedding % size !== 0) throw corrupt(`it claims heads of ${size} in a width of ${embedding}`);
    return;
  }
  if (given('attention.head_count') !== undefined && heads === 0) throw corrupt('it claims to have no heads');
  // A list may hold zeros: layers without attention. One number holds for all of them.
  if (given('attention.head_count_kv') === 0) throw corrupt('it claims to keep keys and values of no head');
  if (given('rope.dimension_count') === undefined) return;
  const rotated = count('rope.dimension_count');
  const most = count('attention.key_length', embedding);
  if (rotated === 0 || rotated % 2 !== 0 || rotated > most) throw corrupt(`it claims to rotate ${rotated} dimensions`);
}

function checkExperts(count: Count): void {
  const experts = count('expert_count');
  const used = count('expert_used_count');
  if (experts > MAX_EXPERTS) throw corrupt(`it claims ${experts} experts`);
  if (used > experts || (experts > 0 && used === 0)) throw corrupt(`it claims to use ${used} of ${experts} experts`);
  const groups = count('expert_group_count');
  const usedGroups = count('expert_group_used_count');
  const grouped = groups > 1 && (experts % groups !== 0 || usedGroups === 0 || usedGroups >= groups);
  if (groups > 0 && (groups >= experts || grouped)) throw corrupt(`it claims ${groups} groups of ${experts} experts`);
}
