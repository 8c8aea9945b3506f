// Keeps one engine process running: starts it, believes it only after a real completion, asks again and again, starts
// it anew with growing pauses when it ends, and lets it finish its requests when it must go.
// May import: operator/api, operator/planning, operator/engines (types), operator/kube.
import type { Failure } from '../../api/conditions.ts';
import type { LoadedAdapter, ObservedReplica, ReplicaState, Workload } from '../../api/ports.ts';
import type { Engine } from '../../engines/engine.ts';
import { backOffMs, pause } from '../../kube/back-off.ts';
import { EngineLog } from './engine-log.ts';
import { EngineProbe } from './engine-probe.ts';
import { type EngineExit, EngineProcess } from './engine-process.ts';
import { hangFailure, spawnFailure, summariseEnd } from './failures.ts';
import { askLoopback } from './loopback-request.ts';
import type { Machine } from './machine.ts';
import { dropPid, notePid } from './orphans.ts';
import { groupActivity, queuedBytes } from './process-group.ts';

export interface ReplicaTiming {
  /** How long gateways may need to see that an endpoint is gone. */
  readonly noticeMs: number;
  /** After this long a draining process is ended although it still works. */
  readonly drainDeadlineMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly stopGraceMs: number;
  readonly leastRetryMs: number;
  readonly mostRetryMs: number;
  /** A process that answered for this long is not part of a crash loop. */
  readonly stableMs: number;
}

export const DEFAULT_TIMING: ReplicaTiming = {
  noticeMs: 1500,
  drainDeadlineMs: 120_000,
  stopGraceMs: 5000,
  leastRetryMs: 250,
  mostRetryMs: 30_000,
  stableMs: 60_000,
};

/** How long a process may take to say what it has loaded. */
const ASK_MS = 2000;

export interface ReplicaDependencies {
  readonly engine: Engine;
  readonly bearer: string;
  readonly threads: number;
  /** The little of the environment that engines get. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logPath: string | undefined;
  /** Where notes of running processes are left. */
  readonly noteFolder: string | undefined;
  readonly machine: Machine;
  readonly choosePort: () => Promise<number>;
  readonly timing: ReplicaTiming;
  readonly onChange: () => void;
}

interface Change {
  readonly state: ReplicaState;
  readonly url?: string | undefined;
  readonly failure?: Failure | undefined;
  readonly adapters?: readonly LoadedAdapter[] | undefined;
}

export class Replica {
  readonly index: number;
  readonly #workload: Workload;
  readonly #deps: ReplicaDependencies;
  readonly #log: EngineLog;
  readonly #ending = new AbortController();
  #process: EngineProcess | undefined;
  #probe: EngineProbe | undefined;
  #port = 0;
  #state: ReplicaState = 'starting';
  #url: string | undefined;
  #failure: Failure | undefined;
  /** What the process that runs now has loaded; undefined until it was asked. */
  #adapters: readonly LoadedAdapter[] | undefined;
  #restarts = 0;
  /** Processes that the kernel had killed for want of memory when this one was last known to live. */
  #kernelKills: number | undefined;
  /** Ends in a row without a stable run in between. */
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(workload: Workload, index: number, deps: ReplicaDependencies) {
    this.#workload = workload;
    this.index = index;
    this.#deps = deps;
    this.#log = new EngineLog(deps.logPath);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  observe(): ObservedReplica {
    return {
      index: this.index,
      state: this.#state,
      restarts: this.#restarts,
      ...(this.#url === undefined ? {} : { url: this.#url }),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      ...(this.#adapters === undefined ? {} : { adapters: this.#adapters }),
    };
  }

  /** The process group that runs now, for those who watch it from outside. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Lets gateways notice, waits until the process works on nothing, then ends it. Resolves when it is gone. */
  async drain(): Promise<void> {
    this.#ending.abort();
    const served = this.#url !== undefined && (this.#state === 'ready' || this.#state === 'busy');
    this.#set({ state: 'draining' });
    this.#probe?.stop();
    if (served && this.#process !== undefined) await this.#untilIdle(this.#process);
    await this.stop();
  }

  /** Ends the process at once. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#set({ state: 'draining' });
    this.#probe?.stop();
    await this.#process?.end(this.#deps.timing.stopGraceMs);
    await this.#running;
    this.#log.close();
  }

  async #run(): Promise<void> {
    const { timing } = this.#deps;
    while (!this.#ending.signal.aborted) {
      const startedAt = performance.now();
      const failure = await this.#runOnce();
      if (this.#ending.signal.aborted) return;
      if (performance.now() - startedAt > timing.stableMs) this.#failures = 0;
      this.#failures += 1;
      this.#restarts += 1;
      this.#set({ state: 'waiting', url: undefined, failure: summariseEnd(failure, this.#failures) });
      const waitMs = backOffMs(this.#failures, { leastMs: timing.leastRetryMs, mostMs: timing.mostRetryMs });
      await pause(waitMs, this.#ending.signal);
    }
  }

  /** One life of the process, from start to end; says what ended it. */
  async #runOnce(): Promise<Failure> {
    const { engine, machine, environment, noteFolder } = this.#deps;
    this.#kernelKills = machine.outOfMemoryKills();
    this.#adapters = undefined;
    this.#port = await this.#deps.choosePort();
    this.#log.startTail();
    const running = new EngineProcess(this.#launch(this.#port), environment, this.#log);
    this.#process = running;
    notePid(noteFolder, running.pid);
    this.#set({ state: 'starting' });
    const probe = this.#startProbe(running);
    const exit = await running.exited;
    dropPid(noteFolder, running.pid);
    probe.stop();
    const verdict = await probe.finished;
    this.#process = undefined;
    if (verdict !== undefined) return verdict;
    if (exit.spawnError !== undefined) return spawnFailure(engine.name, exit.spawnError);
    if (wasKilled(exit) && (machine.outOfMemoryKills() ?? 0) > (this.#kernelKills ?? 0))
      return hangFailure('OutOfMemory');
    return engine.explainExit(exit.code, exit.signal, this.#log.tail());
  }

  #launch(port: number) {
    const { engine, bearer, threads } = this.#deps;
    const { weights, contextTokens, slots, embeddingOnly, adapters } = this.#workload.launch;
    const wanted = { ...(contextTokens === undefined ? {} : { contextTokens }), ...(adapters && { adapters }) };
    return engine.launch({ weights, host: '127.0.0.1', port, slots, threads, bearer, embeddingOnly, ...wanted });
  }

  #startProbe(running: EngineProcess): EngineProbe {
    const { engine, bearer, machine } = this.#deps;
    const { embeddingOnly, adapters } = this.#workload.launch;
    const port = this.#port;
    const probe = new EngineProbe({
      group: running.pid,
      port,
      healthPath: engine.probe.healthPath,
      completion: engine.probe.completion({ embeddingOnly, adapters: adapters !== undefined }, bearer),
      timing: this.#workload.probe,
      onAnswer: () => {
        // What the kernel killed before this answer was not this process.
        this.#kernelKills = machine.outOfMemoryKills();
        const ready = { state: 'ready', url: `http://127.0.0.1:${port}`, failure: undefined } as const;
        if (this.#adaptersKnown()) {
          if (!running.ended) this.#set(ready);
          return;
        }
        void this.#askThen(running, ready);
      },
      onSilence: (failure) => this.#set({ state: this.#url === undefined ? 'starting' : 'busy', failure }),
      onGiveUp: () => running.kill('SIGKILL'),
    });
    this.#probe = probe;
    probe.start();
    return probe;
  }

  #adaptersKnown(): boolean {
    return (
      this.#workload.launch.adapters === undefined ||
      this.#deps.engine.adapters === undefined ||
      this.#adapters !== undefined
    );
  }

  /** A process is in service once it is known which adapters may be asked of it. */
  async #askThen(running: EngineProcess, ready: Change): Promise<void> {
    const adapters = await this.#askAdapters(this.#port);
    if (!running.ended) this.#set({ ...ready, adapters });
  }

  /** What the process has loaded; undefined where it did not say, then it is asked again after the next completion. */
  async #askAdapters(port: number): Promise<readonly LoadedAdapter[] | undefined> {
    const { engine, bearer } = this.#deps;
    const { adapters } = this.#workload.launch;
    if (adapters === undefined || engine.adapters === undefined) return undefined;
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(ASK_MS)]);
    const headers = { authorization: `Bearer ${bearer}` };
    try {
      const answer = await askLoopback({ port, method: 'GET', path: engine.adapters.path, headers, signal });
      return answer.status === 200 ? engine.adapters.loaded(answer.body, adapters) : undefined;
    } catch {
      // The process has gone, or is too busy to say.
      return undefined;
    }
  }

  async #untilIdle(running: EngineProcess): Promise<void> {
    const { noticeMs, drainDeadlineMs } = this.#deps.timing;
    const ended = new AbortController();
    void running.exited.then(() => ended.abort());
    await pause(noticeMs, ended.signal);
    const deadline = performance.now() + drainDeadlineMs;
    let quiet = 0;
    let ticks = groupActivity(running.pid)?.ticks ?? 0;
    while (quiet < 2 && performance.now() < deadline && !ended.signal.aborted) {
      await pause(400, ended.signal);
      const activity = groupActivity(running.pid);
      const idle =
        activity !== undefined && activity.ticks - ticks <= 1 && !activity.wantsToRun && queuedBytes(this.#port) === 0;
      quiet = idle ? quiet + 1 : 0;
      ticks = activity?.ticks ?? ticks;
    }
  }

  #set(change: Change): void {
    // Once it drains, nothing that a late probe finds may put it back into service.
    const state = this.#ending.signal.aborted ? 'draining' : change.state;
    const before = JSON.stringify(this.observe());
    this.#state = state;
    if ('url' in change) this.#url = change.url;
    if ('failure' in change) this.#failure = change.failure;
    if (change.adapters !== undefined) this.#adapters = change.adapters;
    if (JSON.stringify(this.observe()) !== before) this.#deps.onChange();
  }
}

function wasKilled({ code, signal }: EngineExit): boolean {
  return signal === 'SIGKILL' || code === 137;
}
