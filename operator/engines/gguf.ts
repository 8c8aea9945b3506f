// Reads the header of a GGUF file (versions 2 and 3) into WeightsFacts and checks that all tensor data is there, so
// that a truncated or foreign file is a sentence in the status before any process is started. Own code rather than
// the engine's, because the header is input from outside: every count, length and depth is bounded.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Imports: weights, gguf-cursor, gguf-types.
import { type FileHandle, open } from 'node:fs/promises';
import { corrupt, GgufCursor } from './gguf-cursor.ts';
import { GGML_TYPES } from './gguf-types.ts';
import { WeightsError, type WeightsFacts } from './weights.ts';

const MAX_ENTRIES = 65_536;
const MAX_TENSORS = 262_144;
const MAX_ARRAY_DEPTH = 4;
const MAX_KEY_BYTES = 65_535;
const MAX_STRING_BYTES = 4 * 1024 * 1024;
/** Arrays longer than this (vocabularies) are stepped over and only counted; per-layer arrays are far shorter. */
const MAX_KEPT_ELEMENTS = 4096;
const MAX_DIMENSIONS = 4;

type Scalar = number | boolean | string;
/** A metadata value: a scalar, a short array of scalars, or the length of a long or nested array. */
type Value = Scalar | readonly Scalar[] | { readonly length: number };

/** Bytes of the fixed-size metadata value types; 8 is a string, 9 an array. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

interface TensorSummary {
  readonly parameters: number;
  readonly activeParameters: number;
  readonly quantisation: string;
}

interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
  readonly offset: number;
  readonly typeName: string;
  readonly expert: boolean;
}

interface TensorReading {
  readonly count: number;
  readonly size: number;
  readonly alignment: number;
  readonly expertRatio: number;
  readonly onTensor: (tensor: TensorEntry) => void;
}

/**
 * The facts of a GGUF file. Throws WeightsError: `missing_weights` (no such file), `unreadable_weights` (permission,
 * folder, I/O), `corrupt_weights` (not GGUF, damaged or truncated), `unsupported_weights` (a version of another age
 * or byte order).
 */
export async function readGgufHeader(path: string): Promise<WeightsFacts> {
  return withFile(path, async (file, size) => {
    const { metadata, summary } = await readTable(file, size);
    if (metadata.get('general.type') === 'adapter') throw notWeights();
    return factsOf(metadata, summary, size);
  });
}

function notWeights(): WeightsError {
  return new WeightsError(
    'unsupported_weights',
    'the file is a LoRA adapter, not a model',
    'Name it in spec.adapters of the Model that it was made for.',
  );
}

/** What a GGUF file holds, by name: its metadata, and the shape of each tensor (the first dimension runs fastest). */
export interface GgufTable {
  readonly metadata: ReadonlyMap<string, Value>;
  readonly tensors: ReadonlyMap<string, readonly number[]>;
  readonly bytes: number;
}

/** The table of a GGUF file of any kind. Throws as readGgufHeader does. */
export async function readGgufTable(path: string): Promise<GgufTable> {
  const tensors = new Map<string, readonly number[]>();
  return withFile(path, async (file, size) => {
    const { metadata } = await readTable(file, size, ({ name, shape }) => tensors.set(name, shape));
    return { metadata, tensors, bytes: size };
  });
}

async function withFile<T>(path: string, read: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  const file = await openWeights(path);
  try {
    const { size } = await file.stat();
    return await read(file, size);
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    throw unreadable(error);
  } finally {
    await file.close();
  }
}

async function openWeights(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new WeightsError(
        'missing_weights',
        'the weights file does not exist',
        'Put the file there, or correct spec.source.uri.',
        { cause: error },
      );
    }
    throw unreadable(error);
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new WeightsError(
    'unreadable_weights',
    'spec.source.uri names something that is not a file',
    'Name the .gguf file itself, not its folder.',
  );
}

function unreadable(cause: unknown): WeightsError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new WeightsError(
    'unreadable_weights',
    `the weights file cannot be read (${code})`,
    'Give the user that runs Intramuros the right to read it.',
    { cause },
  );
}

async function readTable(
  file: FileHandle,
  size: number,
  onTensor: (tensor: TensorEntry) => void = () => {},
): Promise<{ metadata: Map<string, Value>; summary: TensorSummary }> {
  const cursor = new GgufCursor(file, size);
  if (size < 24) throw corrupt('it is shorter than a GGUF header');
  await cursor.need(24);
  if (cursor.take(4).toString('latin1') !== 'GGUF') throw corrupt('it does not begin with GGUF');
  checkVersion(cursor.u32());
  const tensorCount = cursor.u64();
  const entryCount = cursor.u64();
  if (tensorCount > MAX_TENSORS) throw corrupt(`it claims ${tensorCount} tensors`);
  if (entryCount > MAX_ENTRIES) throw corrupt(`it claims ${entryCount} metadata entries`);
  const metadata = new Map<string, Value>();
  for (let index = 0; index < entryCount; index += 1) {
    const key = await cursor.readString(MAX_KEY_BYTES);
    metadata.set(key, await readValue(cursor, await cursor.readU32(), 0));
  }
  const expertRatio =
    number(metadata, keyOf(metadata, 'expert_used_count'), 1) / number(metadata, keyOf(metadata, 'expert_count'), 1);
  const alignment = number(metadata, 'general.alignment', 32);
  const summary = await readTensors(cursor, { count: tensorCount, size, alignment, expertRatio, onTensor });
  return { metadata, summary };
}

function checkVersion(version: number): void {
  if (version === 2 || version === 3) return;
  const bigEndian = version === 0x02000000 || version === 0x03000000;
  throw new WeightsError(
    'unsupported_weights',
    bigEndian ? 'the weights file is written for big-endian machines' : `the weights file is GGUF version ${version}`,
    'Convert the model again with a current convert_hf_to_gguf.py: versions 2 and 3, little-endian, are read.',
  );
}

async function readValue(cursor: GgufCursor, type: number, depth: number): Promise<Value> {
  if (type === 8) return cursor.readString(MAX_STRING_BYTES);
  if (type === 9) return readArray(cursor, depth + 1);
  const bytes = SCALAR_BYTES[type];
  if (bytes === undefined) throw corrupt(`a metadata entry has the unknown type ${type}`);
  await cursor.need(bytes);
  return scalar(cursor.take(bytes), type);
}

async function readArray(cursor: GgufCursor, depth: number): Promise<Value> {
  if (depth > MAX_ARRAY_DEPTH) throw corrupt('its metadata nests arrays too deep');
  const type = await cursor.readU32();
  const length = await cursor.readU64();
  const bytes = SCALAR_BYTES[type];
  if (bytes !== undefined && length > MAX_KEPT_ELEMENTS) {
    cursor.skip(bytes * length);
    return { length };
  }
  const kept: Scalar[] = [];
  for (let index = 0; index < length; index += 1) {
    if (bytes !== undefined) {
      await cursor.need(bytes);
      kept.push(scalar(cursor.take(bytes), type));
    } else if (type === 8) {
      if (!cursor.has(8)) await cursor.need(8);
      cursor.skip(cursor.u64());
    } else {
      await readValue(cursor, type, depth);
    }
  }
  return bytes === undefined ? { length } : kept;
}

function scalar(bytes: Buffer, type: number): Scalar {
  switch (type) {
    case 0:
      return bytes.readUInt8(0);
    case 1:
      return bytes.readInt8(0);
    case 2:
      return bytes.readUInt16LE(0);
    case 3:
      return bytes.readInt16LE(0);
    case 4:
      return bytes.readUInt32LE(0);
    case 5:
      return bytes.readInt32LE(0);
    case 6:
      return bytes.readFloatLE(0);
    case 7:
      return bytes.readUInt8(0) !== 0;
    case 10:
      return Number(bytes.readBigUInt64LE(0));
    case 11:
      return Number(bytes.readBigInt64LE(0));
    default:
      return bytes.readDoubleLE(0);
  }
}

/**
 * Walks the tensor table and checks that the data of every tensor lies inside the file, at the place where the one
 * before it ends: what the loader itself insists on.
 */
async function readTensors(
  cursor: GgufCursor,
  { count, size, alignment, expertRatio, onTensor }: TensorReading,
): Promise<TensorSummary> {
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0) throw corrupt('its alignment is not a power of two');
  let parameters = 0;
  let activeParameters = 0;
  let expected = 0;
  const elementsByType = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const tensor = await readTensor(cursor);
    if (tensor.offset !== expected) throw corrupt('its tensors are not where its header puts them');
    onTensor(tensor);
    expected = Math.ceil((tensor.offset + tensor.bytes) / alignment) * alignment;
    parameters += tensor.elements;
    activeParameters += tensor.expert ? tensor.elements * expertRatio : tensor.elements;
    elementsByType.set(tensor.typeName, (elementsByType.get(tensor.typeName) ?? 0) + tensor.elements);
    const dataStart = Math.ceil(cursor.position / alignment) * alignment;
    if (index === count - 1 && dataStart + tensor.offset + tensor.bytes > size) {
      throw corrupt(`it is truncated: ${size} bytes of at least ${dataStart + tensor.offset + tensor.bytes}`);
    }
  }
  const [quantisation = 'none'] = [...elementsByType].sort((a, b) => b[1] - a[1])[0] ?? [];
  return { parameters, activeParameters: Math.round(activeParameters), quantisation };
}

async function readTensor(cursor: GgufCursor): Promise<TensorEntry> {
  const name = await cursor.readString(MAX_KEY_BYTES);
  const dimensions = await cursor.readU32();
  if (dimensions > MAX_DIMENSIONS) throw corrupt(`a tensor has ${dimensions} dimensions`);
  await cursor.need(dimensions * 8 + 12);
  const shape = Array.from({ length: dimensions }, () => cursor.u64());
  const elements = shape.reduce((product, length) => product * length, 1);
  const typeId = cursor.u32();
  const offset = cursor.u64();
  const type = GGML_TYPES.get(typeId);
  if (type === undefined) {
    throw new WeightsError(
      'unsupported_weights',
      `the weights file holds tensors of the unknown type ${typeId}`,
      'Quantise the model with a type that llama.cpp documents, such as Q4_K_M or Q8_0.',
    );
  }
  const bytes = (elements / type.blockElements) * type.blockBytes;
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(bytes)) throw corrupt('a tensor has an impossible size');
  return { name, shape, elements, bytes, offset, typeName: type.name, expert: name.includes('_exps.') };
}

function keyOf(metadata: ReadonlyMap<string, Value>, suffix: string): string {
  const architecture = metadata.get('general.architecture');
  return `${typeof architecture === 'string' ? architecture : ''}.${suffix}`;
}

function number(metadata: ReadonlyMap<string, Value>, key: string, fallback: number): number {
  const value = metadata.get(key);
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : fallback;
}

function perLayer(value: Value | undefined, layers: number, fallback: number): number[] {
  if (Array.isArray(value)) return Array.from({ length: layers }, (_, layer) => Number(value[layer] ?? 0));
  return new Array<number>(layers).fill(typeof value === 'number' ? value : fallback);
}

function factsOf(metadata: ReadonlyMap<string, Value>, tensors: TensorSummary, size: number): WeightsFacts {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string' || architecture === '') throw corrupt('it does not name its architecture');
  const get = (suffix: string) => metadata.get(`${architecture}.${suffix}`);
  const count = (suffix: string, fallback = 0) => number(metadata, `${architecture}.${suffix}`, fallback);
  const layers = count('block_count');
  if (layers > MAX_KEPT_ELEMENTS) throw corrupt(`it claims ${layers} layers`);
  const embedding = count('embedding_length');
  const headsByLayer = perLayer(get('attention.head_count'), layers, 0);
  const heads = Math.max(0, ...headsByLayer);
  const kvHeads = perLayer(get('attention.head_count_kv'), layers, heads);
  const headLength = heads > 0 ? embedding / heads : 0;
  const recurrentStateBytes = recurrentBytes(count, layers, embedding, kvHeads);
  const name = metadata.get('general.name');
  const contextLength = count('context_length');
  const slidingWindow = count('attention.sliding_window');
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
    heads,
    kvHeads,
    keyLength: count('attention.key_length', headLength),
    valueLength: count('attention.value_length', headLength),
    ...(slidingWindow > 0 ? { slidingWindow } : {}),
    ...(expertCount > 0 ? { expertCount, expertUsed: count('expert_used_count', expertCount) } : {}),
    ...(recurrentStateBytes > 0 ? { recurrentStateBytes } : {}),
    vocabulary: typeof tokens === 'object' ? tokens.length : count('vocab_size'),
    ...(typeof tokenizer === 'string' ? { tokenizer } : {}),
    chatTemplate: typeof metadata.get('tokenizer.chat_template') === 'string',
    embeddingOnly: get('attention.causal') === false || count('pooling_type') > 0,
    splitCount: Math.max(1, number(metadata, 'split.count', 1)),
  };
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
