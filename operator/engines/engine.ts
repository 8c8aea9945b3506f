// An engine is a program that loads one weights file and answers the OpenAI wire format on a loopback port.
// This file is the whole of what the rest of the operator knows about engines: which weights one accepts, how it
// is launched and measured, how it is probed, and what its death meant. One file an engine implements it
// (`llama-worker-engine.ts`, `llama-server.ts`); `engines.ts` chooses. May import: operator/api, operator/planning.
import type { LoadedAdapter } from '../api/ports.ts';
import type { MemoryParts } from '../planning/memory.ts';
import type { WeightsFacts } from './weights.ts';

/** Why an engine is not up, as the reason of a condition. Reasons are stable names: people write alerts on them. */
export type EngineFailureReason =
  | 'MissingFile'
  | 'CorruptFile'
  | 'UnknownArchitecture'
  | 'UnsupportedFile'
  | 'PortTaken'
  | 'OutOfMemory'
  | 'ContextTooLong'
  | 'EngineMissing'
  | 'InvalidArguments'
  | 'EngineStopped'
  | 'EngineKilled'
  | 'EngineCrashed';

/** What a person is told: a stable reason, one sentence of what happened, one of what to do. */
export interface Explanation {
  readonly reason: EngineFailureReason;
  readonly message: string;
  readonly remedy: string;
}

export type Acceptance = { readonly ok: true } | ({ readonly ok: false } & Explanation);

/** A LoRA adapter to load beside the weights; its place in the list is what a request calls it by. */
export interface LaunchAdapter {
  readonly name: string;
  /** Absolute path of its file; holds no comma and no colon. */
  readonly path: string;
}

export interface LaunchInput {
  /** Absolute path of the weights file. */
  readonly weights: string;
  /** Always a loopback address: engines speak plain HTTP. */
  readonly host: string;
  readonly port: number;
  /** Tokens one conversation may hold; left out, the engine's own default for the file holds. */
  readonly contextTokens?: number;
  /** Requests offered at a time; the engine gets one slot more, which only the probe uses. Default 1. */
  readonly slots?: number;
  /** Threads that compute; default 1, because two on a shared core are slower than one. */
  readonly threads?: number;
  /** The model makes vectors; the bundled engine sees that by itself, a native server has to be told. */
  readonly embeddingOnly?: boolean;
  /**
   * Loaded, and applied to no request but those that name one by `lora: [{ id, scale }]`. A request without one says
   * `lora: [{ id: 0, scale: 0 }]`: left out, llama-server would go on from a prefix that an adapter computed.
   */
  readonly adapters?: readonly LaunchAdapter[];
  /** Required as `authorization: Bearer ...` on `/v1/*`; travels by environment so that `ps` does not show it. */
  readonly bearer: string;
}

/**
 * How to start the process. The caller spawns it `detached` (a process group of its own), with
 * `stdio: ['ignore', 'ignore' | 'pipe', 'pipe', 'pipe']`: fd 2 carries diagnostics, and fd 3 is the lifeline, a pipe
 * on which nothing is ever written. When the caller dies, the pipe closes and the engine ends within 2 s. The caller
 * destroys its own end once the process has exited.
 */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** To be laid over the little that the caller passes on (PATH, HOME, locale); never holds personal data. */
  readonly env: Readonly<Record<string, string>>;
}

/** One HTTP request that makes the model compute one real token (or one real embedding). */
export interface ProbeRequest {
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** True when the answer proves that the model computed. */
  answered(status: number, body: string): boolean;
}

export interface ProbedModel extends Pick<WeightsFacts, 'embeddingOnly'> {
  /** The process was launched with adapters. */
  readonly adapters?: boolean;
}

export interface Probe {
  /** GET; 200 once the model is loaded, 503 while it loads. Needs no bearer. */
  readonly healthPath: '/health';
  completion(facts: ProbedModel, bearer: string): ProbeRequest;
}

export interface AdapterQuestion {
  /** GET, with the bearer. */
  readonly path: string;
  /** Of those that it was launched with, those that the answer names; none where it is no such answer. */
  loaded(body: string, launched: readonly LaunchAdapter[]): readonly LoadedAdapter[];
}

export interface Engine {
  /** In statuses and plans; one of its own for each engine. */
  readonly name: string;
  accepts(facts: WeightsFacts): Acceptance;
  /** The context that a launch without `contextTokens` gets, in tokens. */
  defaultContextTokens(facts: WeightsFacts): number;
  memory(facts: WeightsFacts, input: Pick<LaunchInput, 'contextTokens' | 'slots'>): MemoryParts;
  launch(input: LaunchInput): Launch;
  readonly probe: Probe;
  /** How to ask which adapters it has loaded; left out where the engine takes none. */
  readonly adapters?: AdapterQuestion;
  /** What the end of the process meant. `stderrTail`: its last lines, at least 4 KB where there were as many. */
  explainExit(code: number | null, signal: string | null, stderrTail: string): Explanation;
}
