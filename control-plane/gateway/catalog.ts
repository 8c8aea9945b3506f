// What the gateway knows of models, policies and tenants: the last good snapshot of the resource store, in memory. Nothing is
// pushed to a gateway; it watches, and keeps answering from what it saw last when the store is away.
// Imports the contract and the policy room.

import type { AdapterStatus, EndpointAdapter } from '../../operator/api/v1alpha1/adapters.ts';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import type { PrivacyPolicy } from '../../operator/api/v1alpha1/privacy-policy.ts';
import type { Tenant } from '../../operator/api/v1alpha1/tenant.ts';
import { fail } from '../errors.ts';
import { INTERNAL_POLICY, type NamedPolicy } from '../policy/effective-policy.ts';
import { type TenantFacts, tenantsByName } from '../policy/tenant-facts.ts';
import { createPlaces, type Places } from './places.ts';
import { createWaitingLine, type LineLoad, type WaitingLine } from './waiting-line.ts';

/** One engine process that serves the model's current generation. */
export interface Replica {
  readonly url: string;
  readonly revision: string;
  readonly places: Places;
  /** Adapters that it has loaded. */
  readonly adapters?: readonly EndpointAdapter[];
}

export interface ServedModel {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly weightsDigest: string | undefined;
  /** What runs it, where its status says so. */
  readonly engine?: string | undefined;
  readonly policyName: string;
  readonly answerSchema: Readonly<Record<string, unknown>> | undefined;
  readonly ready: boolean;
  /** Why it is not ready, in the words of its condition. */
  readonly reason: string | undefined;
  readonly createdAtS: number;
  readonly replicas: readonly Replica[];
  /** Where requests wait for one of them. */
  readonly line: WaitingLine;
  /** How requests may wait while no replica answers; absent where none would come. */
  readonly coldStart?: ColdStart;
  /** Those that its spec names, with what its status says of each; left out where there are none. */
  readonly adapters?: readonly ServedAdapter[];
}

export interface ColdStart {
  readonly maxQueued: number;
  readonly maxWaitMs: number;
}

export interface ServedAdapter extends Pick<AdapterStatus, 'name' | 'ready' | 'message'> {
  /** Nothing is wrong with it: no process that runs now has it loaded yet. */
  readonly pending?: boolean;
}

/** Reasons of a status that pass by themselves. */
const PENDING: ReadonlySet<string | undefined> = new Set(['NotLoaded', 'Verifying']);

/** Feeds the catalog; the product wires a reflector of the resource store, tests call it by hand. */
export interface CatalogSource {
  watchModels(onSnapshot: (models: readonly Model[]) => void, signal: AbortSignal): Promise<void>;
  watchPolicies(onSnapshot: (policies: readonly PrivacyPolicy[]) => void, signal: AbortSignal): Promise<void>;
  watchTenants(onSnapshot: (tenants: readonly Tenant[]) => void, signal: AbortSignal): Promise<void>;
}

/** Requests that one replica is given at a time when its status does not say. */
const DEFAULT_PLACES = 4;

export class Catalog {
  readonly #source: CatalogSource;
  readonly #stopped = new AbortController();
  #models = new Map<string, ServedModel>();
  #policies = new Map<string, NamedPolicy>([[INTERNAL_POLICY.name, INTERNAL_POLICY]]);
  #tenants = tenantsByName([]);
  /** Places outlive a snapshot: a request in flight must be counted whatever changes around it. */
  readonly #places = new Map<string, Places>();
  /** So do lines, by key of the model: whoever waits goes on waiting. */
  readonly #lines = new Map<string, WaitingLine>();
  readonly #waitListeners = new Set<() => void>();
  readonly #policyListeners = new Set<() => void>();

  constructor(source: CatalogSource) {
    this.#source = source;
  }

  /** Resolves when each kind was seen once. */
  async start(): Promise<void> {
    const { signal } = this.#stopped;
    await Promise.all([
      this.#source.watchModels((models) => this.#takeModels(models), signal),
      this.#source.watchPolicies((policies) => this.#takePolicies(policies), signal),
      this.#source.watchTenants((tenants) => {
        this.#tenants = tenantsByName(tenants);
      }, signal),
    ]);
  }

  stop(): void {
    this.#stopped.abort();
  }

  model(namespace: string, name: string): ServedModel | undefined {
    return this.#models.get(`${namespace}/${name}`);
  }

  /** The models of a namespace, oldest first. */
  models(namespace: string): ServedModel[] {
    return [...this.#models.values()]
      .filter((model) => model.namespace === namespace)
      .sort((a, b) => a.createdAtS - b.createdAtS || a.name.localeCompare(b.name));
  }

  /** Undefined for one that no resource names: it was deleted, or never was. */
  tenant(name: string): TenantFacts | undefined {
    return this.#tenants.get(name);
  }

  policy(name: string): NamedPolicy | undefined {
    return this.#policies.get(name);
  }

  /** Those that requests are answered under from now on. */
  policies(): readonly NamedPolicy[] {
    return [...this.#policies.values()];
  }

  /** Calls back when they changed. */
  onPolicies(listener: () => void): void {
    this.#policyListeners.add(listener);
  }

  /** What each model has to do here, by key; reading begins the count of the most anew. */
  readLoads(): Record<string, LineLoad> {
    return Object.fromEntries([...this.#lines].map(([key, line]) => [key, line.readLoad()]));
  }

  /** Calls back when a request begins to wait where none did. */
  onWait(listener: () => void): void {
    this.#waitListeners.add(listener);
  }

  #takeModels(models: readonly Model[]): void {
    const seen = new Set<string>();
    this.#models = new Map(models.map((model) => [keyOf(model), this.#served(model, seen)]));
    for (const [key, { line, replicas, reason }] of this.#models) {
      this.#lines.set(key, line);
      line.offer({ replicas, reason });
    }
    for (const [key, line] of this.#lines) {
      if (this.#models.has(key)) continue;
      this.#lines.delete(key);
      line.close(fail('model_not_found', { param: 'model', detail: 'The model was deleted.' }));
    }
    for (const url of this.#places.keys()) {
      if (!seen.has(url) && this.#places.get(url)?.busy === 0) this.#places.delete(url);
    }
  }

  #takePolicies(policies: readonly PrivacyPolicy[]): void {
    this.#policies = new Map([
      [INTERNAL_POLICY.name, INTERNAL_POLICY],
      ...policies.map(({ metadata: { name, generation = 1 }, spec }) => [name, { name, spec, generation }] as const),
    ]);
    for (const listener of this.#policyListeners) listener();
  }

  #served(model: Model, seen: Set<string>): ServedModel {
    const { metadata, spec, status } = model;
    const condition = status?.conditions?.find(({ type }) => type === 'Ready');
    const endpoints = (status?.endpoints ?? []).filter(({ ready }) => ready);
    for (const { url } of endpoints) seen.add(url);
    return {
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      generation: metadata.generation ?? 1,
      weightsDigest: status?.weights?.digest,
      engine: status?.plan?.engine,
      policyName: spec.privacy?.policy ?? INTERNAL_POLICY.name,
      answerSchema: status?.answerSchema,
      ready: condition?.status === 'True',
      reason: condition?.message,
      createdAtS: Math.floor(Date.parse(metadata.creationTimestamp ?? '1970-01-01T00:00:00Z') / 1000),
      ...servedAdapters(model),
      ...coldStartOf(model),
      line: this.#lines.get(keyOf(model)) ?? this.#newLine(),
      replicas: endpoints.map(({ url, revision, slots, adapters }) => ({
        url,
        revision,
        ...(adapters === undefined ? {} : { adapters }),
        places: this.#placesOf(url, slots ?? DEFAULT_PLACES),
      })),
    };
  }

  #newLine(): WaitingLine {
    const onWait = () => {
      for (const listener of this.#waitListeners) listener();
    };
    return createWaitingLine({ nowMs: () => performance.now(), onWait });
  }

  #placesOf(url: string, size: number): Places {
    const known = this.#places.get(url);
    if (known !== undefined) {
      if (known.size !== size) known.resize(size);
      return known;
    }
    const places = createPlaces(size);
    this.#places.set(url, places);
    return places;
  }
}

/** Weights that cannot be used, or do not fit, start no replica: nobody shall wait for one. */
const NEVER_STARTS: ReadonlySet<string> = new Set(['SourceVerified', 'Fits']);

function coldStartOf({ spec, status }: Model): Pick<ServedModel, 'coldStart'> {
  if (spec.scaling === undefined) return {};
  if (status?.conditions?.some((each) => NEVER_STARTS.has(each.type) && each.status === 'False')) return {};
  const { maxQueued, maxWaitSeconds } = spec.scaling.coldStart;
  return { coldStart: { maxQueued, maxWaitMs: maxWaitSeconds * 1000 } };
}

/** The spec decides which there are: one that was taken off is gone at once, though a process may still hold it. */
function servedAdapters({ spec, status }: Model): Pick<ServedModel, 'adapters'> {
  if (spec.adapters === undefined || spec.adapters.length === 0) return {};
  return {
    adapters: spec.adapters.map(({ name }) => {
      const told = status?.adapters?.find((each) => each.name === name);
      const pending = told === undefined || PENDING.has(told.reason);
      const message = told?.message === undefined ? {} : { message: told.message };
      return { name, ready: told?.ready ?? false, pending, ...message };
    }),
  };
}

function keyOf({ metadata }: Model): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}
