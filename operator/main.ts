// The operator put together: elect -> sync the copies -> run -> drain. Whoever composes the product gives it a store, a
// runtime and the engines; nothing is read from the environment here. May import every room of the operator.
import type { Lease, ResourceStore } from './api/ports.ts';
import { Controller, type ControllerLog } from './controller/controller.ts';
import { createDemandBoard } from './controller/demand-board.ts';
import { needsOf } from './controller/needs.ts';
import type { DemandSource } from './controller/scaler.ts';
import type { Engine } from './engines/engine.ts';
import { pause } from './kube/back-off.ts';
import { LocalRuntime } from './runtime/local/local-runtime.ts';
import { LocalSources } from './runtime/local/local-sources.ts';
import { type Machine, thisMachine } from './runtime/local/machine.ts';
import type { ReplicaTiming } from './runtime/local/replica.ts';

export interface OperatorDependencies {
  readonly store: ResourceStore;
  /** In order of preference; the first that accepts the weights runs them. */
  readonly engines: readonly Engine[];
  /** The bearer that engines ask for on /v1/*. */
  readonly bearer: string;
  /** Folder that relative file:// addresses start from. */
  readonly modelsFolder: string;
  /** Absolute path of the weights of every bundled model, by name. */
  readonly bundledModels: Readonly<Record<string, string>>;
  /** Where logs of engines and known digests are kept. */
  readonly dataFolder: string;
  /** What engines get of the environment: PATH, HOME, locale. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: ControllerLog;
  /** What gateways hold; without it none is heard, and spec.scaling keeps within its bounds alone. */
  readonly demand?: DemandSource;
  /** Without one, this is the only operator there is. */
  readonly lease?: Lease;
  /** Threads of one engine process. */
  readonly threads?: number;
  /** Requests that one engine process works on at a time. */
  readonly slots?: number;
  readonly machine?: Machine;
  readonly resyncMs?: number;
  readonly timing?: Partial<ReplicaTiming>;
  readonly choosePort?: () => Promise<number>;
}

export interface Operator {
  /** Resolves when every stored Model was looked at once since the start: until then its status is of the past. */
  readonly settled: Promise<void>;
  readonly runtime: LocalRuntime;
  /** Ends the engines and says so in the statuses. */
  stop(): Promise<void>;
}

const DEFAULT_SLOTS = 4;
const DEFAULT_RESYNC_MS = 2000;
const LEASE_RETRY_MS = 500;

interface LocalParts {
  readonly runtime: LocalRuntime;
  readonly sources: LocalSources;
  readonly log: ControllerLog;
}

/** Starts the operator of this machine. Resolves once it watches; with a lease, once it waits for it. */
export async function startOperator(deps: OperatorDependencies): Promise<Operator> {
  const { machine = thisMachine, slots = DEFAULT_SLOTS, log } = deps;
  const runtime = new LocalRuntime({
    engines: deps.engines,
    get bearer() {
      return deps.bearer; // of an engine that starts later it may be another one
    },
    threads: deps.threads ?? 1,
    environment: deps.environment,
    logFolder: `${deps.dataFolder}/engines`,
    machine,
    ...(deps.timing === undefined ? {} : { timing: deps.timing }),
    ...(deps.choosePort === undefined ? {} : { choosePort: deps.choosePort }),
  });
  const orphans = runtime.start();
  if (orphans > 0) log.warn({ orphans }, 'engines of an earlier start were still running and were ended');
  const sources = new LocalSources({
    modelsFolder: deps.modelsFolder,
    bundledModels: deps.bundledModels,
    digestFile: `${deps.dataFolder}/weights-digests.json`,
  });
  const demand = deps.demand ?? createDemandBoard(() => performance.now());
  const newController = () =>
    new Controller({
      store: deps.store,
      runtime,
      sources,
      needs: (facts, spec) => needsOf(deps.engines, facts, spec, slots),
      memory: () => machine.memory(),
      demand,
      now: () => new Date(),
      log,
      resyncMs: deps.resyncMs ?? DEFAULT_RESYNC_MS,
    });
  if (deps.lease === undefined) {
    const controller = newController();
    await controller.start();
    return { settled: controller.settled, runtime, stop: () => stopAll(controller, runtime, sources) };
  }
  return followLease(deps.lease, newController, { runtime, sources, log });
}

/** Acts while it holds the lease. Engines outlive a lost one: whoever can still reach them is served meanwhile. */
function followLease(lease: Lease, newController: () => Controller, parts: LocalParts): Operator {
  const { runtime, sources, log } = parts;
  const stopping = new AbortController();
  let markSettled = () => {};
  const settled = new Promise<void>((resolve) => {
    markSettled = resolve;
  });
  const lead = async (signal: AbortSignal) => {
    const controller = newController();
    await controller.start();
    void controller.settled.then(markSettled);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (stopping.signal.aborted) return stopAll(controller, runtime, sources);
    log.warn({}, 'the lease of the operator was lost');
    await controller.stop();
  };
  const led = (async () => {
    while (!stopping.signal.aborted) {
      await lease.hold(lead, stopping.signal).catch((error: unknown) => {
        log.error({ err: error }, 'leading failed; it is tried again');
      });
      await pause(LEASE_RETRY_MS, stopping.signal);
    }
  })();
  return {
    settled,
    runtime,
    async stop() {
      stopping.abort();
      await led;
      sources.stop();
      await runtime.stop();
      markSettled();
    },
  };
}

async function stopAll(controller: Controller, runtime: LocalRuntime, sources: LocalSources): Promise<void> {
  await controller.stop();
  sources.stop();
  await runtime.stop();
  await controller.writeStopped();
}
