// The bundled engine, seen from the operator: how `llama-worker.ts` is launched, measured and understood when it ends.
// Imports: the rest of this folder but the worker's own code, which runs in another process.
import { fileURLToPath } from 'node:url';
import { ARCHITECTURES } from './architectures.ts';
import { defaultContextTokens } from './default-context.ts';
import type { Acceptance, Engine, EngineFailureReason, Explanation, Launch, LaunchInput } from './engine.ts';
import { explain, explainLastWords } from './explain.ts';
import { EXIT_CODES } from './llama-worker/exit-codes.ts';
import { loraList } from './lora-list.ts';
import { memoryNeed } from './memory.ts';
import { openAiProbe } from './probe.ts';
import type { WeightsFacts } from './weights.ts';

const WORKER = fileURLToPath(new URL('./llama-worker.ts', import.meta.url));
/** Private memory of Node, V8 and the library with no model: measured 70 MiB at its start and 6 for the library. */
export const PROGRAM_BYTES = 84 * 1024 * 1024;
/** Text, score and look-up tables of one token, in llama.cpp and in JavaScript: measured .96 KB, for RWKV 1.4. */
const BYTES_PER_TOKEN = 1024;
const BYTES_PER_RWKV_TOKEN = 1440;
const BATCH_TOKENS = 512;
/**
 * V8 sees a heap of 28 MiB on a machine with much memory and collects late; what the garbage holds in llama.cpp
 * (grammars, samplers) it does not see at all. Measured over 3,000 answers under a schema: 178 MiB resident and flat
 * instead of 205 to 240 in steps, at the same speed.
 */
const V8_FLAGS = ['--optimize-for-size', '--max-semi-space-size=2'];

const REASONS: ReadonlyMap<number, EngineFailureReason> = new Map([
  [EXIT_CODES.missingFile, 'MissingFile'],
  [EXIT_CODES.corruptFile, 'CorruptFile'],
  [EXIT_CODES.unknownArchitecture, 'UnknownArchitecture'],
  [EXIT_CODES.portTaken, 'PortTaken'],
  [EXIT_CODES.outOfMemory, 'OutOfMemory'],
  [EXIT_CODES.invalidArguments, 'InvalidArguments'],
  [EXIT_CODES.unsupportedFile, 'UnsupportedFile'],
  [EXIT_CODES.contextTooLong, 'ContextTooLong'],
  // The header was good, so what llama.cpp stumbled over lies in the tensors.
  [EXIT_CODES.loadFailed, 'CorruptFile'],
]);

export const llamaWorkerEngine: Engine = {
  name: 'llama-worker',
  accepts,
  defaultContextTokens,
  memory: (facts, { contextTokens, slots }) =>
    memoryNeed(facts, {
      contextTokens: contextTokens ?? defaultContextTokens(facts),
      slots: (slots ?? 1) + 1,
      programBytes: PROGRAM_BYTES,
      bytesPerToken: facts.tokenizer === 'rwkv' ? BYTES_PER_RWKV_TOKEN : BYTES_PER_TOKEN,
      batchTokens: BATCH_TOKENS,
    }),
  launch,
  probe: openAiProbe,
  adapters: loraList,
  explainExit,
};

function accepts(facts: WeightsFacts): Acceptance {
  if (facts.splitCount > 1) {
    return {
      ok: false,
      ...explain('UnsupportedFile', `it is one of ${facts.splitCount} parts: join them with llama-gguf-split --merge`),
    };
  }
  if (ARCHITECTURES.has(facts.architecture)) return { ok: true };
  return { ok: false, ...explain('UnknownArchitecture', JSON.stringify(facts.architecture.slice(0, 64))) };
}

function launch(input: LaunchInput): Launch {
  const args = [
    ...V8_FLAGS,
    WORKER,
    '--model',
    input.weights,
    '--host',
    input.host,
    '--port',
    String(input.port),
    '--parallel',
    String(input.slots ?? 1),
    '--threads',
    String(input.threads ?? 1),
  ];
  for (const { path } of input.adapters ?? []) args.push('--lora', path);
  if (input.contextTokens !== undefined) args.push('--ctx-size', String(input.contextTokens));
  return {
    command: process.execPath,
    args,
    env: { INTRAMUROS_ENGINE_BEARER: input.bearer, INTRAMUROS_ENGINE_LIFELINE: '3' },
  };
}

function explainExit(code: number | null, signal: string | null, stderrTail: string): Explanation {
  const reason = code === null ? undefined : REASONS.get(code);
  return reason === undefined ? explainLastWords(code, signal, stderrTail) : explain(reason);
}
