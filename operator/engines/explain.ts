// Sentences for the ends that every engine can come to. Imports: engine.
import type { EngineFailureReason, Explanation } from './engine.ts';

const SENTENCES: Readonly<Record<EngineFailureReason, Omit<Explanation, 'reason'>>> = {
  MissingFile: {
    message: 'the engine cannot read the weights file',
    remedy: 'Check that spec.source.uri names an existing file that the user running Intramuros may read.',
  },
  CorruptFile: {
    message: 'the weights file is damaged or incomplete',
    remedy: 'Copy the file again from its source and set spec.source.digest, so that a damaged copy is found at once.',
  },
  UnknownArchitecture: {
    message: 'the engine does not know the architecture of the model',
    remedy: 'Use a model of a supported architecture, or a newer llama-server by INTRAMUROS_LLAMA_SERVER.',
  },
  UnsupportedFile: {
    message: 'the weights file is of a kind that the engine does not load',
    remedy: 'Use a single-file GGUF of version 2 or 3 in a documented quantisation.',
  },
  PortTaken: {
    message: 'the port chosen for the engine is in use',
    remedy: 'Another process took the port; the engine is started again on another one.',
  },
  OutOfMemory: {
    message: 'the engine ran out of memory',
    remedy: 'Lower spec.contextTokens or spec.replicas, use a smaller quantisation, or give the machine more memory.',
  },
  ContextTooLong: {
    message: 'spec.contextTokens is more than the model was trained on',
    remedy: 'Lower spec.contextTokens to what the status shows as the context of the weights.',
  },
  EngineMissing: {
    message: 'the program of the engine cannot be started',
    remedy: 'Check that INTRAMUROS_LLAMA_SERVER names an executable file for this machine.',
  },
  InvalidArguments: {
    message: 'the engine refused its arguments',
    remedy: 'This llama-server may be too old: use a release that knows --model, --host, --port and --ctx-size.',
  },
  EngineStopped: {
    message: 'the engine ended by itself without an error',
    remedy: 'It is started again; if it ends again, look at its log.',
  },
  EngineKilled: {
    message: 'the engine was killed',
    remedy: 'It is started again; if this repeats, the kernel may be short of memory: see its log (dmesg).',
  },
  EngineCrashed: {
    message: 'the engine crashed',
    remedy: 'It is started again; if it crashes again, try the file with another engine or another quantisation.',
  },
};

/** The explanation for a reason; `detail` says more without a path or personal data. */
export function explain(reason: EngineFailureReason, detail?: string): Explanation {
  const { message, remedy } = SENTENCES[reason];
  return { reason, message: detail === undefined ? message : `${message} (${detail})`, remedy };
}

/** What any native engine's last words mean; the first pattern that matches counts. */
const LAST_WORDS: readonly (readonly [RegExp, EngineFailureReason])[] = [
  [/unknown model architecture/i, 'UnknownArchitecture'],
  [/address already in use|couldn't bind|EADDRINUSE|bind.*(failed|socket)/i, 'PortTaken'],
  [/bad_alloc|out of memory|cannot allocate|failed to allocate|ENOMEM|unable to allocate/i, 'OutOfMemory'],
  [/no such file|failed to open|cannot open|error opening|permission denied/i, 'MissingFile'],
  [
    /tensor .*(not within|out of bounds)|corrupt|truncat|invalid magic|failed to read|missing tensor|wrong shape|failed to load/i,
    'CorruptFile',
  ],
  [/unknown argument|invalid argument|unrecognized|usage:/i, 'InvalidArguments'],
];

/** A check of llama.cpp's own that did not hold: it names code, never a prompt. */
const FAILED_CHECK = /GGML_ASSERT\((.{1,120}?)\) failed/;

/** Explains an end from the signal and the last lines that an engine wrote. */
export function explainLastWords(code: number | null, signal: string | null, stderrTail: string): Explanation {
  // The shell's codes for a program that it could not execute or find.
  if (code === 126 || code === 127) return explain('EngineMissing');
  const [, failedCheck] = FAILED_CHECK.exec(stderrTail) ?? [];
  if (failedCheck !== undefined) return explain('EngineCrashed', `a check of llama.cpp did not hold: ${failedCheck}`);
  for (const [pattern, reason] of LAST_WORDS) if (pattern.test(stderrTail)) return explain(reason);
  // 128 + n is how a shell reports death by signal n.
  if (signal === 'SIGKILL' || code === 137) return explain('EngineKilled', 'SIGKILL');
  if (signal === 'SIGTERM' || code === 143) return explain('EngineKilled', 'SIGTERM');
  if (code === 0) return explain('EngineStopped');
  return explain('EngineCrashed', signal ?? `exit code ${code ?? 'unknown'}`);
}
