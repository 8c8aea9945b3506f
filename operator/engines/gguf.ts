// Reads the header of a GGUF file (versions 2 and 3) into WeightsFacts and checks that all tensor data is there, so
// that a truncated or foreign file is a sentence in the status before any process is started. Own code rather than
// the engine's, because the header is input from outside: every count, length and depth is bounded.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Imports: weights and the gguf-* files.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { corrupt, GgufCursor } from './gguf-cursor.ts';
import { factsOf, type TensorSummary } from './gguf-facts.ts';
import { type Metadata, positive, readMetadata } from './gguf-metadata.ts';
import { GGML_TYPES } from './gguf-types.ts';
import { WeightsError, type WeightsFacts } from './weights.ts';

const MAX_TENSORS = 262_144;
/** llama.cpp keeps names of up to 63 bytes; longer ones can only be a mistake. */
const MAX_NAME_BYTES = 1024;
const MAX_DIMENSIONS = 4;
const MAX_ALIGNMENT = 65_536;

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
  readonly metadata: Metadata;
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
    // A pipe of that name must not hold us up: it is opened without waiting and then seen to be no file.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
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
): Promise<{ metadata: Metadata; summary: TensorSummary }> {
  const cursor = new GgufCursor(file, size);
  if (size < 24) throw corrupt('it is shorter than a GGUF header');
  await cursor.need(24);
  if (cursor.take(4).toString('latin1') !== 'GGUF') throw corrupt('it does not begin with GGUF');
  checkVersion(cursor.u32());
  const tensorCount = cursor.u64();
  const entryCount = cursor.u64();
  if (tensorCount > MAX_TENSORS) throw corrupt(`it claims ${tensorCount} tensors`);
  const metadata = await readMetadata(cursor, entryCount);
  const expertCount = positive(metadata, keyOf(metadata, 'expert_count'), 1);
  const expertRatio = Math.min(1, positive(metadata, keyOf(metadata, 'expert_used_count'), 1) / expertCount);
  const alignment = positive(metadata, 'general.alignment', 32);
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

/**
 * Walks the tensor table and checks that the data of every tensor lies inside the file, at the place where the one
 * before it ends: what the loader itself insists on.
 */
async function readTensors(
  cursor: GgufCursor,
  { count, size, alignment, expertRatio, onTensor }: TensorReading,
): Promise<TensorSummary> {
  if (!Number.isInteger(Math.log2(alignment)) || alignment > MAX_ALIGNMENT)
    throw corrupt('its alignment is not a power of two');
  let parameters = 0;
  let activeParameters = 0;
  let expected = 0;
  let expertBytes = 0;
  const names = new Set<string>();
  const elementsByType = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const tensor = await readTensor(cursor);
    if (names.has(tensor.name)) throw corrupt('two of its tensors have one name');
    names.add(tensor.name);
    if (tensor.offset !== expected) throw corrupt('its tensors are not where its header puts them');
    onTensor(tensor);
    expected = Math.ceil((tensor.offset + tensor.bytes) / alignment) * alignment;
    parameters += tensor.elements;
    activeParameters += tensor.expert ? tensor.elements * expertRatio : tensor.elements;
    expertBytes += tensor.expert ? tensor.bytes : 0;
    elementsByType.set(tensor.typeName, (elementsByType.get(tensor.typeName) ?? 0) + tensor.elements);
    if (tensor.offset + tensor.bytes > size) throw corrupt('a tensor in its header points beyond its end');
    const dataStart = Math.ceil(cursor.position / alignment) * alignment;
    if (index === count - 1 && dataStart + tensor.offset + tensor.bytes > size) {
      throw corrupt(`it is truncated: ${size} bytes of at least ${dataStart + tensor.offset + tensor.bytes}`);
    }
  }
  const [quantisation = 'none'] = [...elementsByType].sort((a, b) => b[1] - a[1])[0] ?? [];
  return { parameters, activeParameters: Math.round(activeParameters), expertBytes, quantisation };
}

async function readTensor(cursor: GgufCursor): Promise<TensorEntry> {
  const name = await cursor.readName(MAX_NAME_BYTES);
  const dimensions = await cursor.readU32();
  if (dimensions > MAX_DIMENSIONS) throw corrupt(`a tensor has ${dimensions} dimensions`);
  await cursor.need(dimensions * 8 + 12);
  const shape = Array.from({ length: dimensions }, () => cursor.u64());
  if (shape.includes(0)) throw corrupt('a tensor has a dimension of 0');
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
  if ((shape[0] ?? 1) % type.blockElements !== 0) throw corrupt('a row of a tensor is no whole number of blocks');
  const bytes = (elements / type.blockElements) * type.blockBytes;
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(bytes)) throw corrupt('a tensor has an impossible size');
  return { name, shape, elements, bytes, offset, typeName: type.name, expert: name.includes('_exps.') };
}

function keyOf(metadata: Metadata, suffix: string): string {
  const architecture = metadata.get('general.architecture');
  return `${typeof architecture === 'string' ? architecture : ''}.${suffix}`;
}
