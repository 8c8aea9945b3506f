// Keeps a local copy of one kind: list, then watch for ever, resuming where it was; lists again when the store no longer
// knows that version. While the store is away the last good copy stays. A handler that throws stops nothing.
// Imports the kit and types of operator/api.
import type { ResourceStore } from '../api/ports.ts';
import type { Kind, ResourceByKind } from '../api/resource.ts';
import { backOffMs, pause } from './back-off.ts';

export interface ReflectedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion?: string };
}

export type ReflectedEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly resource: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** Where the copy comes from. `watch` throws an error with `code` 410 when it cannot resume from that version. */
export interface ListWatch<T> {
  list(): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  watch(options: { readonly resourceVersion: string; readonly signal: AbortSignal }): AsyncIterable<ReflectedEvent<T>>;
}

export interface ReflectorOptions<T> {
  /** After every change of the copy: the key that changed (`namespace/name`), its state now and before. */
  readonly onChange: (key: string, now: T | undefined, before: T | undefined) => void;
  /** What went wrong, for the log; the reflector goes on. */
  readonly onError?: (error: unknown, retryInMs: number) => void;
  readonly leastRetryMs?: number;
  readonly mostRetryMs?: number;
}

export class Reflector<T extends ReflectedObject> {
  readonly #source: ListWatch<T>;
  readonly #options: Required<ReflectorOptions<T>>;
  readonly #items = new Map<string, T>();
  readonly #stopped = new AbortController();
  #resourceVersion: string | undefined;
  #running: Promise<void> | undefined;
  #markSynced: () => void = () => {};
  /** Resolves once the first list is in the copy. */
  readonly synced = new Promise<void>((resolve) => {
    this.#markSynced = resolve;
  });

  constructor(source: ListWatch<T>, options: ReflectorOptions<T>) {
    this.#source = source;
    this.#options = { onError: () => {}, leastRetryMs: 100, mostRetryMs: 30_000, ...options };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#markSynced();
    await this.#running;
  }

  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  items(): T[] {
    return [...this.#items.values()];
  }

  keys(): string[] {
    return [...this.#items.keys()];
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    let failures = 0;
    while (!signal.aborted) {
      try {
        this.#resourceVersion ??= await this.#list();
        for await (const event of this.#source.watch({ resourceVersion: this.#resourceVersion, signal })) {
          if (signal.aborted) return;
          failures = 0;
          this.#take(event);
        }
        // The server ended the watch without an error: resume, but never in a tight loop.
        if (!signal.aborted) await pause(this.#options.leastRetryMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { code?: unknown }).code === 410) this.#resourceVersion = undefined;
        failures += 1;
        const retryInMs = backOffMs(failures, {
          leastMs: this.#options.leastRetryMs,
          mostMs: this.#options.mostRetryMs,
        });
        this.#options.onError(error, retryInMs);
        await pause(retryInMs, signal);
      }
    }
  }

  async #list(): Promise<string> {
    const { items, resourceVersion } = await this.#source.list();
    const listed = new Set(items.map(keyOf));
    for (const item of items) this.#put(item);
    for (const key of this.keys()) if (!listed.has(key)) this.#remove(key);
    this.#markSynced();
    return resourceVersion;
  }

  #take(event: ReflectedEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      this.#resourceVersion = event.resourceVersion;
      return;
    }
    if (event.type === 'DELETED') this.#remove(keyOf(event.resource));
    else this.#put(event.resource);
    this.#resourceVersion = event.resource.metadata.resourceVersion ?? this.#resourceVersion;
  }

  #put(item: T): void {
    const key = keyOf(item);
    const before = this.#items.get(key);
    if (before !== undefined && before.metadata.resourceVersion === item.metadata.resourceVersion) return;
    this.#items.set(key, item);
    this.#tell(key, item, before);
  }

  #remove(key: string): void {
    const before = this.#items.get(key);
    if (before === undefined) return;
    this.#items.delete(key);
    this.#tell(key, undefined, before);
  }

  #tell(key: string, now: T | undefined, before: T | undefined): void {
    try {
      this.#options.onChange(key, now, before);
    } catch (error) {
      this.#options.onError(error, 0);
    }
  }
}

function keyOf({ metadata }: ReflectedObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

export interface WatchAllOptions {
  readonly signal: AbortSignal;
  readonly onError?: (error: unknown, retryInMs: number) => void;
}

/**
 * Calls back with every object of a kind, first once when all are known, then after each change; runs of changes come as
 * one. Resolves after the first call; goes on until the signal aborts.
 */
export async function watchAll<K extends Kind>(
  store: Pick<ResourceStore, 'list' | 'watch'>,
  kind: K,
  onSnapshot: (items: readonly ResourceByKind[K][]) => void,
  { signal, onError = () => {} }: WatchAllOptions,
): Promise<void> {
  let pending = true;
  const reflector = new Reflector<ResourceByKind[K]>(
    { list: () => store.list(kind), watch: (options) => store.watch(kind, options) },
    {
      onChange: () => {
        if (pending) return;
        pending = true;
        queueMicrotask(tell);
      },
      onError,
    },
  );
  const tell = () => {
    pending = false;
    try {
      onSnapshot(reflector.items());
    } catch (error) {
      onError(error, 0);
    }
  };
  signal.addEventListener('abort', () => void reflector.stop(), { once: true });
  reflector.start();
  await reflector.synced;
  if (!signal.aborted) tell();
}
