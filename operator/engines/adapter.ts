// Looks at a LoRA adapter before any engine does: whether it is one, and whether it fits the weights that it would be
// laid over. It checks what llama.cpp's own loader checks, because a native server ends when an adapter cannot be
// loaded, and one bad adapter must not take its model down.
// Format: llama.cpp's convert_lora_to_gguf.py and src/llama-adapter.cpp. Imports: gguf, weights.
import type { Failure } from '../api/conditions.ts';
import { type GgufTable, readGgufTable } from './gguf.ts';
import { WeightsError, type WeightsErrorCode } from './weights.ts';

export interface AdapterFacts {
  readonly architecture: string;
  /** Size of the file, which is also about what it takes in memory. */
  readonly bytes: number;
  /** Largest rank of its matrices. */
  readonly rank: number;
}

export type AdapterLook = { readonly ok: true; readonly facts: AdapterFacts } | ({ readonly ok: false } & Failure);

/** The two factors of one change, by the name of the tensor that it changes: shapes, the first dimension fastest. */
interface Factors {
  a?: readonly number[];
  b?: readonly number[];
}

const HALF = /^(.+)\.lora_([ab])$/;
/** Vectors that converters write and llama.cpp passes over. */
const PASSED_OVER = /_norm\.weight$/;

/** Reads both headers. What is wrong is an answer with reason and remedy; throws only what it does not know. */
export async function inspectAdapter(path: string, weightsPath: string): Promise<AdapterLook> {
  let table: GgufTable;
  try {
    table = await readGgufTable(path);
  } catch (error) {
    if (error instanceof WeightsError) return refuse(...UNREADABLE[error.code]);
    throw error;
  }
  const { metadata } = table;
  if (metadata.get('general.type') !== 'adapter' || metadata.get('adapter.type') !== 'lora') {
    return refuse('NotAnAdapter', 'the file is GGUF, but no LoRA adapter', REMEDIES.kind);
  }
  return compare(table, await readGgufTable(weightsPath));
}

function compare(adapter: GgufTable, weights: GgufTable): AdapterLook {
  const architecture = text(adapter, 'general.architecture');
  const wanted = text(weights, 'general.architecture');
  if (architecture !== wanted) {
    const message = `it is made for the architecture ${quote(architecture)}, the weights are ${quote(wanted)}`;
    return refuse('OtherArchitecture', message, REMEDIES.base);
  }
  const pairs = new Map<string, Factors>();
  for (const [name, shape] of adapter.tensors) {
    const [, tensor, half] = HALF.exec(name) ?? [];
    if (tensor === undefined || half === undefined) {
      if (PASSED_OVER.test(name)) continue;
      return refuse('NotAnAdapter', `it holds the tensor ${quote(name)}, which is no part of a LoRA`, REMEDIES.kind);
    }
    const pair = pairs.get(tensor) ?? {};
    pair[half === 'a' ? 'a' : 'b'] = shape;
    pairs.set(tensor, pair);
  }
  if (pairs.size === 0) return refuse('NotAnAdapter', 'it changes no tensor', REMEDIES.kind);
  let rank = 0;
  for (const [name, pair] of pairs) {
    const mismatch = mismatchOf(name, pair, weights.tensors.get(name));
    if (mismatch !== undefined) return refuse('OtherShape', mismatch, REMEDIES.base);
    rank = Math.max(rank, pair.b?.[0] ?? 0);
  }
  return { ok: true, facts: { architecture, bytes: adapter.bytes, rank } };
}

/** What does not fit, as half a sentence. `a` maps the input to the rank, `b` the rank to the output. */
function mismatchOf(name: string, { a, b }: Factors, tensor: readonly number[] | undefined): string | undefined {
  if (a === undefined || b === undefined) return `one of the two factors for ${quote(name)} is missing`;
  if (tensor === undefined) return `it changes ${quote(name)}, which the weights do not have`;
  const [input, output] = tensor;
  // An embedding is looked up by row, so its factors stand the other way round.
  const fits = name.endsWith('token_embd.weight')
    ? b[1] === input && a[1] === output
    : a[0] === input && b[1] === output && a[1] === b[0];
  if (fits) return undefined;
  return `its factors for ${quote(name)} are ${a.join('x')} and ${b.join('x')}, the tensor is ${tensor.join('x')}`;
}

const REMEDIES = {
  kind: 'Convert the adapter with llama.cpp (convert_lora_to_gguf.py), and name the file that it writes.',
  base: 'Use an adapter that was trained on these weights, or the weights that it was trained on.',
  copy: 'Copy the file again from its source and set its source.digest, so that a damaged copy is found at once.',
};

const UNREADABLE: Readonly<Record<WeightsErrorCode, readonly [reason: string, message: string, remedy: string]>> = {
  missing_weights: ['MissingFile', 'the file does not exist', 'Put the file there, or correct its source.uri.'],
  unreadable_weights: [
    'UnreadableFile',
    'the file cannot be read',
    'Give the user that runs Intramuros the right to read it; source.uri names the file itself, not its folder.',
  ],
  corrupt_weights: ['CorruptFile', 'the file is damaged, incomplete or no GGUF file', REMEDIES.copy],
  unsupported_weights: ['UnsupportedFile', 'the file is of a version or type that is not read', REMEDIES.kind],
};

function refuse(reason: string, message: string, remedy: string): AdapterLook {
  return { ok: false, reason, message, remedy };
}

function text(table: GgufTable, key: string): string {
  const value = table.metadata.get(key);
  return typeof value === 'string' ? value : '';
}

/** A name out of a file, short enough for a sentence. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
