// Writes GGUF headers byte by byte, with whatever lies in them: the honest writer beside the fixtures could not. A good
// header comes out where nothing is changed.

export interface RawTensor {
  readonly name: string | Buffer;
  readonly shape: readonly (number | bigint)[];
  /** How many lengths the file says that there are. */
  readonly dimensions?: number;
  readonly type?: number;
  readonly offset?: number | bigint;
}

export interface RawEntry {
  readonly key: string | Buffer;
  readonly type: number;
  /** The value as it stands in the file. */
  readonly bytes: Buffer;
}

export interface RawFile {
  readonly entries?: readonly RawEntry[];
  readonly tensors?: readonly RawTensor[];
  readonly entryCount?: bigint;
  readonly tensorCount?: bigint;
  /** Bytes of data behind the header. */
  readonly dataBytes?: number;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

export const number = (key: string, value: number): RawEntry => ({ key, type: 4, bytes: u32(value) });
export const string = (key: string, value: string): RawEntry => ({ key, type: 8, bytes: text(value) });

/** `length` says more or less than there is where it is given. */
export function list(key: string, of: number, items: readonly Buffer[], length?: number | bigint): RawEntry {
  return { key, type: 9, bytes: Buffer.concat([u32(of), u64(length ?? items.length), ...items]) };
}

/** The least that a llama needs to be read; each may be replaced by one of the same key. */
export const GOOD_ENTRIES: readonly RawEntry[] = [
  string('general.architecture', 'llama'),
  number('llama.block_count', 1),
  number('llama.embedding_length', 32),
  number('llama.attention.head_count', 2),
  number('llama.context_length', 512),
  list('tokenizer.ggml.tokens', 8, ['a', 'b', 'c'].map(text)),
];
export const GOOD_TENSORS: readonly RawTensor[] = [
  { name: 'token_embd.weight', shape: [32, 3], offset: 0 },
  { name: 'output_norm.weight', shape: [32], offset: 384 },
];

export function withEntries(...changed: readonly RawEntry[]): readonly RawEntry[] {
  const keys = new Set(changed.map(({ key }) => key));
  return [...GOOD_ENTRIES.filter(({ key }) => !keys.has(key)), ...changed];
}

export function rawGguf(file: RawFile = {}): Buffer {
  const { entries = GOOD_ENTRIES, tensors = GOOD_TENSORS, dataBytes = 512 } = file;
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(file.tensorCount ?? tensors.length),
    u64(file.entryCount ?? entries.length),
    ...entries.flatMap(({ key, type, bytes }) => [text(key), u32(type), bytes]),
    ...tensors.flatMap(({ name, shape, dimensions = shape.length, type = 0, offset = 0 }) => [
      text(name),
      u32(dimensions),
      ...shape.map(u64),
      u32(type),
      u64(offset),
    ]),
  ]);
  return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), Buffer.alloc(dataBytes)]);
}
