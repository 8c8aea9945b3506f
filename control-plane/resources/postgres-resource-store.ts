// The ResourceStore on PostgreSQL: one row a resource. Writers take one advisory transaction lock, so that versions are
// also the order of commits; a watch reads what came after its version and is woken by NOTIFY. Rows of deleted
// resources stay as tombstones for watches that were away; a horizon row says from when on they are complete.
// May import operator/api, control-plane/database.
import { randomUUID } from 'node:crypto';
import { DEFAULT_NAMESPACE, formatKey, type ResourceKey } from '../../operator/api/metadata.ts';
import type {
  ApplyOptions,
  DeleteOptions,
  ResourceList,
  ResourceStore,
  WatchEvent,
  WatchOptions,
} from '../../operator/api/ports.ts';
import {
  KINDS,
  type Kind,
  type Resource,
  type ResourceByKind,
  type StatusByKind,
} from '../../operator/api/resource.ts';
import { ResourceError } from '../../operator/api/resource-error.ts';
import { admit, checkVersion, transitionApply, transitionStatus } from '../../operator/api/transition.ts';
import type { Database } from '../database/database.ts';
import { ResourceRows, type Row, type StoredRevision, type Transaction } from './resource-rows.ts';

const CHANNEL = 'intramuros_resource';
/** A watch looks by itself this often, should a notification ever be lost. */
const LOOK_MS = 30_000;
const TOMBSTONES = 1000;

export interface PostgresResourceStoreDependencies {
  readonly database: Pick<Database, 'pool' | 'listen'>;
  /** Deleted resources that are remembered for watches that were away. */
  readonly tombstones?: number;
}

export class PostgresResourceStore implements ResourceStore {
  readonly #database: Pick<Database, 'pool' | 'listen'>;
  readonly #rows: ResourceRows;
  readonly #tombstones: number;
  readonly #stopped = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** Counts wake-ups, so that one that comes during a look is not slept over. */
  #changes = 0;

  constructor({ database, tombstones = TOMBSTONES }: PostgresResourceStoreDependencies) {
    this.#database = database;
    this.#rows = new ResourceRows(database.pool);
    this.#tombstones = tombstones;
  }

  /** Begins to listen. Without it watches still work, but see changes late. */
  start(): void {
    void this.#database.listen(CHANNEL, () => this.#wake(), this.#stopped.signal);
  }

  /** Ends the listening and all watches. */
  stop(): void {
    this.#stopped.abort();
    this.#wake();
  }

  async list<K extends Kind>(kind: K): Promise<ResourceList<K>> {
    const { rows, at } = await this.#rows.list(kind);
    return { items: rows.map((row) => row.resource as ResourceByKind[K]), resourceVersion: String(at) };
  }

  async get<K extends Kind>(kind: K, key: ResourceKey): Promise<ResourceByKind[K] | undefined> {
    return stored(await this.#rows.get(kind, placed(kind, key))) as ResourceByKind[K] | undefined;
  }

  async apply<R extends Resource>(manifest: R, options: ApplyOptions = {}): Promise<R> {
    const wanted = admit(manifest);
    return this.#rows.write((tx) => applyIn(tx, wanted, options));
  }

  /** What the resource asked for, newest first; also of one that was deleted. */
  revisions(kind: Kind, key: ResourceKey): Promise<StoredRevision[]> {
    return this.#rows.revisions(kind, placed(kind, key));
  }

  async patchStatus<K extends Kind>(
    kind: K,
    key: ResourceKey,
    status: StatusByKind[K],
    resourceVersion: string,
  ): Promise<ResourceByKind[K]> {
    const at = placed(kind, key);
    return this.#rows.write(async (tx) => {
      const row = await tx.get(kind, at);
      const before = stored(row) as ResourceByKind[K] | undefined;
      const next = transitionStatus(before, formatKey(at), status, resourceVersion) as ResourceByKind[K];
      return next === before ? next : tx.put(next, { createdBefore: row?.createdVersion });
    });
  }

  async delete(kind: Kind, key: ResourceKey, { resourceVersion }: DeleteOptions = {}): Promise<Resource | undefined> {
    const at = { ...placed(kind, key), resourceVersion };
    return this.#rows.write((tx) => deleteIn(tx, kind, at, this.#tombstones));
  }

  async *watch<K extends Kind>(kind: K, { resourceVersion, signal }: WatchOptions): AsyncGenerator<WatchEvent<K>> {
    const ended = AbortSignal.any([signal, this.#stopped.signal]);
    let seen = Number(resourceVersion);
    let first = true;
    while (!ended.aborted) {
      const changes = this.#changes;
      const { rows, at, horizon } = await this.#rows.after(kind, seen);
      // A version from the future is one of a database that was restored from a backup: start afresh.
      if (!(seen >= horizon && seen <= at))
        throw new ResourceError('expired', `version ${resourceVersion} is no longer known; list again`);
      for (const row of rows) yield eventOf<K>(row, seen);
      if (first || seen !== at) yield { type: 'BOOKMARK', resourceVersion: String(at) };
      first = false;
      seen = at;
      if (changes === this.#changes) await this.#nextChange(ended);
    }
  }

  #wake(): void {
    this.#changes += 1;
    for (const wake of this.#waiting) wake();
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (signal.aborted) return resolve();
      const timer = setTimeout(wake, LOOK_MS);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** What `apply` does, as a part of a larger transaction. */
export async function applyIn<R extends Resource>(
  tx: Transaction,
  wanted: R,
  { dryRun = false, by }: ApplyOptions = {},
): Promise<R> {
  const row = await tx.get(wanted.kind, wanted.metadata);
  const before = stored(row) as R | undefined;
  const next = transitionApply(before, wanted, { uid: randomUUID(), now: new Date() });
  if (dryRun || next === before) return next;
  if (next.metadata.generation !== before?.metadata.generation) await tx.keepRevision(next, by);
  return tx.put(next, { createdBefore: before === undefined ? undefined : row?.createdVersion });
}

/** What `delete` does, likewise. */
export async function deleteIn(
  tx: Transaction,
  kind: Kind,
  { resourceVersion, ...at }: ResourceKey & { readonly resourceVersion?: string | undefined },
  tombstones = TOMBSTONES,
): Promise<Resource | undefined> {
  const row = await tx.get(kind, at);
  const before = stored(row);
  if (resourceVersion !== undefined) checkVersion(before, { ...at, resourceVersion });
  if (before === undefined) return undefined;
  const gone = await tx.put(before, { createdBefore: row?.createdVersion, deleted: true });
  await tx.forgetTombstones(tombstones);
  return gone;
}

function stored(row: Row | undefined): Resource | undefined {
  return row === undefined || row.deleted ? undefined : row.resource;
}

function placed(kind: Kind, { name, namespace }: ResourceKey): ResourceKey {
  return KINDS[kind].scope === 'Cluster' ? { name } : { name, namespace: namespace ?? DEFAULT_NAMESPACE };
}

function eventOf<K extends Kind>(row: Row, seen: number): WatchEvent<K> {
  const type = row.deleted ? 'DELETED' : row.createdVersion > seen ? 'ADDED' : 'MODIFIED';
  return { type, resource: row.resource as ResourceByKind[K] };
}
