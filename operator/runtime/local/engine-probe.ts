// Asks one engine process whether it really works: first until its model is loaded, then for one real token, again and
// again. Tells a hung process from a slow one by the processor time it uses.
import type { Failure } from '../../api/conditions.ts';
import type { WorkloadProbe } from '../../api/ports.ts';
import type { ProbeRequest } from '../../engines/engine.ts';
import { pause } from '../../kube/back-off.ts';
import { hangFailure, probeRefused } from './failures.ts';
import { HangWatch } from './hang-watch.ts';
import { askLoopback, type LoopbackAnswer } from './loopback-request.ts';
import { groupActivity, ownsPort } from './process-group.ts';

/** Before its first answer a process may wait for its own set-up, doing nothing, for longer than when it serves. */
const STARTING_IDLE_FACTOR = 20;
const SAMPLE_MS = 250;
/** Failed answers in a row after which the process is ended. */
const MOST_REFUSALS = 3;
/** Stale for this many times `staleMs`: the process is ended although it uses its processor. */
const GIVE_UP_FACTOR = 5;

export interface EngineProbeOptions {
  /** Process group of the engine. */
  readonly group: number;
  readonly port: number;
  readonly healthPath: string;
  readonly completion: ProbeRequest;
  readonly timing: WorkloadProbe;
  /** A completion was answered. */
  readonly onAnswer: () => void;
  /** The last completion is too old or failed; the process lives. */
  readonly onSilence: (failure: Failure) => void;
  /** The process must be ended. */
  readonly onGiveUp: () => void;
}

export class EngineProbe {
  readonly #options: EngineProbeOptions;
  readonly #stopped = new AbortController();
  #answered = false;
  #finished: Promise<Failure | undefined> = Promise.resolve(undefined);

  constructor(options: EngineProbeOptions) {
    this.#options = options;
  }

  start(): void {
    this.#finished = this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Why the process was given up; undefined when the probe was stopped. */
  get finished(): Promise<Failure | undefined> {
    return this.#finished;
  }

  async #run(): Promise<Failure | undefined> {
    const failure = (await this.#untilLoaded()) ?? (await this.#whileServing());
    if (failure !== undefined) this.#options.onGiveUp();
    return failure;
  }

  async #untilLoaded(): Promise<Failure | undefined> {
    const { signal } = this.#stopped;
    const { port, healthPath, group, timing } = this.#options;
    const watch = this.#watch();
    while (!signal.aborted) {
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(timing.hungMs)]);
      const answer = await quietly(askLoopback({ port, method: 'GET', path: healthPath, signal: timeout }));
      if (answer?.status === 200) return this.#checkOwner();
      if (watch.isHung(groupActivity(group), performance.now())) return hangFailure('EngineHung');
      await pause(100, signal);
    }
    return undefined;
  }

  // Whoever took the port before our engine could bind it might answer just as well.
  #checkOwner(): Failure | undefined {
    const { group, port } = this.#options;
    return ownsPort(group, port) === false ? hangFailure('PortTaken') : undefined;
  }

  async #whileServing(): Promise<Failure | undefined> {
    const { signal } = this.#stopped;
    let refusals = 0;
    while (!signal.aborted) {
      const result = await this.#complete();
      if (signal.aborted) return undefined;
      if (result === 'answered') {
        refusals = 0;
        this.#answered = true;
        this.#options.onAnswer();
      } else if ('gaveUp' in result) {
        return result.gaveUp;
      } else {
        refusals += 1;
        this.#options.onSilence(result.refused);
        if (refusals >= MOST_REFUSALS) return result.refused;
      }
      await pause(this.#options.timing.periodMs, signal);
    }
    return undefined;
  }

  #watch(): HangWatch {
    const { hungMs, periodMs } = this.#options.timing;
    const idleMs = this.#answered ? hungMs : STARTING_IDLE_FACTOR * hungMs;
    // It may have been stopped since the last answer, a period before the first sample.
    const stoppedMs = Math.max(SAMPLE_MS, hungMs - periodMs - SAMPLE_MS);
    return new HangWatch({ stoppedMs, idleMs }, performance.now());
  }

  /** One completion, however long it takes, unless the process hangs meanwhile. */
  async #complete(): Promise<'answered' | { refused: Failure } | { gaveUp: Failure }> {
    const { port, completion, timing, group, onSilence } = this.#options;
    const cancel = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, cancel.signal]);
    const { method, path, headers, body } = completion;
    const settled = new AbortController();
    const asking = quietly(askLoopback({ port, method, path, headers, body, signal })).finally(() => settled.abort());
    const startedAt = performance.now();
    const watch = this.#watch();
    let silent = false;
    for (;;) {
      await pause(SAMPLE_MS, settled.signal);
      if (settled.signal.aborted) return judge(await asking, completion);
      const waitedMs = performance.now() - startedAt;
      if (watch.isHung(groupActivity(group), performance.now())) return cancelled(cancel, 'EngineHung');
      if (waitedMs > GIVE_UP_FACTOR * timing.staleMs) return cancelled(cancel, 'NotAnswering');
      if (waitedMs > timing.staleMs && !silent) {
        silent = true;
        onSilence(hangFailure('NotAnswering'));
      }
    }
  }
}

function cancelled(cancel: AbortController, reason: 'EngineHung' | 'NotAnswering'): { gaveUp: Failure } {
  cancel.abort();
  return { gaveUp: hangFailure(reason) };
}

function judge(answer: LoopbackAnswer | undefined, completion: ProbeRequest): 'answered' | { refused: Failure } {
  if (answer === undefined) return { refused: hangFailure('ProbeFailed') };
  return completion.answered(answer.status, answer.body) ? 'answered' : { refused: probeRefused(answer.status) };
}

/** Undefined instead of an error: a probe that fails is an observation. */
function quietly<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined);
}
