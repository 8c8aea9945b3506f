// A ResourceStore in memory: the fake beside the port, for tests and for whoever wants the controller without a
// database. It passes the same conformance table as the real ones. Imports the api room.
import { randomUUID } from 'node:crypto';
import { formatKey, type ResourceKey } from './metadata.ts';
import type { ApplyOptions, DeleteOptions, ResourceList, ResourceStore, WatchEvent, WatchOptions } from './ports.ts';
import type { Kind, Resource, ResourceByKind, StatusByKind } from './resource.ts';
import { ResourceError } from './resource-error.ts';
import { admit, checkVersion, transitionApply, transitionStatus } from './transition.ts';

interface Row {
  readonly kind: Kind;
  readonly resource: Resource;
  readonly version: number;
  readonly createdVersion: number;
  readonly deleted: boolean;
}

export interface MemoryResourceStoreOptions {
  readonly now?: () => Date;
  /** Deleted resources that are remembered for watches; older ones make them `expired`. */
  readonly tombstones?: number;
}

export class MemoryResourceStore implements ResourceStore {
  readonly #rows = new Map<string, Row>();
  readonly #waiting = new Set<() => void>();
  readonly #now: () => Date;
  readonly #tombstones: number;
  #version = 0;
  /** Everything at or before this version may be forgotten. */
  #horizon = 0;

  constructor({ now = () => new Date(), tombstones = 1000 }: MemoryResourceStoreOptions = {}) {
    this.#now = now;
    this.#tombstones = tombstones;
  }

  async list<K extends Kind>(kind: K): Promise<ResourceList<K>> {
    const items = this.#of(kind)
      .filter(({ deleted }) => !deleted)
      .map(({ resource }) => structuredClone(resource) as ResourceByKind[K]);
    return { items, resourceVersion: String(this.#version) };
  }

  async get<K extends Kind>(kind: K, key: ResourceKey): Promise<ResourceByKind[K] | undefined> {
    return structuredClone(this.#stored(kind, key));
  }

  async apply<R extends Resource>(manifest: R, { dryRun = false }: ApplyOptions = {}): Promise<R> {
    const wanted = admit(manifest);
    const stored = this.#stored(wanted.kind, wanted.metadata) as R | undefined;
    const next = transitionApply(stored, wanted, { uid: randomUUID(), now: this.#now() });
    return dryRun || next === stored ? structuredClone(next) : this.#write(next);
  }

  async patchStatus<K extends Kind>(
    kind: K,
    key: ResourceKey,
    status: StatusByKind[K],
    resourceVersion: string,
  ): Promise<ResourceByKind[K]> {
    const stored = this.#stored(kind, key);
    const next = transitionStatus(stored, formatKey(key), structuredClone(status), resourceVersion);
    return next === stored ? structuredClone(next) : this.#write(next);
  }

  async delete(kind: Kind, key: ResourceKey, options: DeleteOptions = {}): Promise<Resource | undefined> {
    const stored = this.#stored(kind, key);
    if (options.resourceVersion !== undefined)
      checkVersion(stored, { ...key, resourceVersion: options.resourceVersion });
    return stored === undefined ? undefined : this.#write(stored, true);
  }

  async *watch<K extends Kind>(kind: K, { resourceVersion, signal }: WatchOptions): AsyncGenerator<WatchEvent<K>> {
    let seen = Number(resourceVersion);
    while (!signal.aborted) {
      if (!(seen >= this.#horizon && seen <= this.#version)) {
        throw new ResourceError('expired', `version ${resourceVersion} is no longer known; list again`);
      }
      // Taken before the first yield: what is written while the consumer is busy comes in the next round.
      const at = this.#version;
      const from = seen;
      seen = at;
      for (const row of this.#of(kind).filter(({ version }) => version > from)) yield eventOf(row, from);
      yield { type: 'BOOKMARK', resourceVersion: String(seen) };
      while (seen === this.#version && !signal.aborted) await this.#nextWrite(signal);
    }
  }

  #of(kind: Kind): Row[] {
    return [...this.#rows.values()].filter((row) => row.kind === kind).sort((a, b) => a.version - b.version);
  }

  #stored<K extends Kind>(kind: K, key: ResourceKey): ResourceByKind[K] | undefined {
    const row = this.#rows.get(`${kind} ${formatKey(key)}`);
    return row === undefined || row.deleted ? undefined : (row.resource as ResourceByKind[K]);
  }

  #write<R extends Resource>(next: R, deleted = false): R {
    this.#version += 1;
    const resource = { ...next, metadata: { ...next.metadata, resourceVersion: String(this.#version) } };
    const id = `${next.kind} ${formatKey(next.metadata)}`;
    const before = this.#rows.get(id);
    const createdVersion = before === undefined || before.deleted ? this.#version : before.createdVersion;
    this.#rows.set(id, {
      kind: next.kind,
      resource: structuredClone(resource),
      version: this.#version,
      createdVersion,
      deleted,
    });
    this.#forget();
    for (const wake of this.#waiting) wake();
    return resource;
  }

  #forget(): void {
    const dead = [...this.#rows].filter(([, row]) => row.deleted).sort(([, a], [, b]) => a.version - b.version);
    for (const [id, row] of dead.slice(0, Math.max(0, dead.length - this.#tombstones))) {
      this.#rows.delete(id);
      this.#horizon = row.version;
    }
  }

  #nextWrite(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

function eventOf<K extends Kind>(row: Row, seen: number): WatchEvent<K> {
  const type = row.deleted ? 'DELETED' : row.createdVersion > seen ? 'ADDED' : 'MODIFIED';
  return { type, resource: structuredClone(row.resource) as ResourceByKind[K] };
}
