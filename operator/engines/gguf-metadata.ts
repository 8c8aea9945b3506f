// Reads the metadata of a GGUF file: what is small is kept, what is long (vocabularies) is stepped over and counted.
// Hostile input is refused before it costs memory or time. Imports: gguf-cursor.
import { corrupt, type GgufCursor } from './gguf-cursor.ts';

export type Scalar = number | boolean | string;
/** A metadata value: a scalar, a short array of scalars, or the length of a long or nested array. */
export type Value = Scalar | readonly Scalar[] | { readonly length: number };

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

export type Metadata = ReadonlyMap<string, Value>;

const MAX_ENTRIES = 65_536;
const MAX_ARRAY_DEPTH = 4;
const MAX_KEY_BYTES = 65_535;
/** The longest text that is kept; chat templates are the longest that there are. */
const MAX_STRING_BYTES = 4 * 1024 * 1024;
/** Arrays longer than this (vocabularies) are stepped over and only counted; per-layer arrays are far shorter. */
const MAX_KEPT_ELEMENTS = 4096;
/** All texts of all lists: the largest vocabularies of 2026 have 262,144 tokens and half a million merges. */
const MAX_STEPS = 4 * 1024 * 1024;
/** A list in a list counts for so many texts: no known file has one, and each takes as long to read. */
const STEPS_OF_A_LIST = 256;
/** What is kept of all entries together, counting an array's element as 16 bytes. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

const VOCABULARY = 'tokenizer.ggml.tokens';
const MAX_TOKENS = 1_048_576;
const MAX_TOKEN_BYTES = 65_535;

/** What reading may still cost; a hostile file runs out of it, whatever it consists of. */
interface Budget {
  steps: number;
  keptBytes: number;
}

/** Throws WeightsError `corrupt_weights`. */
export async function readMetadata(cursor: GgufCursor, entryCount: number): Promise<Metadata> {
  if (entryCount > MAX_ENTRIES) throw corrupt(`it claims ${entryCount} metadata entries`);
  const metadata = new Map<string, Value>();
  const budget: Budget = { steps: MAX_STEPS, keptBytes: MAX_KEPT_BYTES };
  for (let index = 0; index < entryCount; index += 1) {
    const key = await cursor.readName(MAX_KEY_BYTES);
    if (metadata.has(key)) throw corrupt('a key stands twice in its metadata');
    keep(budget, key.length);
    const type = await cursor.readU32();
    metadata.set(
      key,
      key === VOCABULARY ? await readVocabulary(cursor, type) : await readValue(cursor, type, 0, budget),
    );
  }
  return metadata;
}

async function readValue(cursor: GgufCursor, type: number, depth: number, budget: Budget): Promise<Value> {
  step(budget);
  if (type === 8) {
    const text = await cursor.readString(MAX_STRING_BYTES);
    keep(budget, text.length);
    return text;
  }
  if (type === 9) return readArray(cursor, depth + 1, budget);
  const bytes = SCALAR_BYTES[type];
  if (bytes === undefined) throw corrupt(`a metadata entry has the unknown type ${type}`);
  await cursor.need(bytes);
  return scalar(cursor.take(bytes), type);
}

/** Only counted, but each token must differ from the others: llama.cpp aborts where one stands twice. */
async function readVocabulary(cursor: GgufCursor, type: number): Promise<Value> {
  if (type !== 9 || (await cursor.readU32()) !== 8) throw corrupt('its vocabulary is no list of texts');
  const length = await cursor.readU64();
  if (length > MAX_TOKENS) throw corrupt(`it claims a vocabulary of ${length} tokens`);
  const seen = new Set<number>();
  let empty = 0;
  for (let index = 0; index < length; index += 1) {
    if (!cursor.has(8)) await cursor.need(8);
    const bytes = cursor.u64();
    if (bytes > MAX_TOKEN_BYTES) throw corrupt(`a token is longer than ${MAX_TOKEN_BYTES} bytes`);
    if (!cursor.has(bytes)) await cursor.need(bytes);
    if (bytes === 0) empty += 1;
    else seen.add(hash(cursor.take(bytes)));
  }
  if (seen.size + empty < length) throw corrupt('a token stands twice in its vocabulary');
  return { length };
}

/** 53 bits: of a million tokens that differ, two meet with a chance of 1 in 18,000. */
function hash(bytes: Uint8Array): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b) ^ (high >>> 13);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

async function readArray(cursor: GgufCursor, depth: number, budget: Budget): Promise<Value> {
  if (depth > MAX_ARRAY_DEPTH) throw corrupt('its metadata nests arrays too deep');
  const type = await cursor.readU32();
  const length = await cursor.readU64();
  const bytes = SCALAR_BYTES[type];
  if (bytes !== undefined && length > MAX_KEPT_ELEMENTS) {
    cursor.skip(bytes * length);
    return { length };
  }
  // Refused before the walk: a long one that ends with the file would take all the time of its length.
  if (length > budget.steps) throw corrupt(`an array in its metadata claims ${length} elements`);
  const kept: Scalar[] = [];
  if (bytes !== undefined) keep(budget, length * 16);
  for (let index = 0; index < length; index += 1) {
    if (bytes !== undefined) {
      if (!cursor.has(bytes)) await cursor.need(bytes);
      kept.push(scalar(cursor.take(bytes), type));
    } else if (type === 8) {
      step(budget);
      if (!cursor.has(8)) await cursor.need(8);
      cursor.skip(cursor.u64());
    } else if (type === 9) {
      step(budget, STEPS_OF_A_LIST);
      await readArray(cursor, depth + 1, budget);
    } else throw corrupt(`an array in its metadata has the unknown type ${type}`);
  }
  return bytes === undefined ? { length } : kept;
}

function step(budget: Budget, steps = 1): void {
  budget.steps -= steps;
  if (budget.steps < 0) throw corrupt('its metadata has too many elements');
}

function keep(budget: Budget, bytes: number): void {
  budget.keptBytes -= bytes;
  if (budget.keptBytes < 0) throw corrupt('its metadata is too large');
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

/** A number above zero, else the fallback. */
export function positive(metadata: ReadonlyMap<string, Value>, key: string, fallback: number): number {
  const value = metadata.get(key);
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : fallback;
}
