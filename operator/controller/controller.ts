// The reconcile pipe: observe -> plan (pure) -> apply -> status, one Model at a time, for ever. Level-triggered: what
// happened does not matter, only what is. Status is written when it changed, and under its version, so that a Model
// that was edited meanwhile is looked at again instead of being told something about its past.
// May import: operator/api, operator/planning, operator/kube, operator/engines (types).
import { isDeepStrictEqual } from 'node:util';
import { formatKey, parseKey } from '../api/metadata.ts';
import type { ObservedWorkload, ResourceStore, Runtime } from '../api/ports.ts';
import type { ResourceByKind } from '../api/resource.ts';
import { ResourceError } from '../api/resource-error.ts';
import { BUILT_IN_POLICY, type Model, type ModelSpec, type ModelStatus } from '../api/v1alpha1/model.ts';
import type { PrivacyPolicy } from '../api/v1alpha1/privacy-policy.ts';
import type { WeightsFacts } from '../engines/weights.ts';
import { Reflector } from '../kube/reflector.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { planModel, promisedTo } from '../planning/plan.ts';
import type { EngineNeeds, MachineMemory, ModelWorld } from '../planning/world.ts';
import type { Sources } from '../runtime/sources.ts';
import { type DemandSource, Scaler } from './scaler.ts';
import { stoppedStatus } from './stopped-status.ts';

export interface ControllerLog {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}

export interface ControllerDependencies {
  readonly store: ResourceStore;
  readonly runtime: Runtime;
  readonly sources: Sources;
  readonly needs: (facts: WeightsFacts, spec: ModelSpec) => EngineNeeds;
  readonly memory: () => MachineMemory;
  readonly demand: DemandSource;
  readonly now: () => Date;
  readonly log: ControllerLog;
  /** Everything is looked at again this often, whatever was or was not heard. */
  readonly resyncMs: number;
}

/** A conflict means that our copy is behind; its next event is on the way. */
const CONFLICT_RETRY_MS = 50;

export class Controller {
  readonly #deps: ControllerDependencies;
  readonly #queue: WorkQueue;
  readonly #scaler: Scaler;
  readonly #models: Reflector<Model>;
  readonly #policies: Reflector<PrivacyPolicy>;
  readonly #endings: (() => void)[] = [];
  /** Memory that processes of a Model were promised and have not taken yet, by key. */
  readonly #promised = new Map<string, number>();
  readonly #unseen = new Set<string>();
  #markSettled: () => void = () => {};
  /** Resolves when every Model that there was at the start was reconciled once: before, statuses are of the past. */
  readonly settled = new Promise<void>((resolve) => {
    this.#markSettled = resolve;
  });

  constructor(deps: ControllerDependencies) {
    this.#deps = deps;
    const { store, log } = deps;
    this.#scaler = new Scaler(deps.demand, { nowMs: () => performance.now(), now: deps.now });
    this.#queue = new WorkQueue((key) => this.#reconcile(key), {
      workers: 4,
      mostRetryMs: 30_000,
      onError: (key, error, retryInMs) => log.error({ key, err: error, retryInMs }, 'a reconcile failed'),
    });
    const onError = (error: unknown, retryInMs: number) =>
      log.warn({ err: error, retryInMs }, 'watching resources failed');
    this.#models = new Reflector(reflected(store, 'Model'), { onChange: (key) => this.#queue.add(key), onError });
    this.#policies = new Reflector(reflected(store, 'PrivacyPolicy'), { onChange: () => this.#addAll(), onError });
  }

  /** Resolves when it is at work: the copies are complete and every key is queued. */
  async start(): Promise<void> {
    const { runtime, sources, demand, resyncMs } = this.#deps;
    this.#models.start();
    this.#policies.start();
    await Promise.all([this.#models.synced, this.#policies.synced]);
    this.#endings.push(runtime.changes((owner) => this.#queue.add(owner)));
    this.#endings.push(sources.changes((uri) => this.#addUsersOf(uri)));
    this.#endings.push(demand.changes((key) => this.#addScaled(key)));
    const timer = setInterval(() => {
      sources.refresh();
      this.#addAll();
    }, resyncMs);
    this.#endings.push(() => clearInterval(timer));
    for (const key of this.#models.keys()) this.#unseen.add(key);
    if (this.#unseen.size === 0) this.#markSettled();
    this.#queue.start();
    this.#addAll();
    for (const owner of await runtime.owners()) this.#queue.add(owner);
  }

  /** Finishes what it is at, then acts no more. */
  async stop(): Promise<void> {
    for (const end of this.#endings.splice(0)) end();
    await this.#queue.stop();
    await Promise.all([this.#models.stop(), this.#policies.stop()]);
    this.#markSettled();
  }

  /** After the runtime stopped for good: no status may go on claiming that something answers. */
  async writeStopped(): Promise<void> {
    const { store, now, log } = this.#deps;
    const writes = this.#models.items().map(async ({ metadata }) => {
      const model = await store.get('Model', metadata);
      if (model?.status === undefined) return;
      await store.patchStatus('Model', metadata, stoppedStatus(model, now()), model.metadata.resourceVersion ?? '');
    });
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === 'rejected')
        log.warn({ err: result.reason as unknown }, 'a last status could not be written');
    }
  }

  async #reconcile(key: string): Promise<{ againInMs?: number } | undefined> {
    const { runtime, now } = this.#deps;
    const model = this.#models.get(key);
    if (model === undefined) {
      this.#promised.delete(key);
      this.#scaler.forget(key);
      this.#see(key);
      await runtime.apply(key, []);
      return undefined;
    }
    const observed = await runtime.observe(key);
    const plan = planModel(this.#world(model, observed), now());
    await runtime.apply(key, plan.workloads);
    const after = await runtime.observe(key);
    this.#promised.set(key, promisedTo(after));
    const written = await this.#writeStatus(model, plan.status);
    if (written) this.#see(key);
    return written ? undefined : { againInMs: CONFLICT_RETRY_MS };
  }

  #world(model: Model, workloads: readonly ObservedWorkload[]): ModelWorld {
    const { sources, needs, memory } = this.#deps;
    const source = sources.observe(model.spec.source);
    const policy = model.spec.privacy?.policy ?? BUILT_IN_POLICY;
    const scaling = this.#scaler.decide(model, workloads);
    return {
      model,
      policyExists: policy === BUILT_IN_POLICY || this.#policies.get(policy) !== undefined,
      source,
      ...(source.state === 'verified' ? { needs: needs(source.facts, model.spec) } : {}),
      adapters: (model.spec.adapters ?? []).map(({ name, scale, source: file }) => ({
        name,
        scale,
        file: source.state === 'verified' ? sources.observeAdapter(file, source) : { state: 'verifying' },
      })),
      workloads,
      ...(scaling === undefined ? {} : { scaling }),
      memory: memory(),
      promisedBytes: this.#promisedToOthers(formatKey(model.metadata)),
    };
  }

  #promisedToOthers(key: string): number {
    let sum = 0;
    for (const [other, bytes] of this.#promised) if (other !== key) sum += bytes;
    return sum;
  }

  /** False when the Model changed meanwhile. */
  async #writeStatus(model: Model, status: ModelStatus): Promise<boolean> {
    if (isDeepStrictEqual(model.status, status)) return true;
    const { store, log } = this.#deps;
    const key = formatKey(model.metadata);
    try {
      await store.patchStatus('Model', parseKey(key), status, model.metadata.resourceVersion ?? '');
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      if (error.reason === 'notFound') return true;
      if (error.reason === 'conflict') return false;
      throw error;
    }
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    const before = model.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready !== undefined && (ready.status !== before?.status || ready.reason !== before.reason)) {
      log.info({ key, ready: ready.status, reason: ready.reason, remedy: ready.remedy }, ready.message);
    }
    return true;
  }

  #see(key: string): void {
    if (this.#unseen.delete(key) && this.#unseen.size === 0) this.#markSettled();
  }

  #addAll(): void {
    for (const key of this.#models.keys()) this.#queue.add(key);
  }

  #addScaled(key: string): void {
    if (this.#models.get(key)?.spec.scaling !== undefined) this.#queue.add(key);
  }

  #addUsersOf(uri: string): void {
    for (const model of this.#models.items()) {
      const { source, adapters = [] } = model.spec;
      if ([source.uri, ...adapters.map((each) => each.source.uri)].includes(uri))
        this.#queue.add(formatKey(model.metadata));
    }
  }
}

function reflected<K extends keyof ResourceByKind>(store: ResourceStore, kind: K) {
  return {
    list: () => store.list(kind),
    watch: (options: { resourceVersion: string; signal: AbortSignal }) => store.watch(kind, options),
  };
}
