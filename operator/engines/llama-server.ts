// A native llama-server of the company's own, named by INTRAMUROS_LLAMA_SERVER. It gets --model, --host, --port, and
// --ctx-size only where the Model says contextTokens; the rest (slots, threads, bearer) goes by the environment
// variables that llama.cpp documents, so that any build and any stand-in can be started. Imports: this folder.
import { defaultContextTokens } from './default-context.ts';
import type { Acceptance, Engine, Launch, LaunchInput } from './engine.ts';
import { explain, explainLastWords } from './explain.ts';
import { loraList } from './lora-list.ts';
import { memoryNeed } from './memory.ts';
import { openAiProbe } from './probe.ts';
import type { WeightsFacts } from './weights.ts';

/** Estimates: builds differ, and none comes with the product to be measured. */
const PROGRAM_BYTES = 32 * 1024 * 1024;
const BYTES_PER_TOKEN = 512;
const BATCH_TOKENS = 512;

/**
 * A shell starts a watcher in the background and then becomes the server itself, so that the process id, the signals
 * and the exit code are the server's. The watcher reads the lifeline (fd 3); when it closes, it kills the group. The
 * group's number cannot be reused while the watcher is in it.
 */
const SCRIPT = `(trap '' TERM INT HUP; cat <&3; kill -KILL -- -$$ || kill -KILL $$) >/dev/null 2>&1 & exec 3<&-; exec "$@"`;

/** Off: a page that would be an unredacted way in, a view of others' prompts, downloads, 8 GiB of cached prompts. */
const CLOSED = {
  LLAMA_ARG_UI: '0',
  LLAMA_ARG_NO_WEBUI: '1',
  LLAMA_ARG_ENDPOINT_SLOTS: '0',
  LLAMA_ARG_OFFLINE: '1',
  LLAMA_ARG_CACHE_RAM: '0',
};

/** `path`: the executable, as configured. */
export function createLlamaServerEngine(path: string): Engine {
  return {
    name: 'llama-server',
    accepts,
    defaultContextTokens,
    memory: (facts, { contextTokens, slots }) =>
      memoryNeed(facts, {
        contextTokens: contextTokens ?? defaultContextTokens(facts),
        slots: (slots ?? 1) + 1,
        programBytes: PROGRAM_BYTES,
        bytesPerToken: BYTES_PER_TOKEN,
        batchTokens: BATCH_TOKENS,
      }),
    launch: (input) => launch(path, input),
    probe: openAiProbe,
    adapters: loraList,
    explainExit: explainLastWords,
  };
}

/** Which architectures a foreign build knows only it can tell: it says so when it starts. */
function accepts(facts: WeightsFacts): Acceptance {
  if (facts.splitCount === 1) return { ok: true };
  return {
    ok: false,
    ...explain('UnsupportedFile', `it is one of ${facts.splitCount} parts: join them with llama-gguf-split --merge`),
  };
}

function launch(path: string, input: LaunchInput): Launch {
  const slots = (input.slots ?? 1) + 1;
  const args = [path, '--model', input.weights, '--host', input.host, '--port', String(input.port)];
  // llama-server divides its context among the slots.
  if (input.contextTokens !== undefined) args.push('--ctx-size', String(input.contextTokens * slots));
  // Applied to no request by themselves: each names the one that it wants. The strength of 0 is what a request without
  // `lora` gets; the flag alone leaves it at 1.
  if (input.adapters !== undefined && input.adapters.length > 0) args.push('--lora-init-without-apply');
  for (const { path: file } of input.adapters ?? []) args.push('--lora-scaled', `${file}:0`);
  return {
    command: '/bin/sh',
    args: ['-c', SCRIPT, 'llama-server', ...args],
    env: {
      LLAMA_API_KEY: input.bearer,
      LLAMA_ARG_N_PARALLEL: String(slots),
      LLAMA_ARG_THREADS: String(input.threads ?? 1),
      ...(input.embeddingOnly === true ? { LLAMA_ARG_EMBEDDINGS: '1' } : {}),
      ...CLOSED,
    },
  };
}
