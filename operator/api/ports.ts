// The two ports of the one controller: where resources are kept (Kubernetes or PostgreSQL) and where processes run (a
// cluster or this machine). Domain words only: no manifest and no process id crosses them.
// Imports types of the api room.
import type { Failure } from './conditions.ts';
import type { ResourceKey } from './metadata.ts';
import type { Kind, Resource, ResourceByKind, StatusByKind } from './resource.ts';

/** Opaque outside its store; equal or not is all that a caller may ask. */
export type ResourceVersion = string;

export interface ResourceList<K extends Kind> {
  readonly items: readonly ResourceByKind[K][];
  /** Watch from here to miss nothing. */
  readonly resourceVersion: ResourceVersion;
}

export type WatchEvent<K extends Kind> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly resource: ResourceByKind[K] }
  /** Nothing happened up to this version; remember it to resume. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: ResourceVersion };

export interface WatchOptions {
  readonly resourceVersion: ResourceVersion;
  /** Ends the watch without an error. */
  readonly signal: AbortSignal;
}

export interface ApplyOptions {
  /** Check only: validates and answers what would be stored. */
  readonly dryRun?: boolean;
  /** Who asked for it, for the history of the resource; a store that keeps its own history leaves it out. */
  readonly by?: ChangedBy;
}

/** Names of accounts, and the receipt of the record of the change. */
export interface ChangedBy {
  readonly name: string;
  readonly approvedBy?: string | undefined;
  readonly receipt?: string | undefined;
}

export interface DeleteOptions {
  /** Delete only this version, else `conflict`. */
  readonly resourceVersion?: ResourceVersion;
}

/**
 * Every method may throw ResourceError. Writes are seen by lists and watches in one order; a watch tells of each
 * resource's latest state, and may leave out states in between.
 */
export interface ResourceStore {
  list<K extends Kind>(kind: K): Promise<ResourceList<K>>;
  get<K extends Kind>(kind: K, key: ResourceKey): Promise<ResourceByKind[K] | undefined>;
  /** Events after `resourceVersion`, in order. Throws `expired` when the store no longer knows what came after it. */
  watch<K extends Kind>(kind: K, options: WatchOptions): AsyncIterable<WatchEvent<K>>;
  /**
   * Creates the resource or replaces its spec, labels and annotations; the status stays. The generation counts changes
   * of the spec; nothing is written when nothing changed. With `metadata.resourceVersion` the write fails with
   * `conflict` unless that is still the stored version (or, when nothing is stored, with `notFound`).
   */
  apply<R extends Resource>(resource: R, options?: ApplyOptions): Promise<R>;
  /** Replaces the status of exactly this version: throws `conflict` when the resource changed, `notFound` when it is gone. */
  patchStatus<K extends Kind>(
    kind: K,
    key: ResourceKey,
    status: StatusByKind[K],
    resourceVersion: ResourceVersion,
  ): Promise<ResourceByKind[K]>;
  /** The last state, or undefined when there was nothing to delete. */
  delete(kind: Kind, key: ResourceKey, options?: DeleteOptions): Promise<Resource | undefined>;
}

/** A LoRA adapter that a process loads beside the weights. */
export interface WorkloadAdapter {
  readonly name: string;
  /** Where the runtime finds the file. */
  readonly path: string;
  readonly digest: string;
  readonly scale: number;
}

/** An adapter that a process has loaded, with what the engine calls it. */
export interface LoadedAdapter {
  readonly name: string;
  readonly id: number;
}

/** How a process of a workload is started, in words that every runtime understands. */
export interface WorkloadLaunch {
  readonly engine: string;
  /** Where the runtime finds the weights: on this machine an absolute path. */
  readonly weights: string;
  /** Only where the Model says so; else the engine's own default for the weights holds. */
  readonly contextTokens?: number;
  /** Requests offered at a time; the probe's own slot comes on top. */
  readonly slots: number;
  /** The model makes vectors, not text. */
  readonly embeddingOnly: boolean;
  /** Left out where there is none. */
  readonly adapters?: readonly WorkloadAdapter[];
}

export interface WorkloadProbe {
  /** Time between two completions that prove that the engine answers. */
  readonly periodMs: number;
  /** No answer, no token and no processor time for this long means hung. */
  readonly hungMs: number;
  /** A completion older than this proves nothing any more. */
  readonly staleMs: number;
}

/** What a process may reach. On this machine engines listen on loopback alone and get no credentials but their own. */
export interface WorkloadConfinement {
  readonly listen: 'loopback' | 'pod';
}

/** One revision of one Model: `replicas` processes that are alike. */
export interface Workload {
  /** `namespace/name@revision`. All but `replicas` follows from it. */
  readonly key: string;
  /** Key of the Model that it serves. */
  readonly owner: string;
  readonly revision: string;
  readonly replicas: number;
  readonly launch: WorkloadLaunch;
  /** Graphics processors of one replica. */
  readonly gpus: number;
  readonly probe: WorkloadProbe;
  readonly confinement: WorkloadConfinement;
  /** Memory that one replica needs, in bytes. */
  readonly memoryBytes: number;
}

/**
 * `starting`: no completion yet. `ready`: its last completion is recent. `busy`: alive, but its last completion is too
 * old. `waiting`: ended, to be started again. `draining`: finishes what it has, then ends.
 */
export type ReplicaState = 'starting' | 'ready' | 'busy' | 'waiting' | 'draining';

export interface ObservedReplica {
  /** Place in the workload, from 0; the highest go first when replicas are taken away. */
  readonly index: number;
  readonly state: ReplicaState;
  /** Where it answers, once it did. */
  readonly url?: string;
  /** Times that it was started again. */
  readonly restarts: number;
  /** What went wrong last; cleared when it answers again. */
  readonly failure?: Failure;
  /** Of the adapters of its launch, those that it has loaded; left out where there are none. */
  readonly adapters?: readonly LoadedAdapter[];
}

export interface ObservedWorkload {
  readonly workload: Workload;
  readonly replicas: readonly ObservedReplica[];
}

export interface Runtime {
  /** Whether the processes end when this process ends: then a stopping controller says so in the status. */
  readonly endsWithUs: boolean;
  /** What runs for the owner, draining replicas included. */
  observe(owner: string): Promise<readonly ObservedWorkload[]>;
  /** Keys of all owners that something runs for. */
  owners(): Promise<readonly string[]>;
  /** Makes these the workloads of the owner. What is not named is drained: it finishes its requests, then ends. */
  apply(owner: string, workloads: readonly Workload[]): Promise<void>;
  /** Calls back with the owner whenever `observe` would answer differently. Returns the function that ends it. */
  changes(onChange: (owner: string) => void): () => void;
}

/** Makes one of several controllers the one that acts. */
export interface Lease {
  /**
   * Waits for the lease, runs `lead` while it is held, and resolves when `lead` did. The signal given to `lead` aborts
   * when the lease is lost or `signal` aborts.
   */
  hold(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}
