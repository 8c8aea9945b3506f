// The weights files of this machine, looked at in the background and looked at again when they change. An unpinned file
// is ready to run as soon as its header is read; its digest follows for the record.
import type { ModelSource } from '../../api/v1alpha1/model.ts';
import type { AdapterState, VerifiedSource } from '../../planning/world.ts';
import type { InspectedSource, Sources } from '../sources.ts';
import { DigestCache } from './digest-cache.ts';
import { digestOf, fingerprint, type Inspection, inspectSource } from './inspect-source.ts';
import { LocalAdapters } from './local-adapters.ts';
import { type Folders, locate } from './locate.ts';

export interface LocalSourcesDependencies extends Folders {
  /** Where computed digests are remembered. */
  readonly digestFile?: string;
}

interface Entry {
  readonly source: ModelSource;
  readonly work: AbortController;
  /** The file and its answer schema as they were when the look began. */
  seen: string;
  state: InspectedSource;
  /** When somebody asked last, in ms of a monotonic clock. */
  askedAt: number;
}

/** A source that nobody asked about for this long is forgotten. */
const FORGET_MS = 60_000;

export class LocalSources implements Sources {
  readonly #folders: Folders;
  readonly #digests: DigestCache;
  readonly #adapters: LocalAdapters;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(uri: string) => void>();
  #stopped = false;

  constructor({ digestFile, ...folders }: LocalSourcesDependencies) {
    this.#folders = folders;
    this.#digests = new DigestCache(digestFile);
    this.#adapters = new LocalAdapters(folders, this.#digests, (uri) => this.#tell(uri));
  }

  observe(source: ModelSource): InspectedSource {
    const key = keyOf(source);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.askedAt = performance.now();
      return known.state;
    }
    const state: InspectedSource = { state: 'verifying', bytesDone: 0, bytesTotal: 0 };
    return this.#look(source, state).state;
  }

  observeAdapter(source: ModelSource, weights: Pick<VerifiedSource, 'path' | 'embeddingOnly'>): AdapterState {
    return this.#adapters.observe({ source, weights: weights.path, embeddingOnly: weights.embeddingOnly });
  }

  changes(onChange: (uri: string) => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  refresh(): void {
    this.#adapters.refresh();
    for (const [key, entry] of this.#entries) {
      if (performance.now() - entry.askedAt > FORGET_MS) this.#drop(key, entry);
      else if (this.#seenOf(entry.source) !== entry.seen) {
        entry.work.abort();
        // What was known of the old bytes holds until the new ones were looked at.
        this.#look(entry.source, entry.state);
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#adapters.stop();
    for (const [key, entry] of this.#entries) this.#drop(key, entry);
  }

  #look(source: ModelSource, state: InspectedSource): Entry {
    const entry: Entry = {
      source,
      work: new AbortController(),
      seen: this.#seenOf(source),
      state,
      askedAt: performance.now(),
    };
    this.#entries.set(keyOf(source), entry);
    void this.#inspect(entry);
    return entry;
  }

  async #inspect(entry: Entry): Promise<void> {
    const { signal } = entry.work;
    const inspection: Inspection = {
      folders: this.#folders,
      digests: this.#digests,
      signal,
      onProgress: (bytesDone, bytesTotal) => {
        if (entry.source.digest !== undefined) this.#set(entry, { state: 'verifying', bytesDone, bytesTotal });
      },
    };
    try {
      const state = await inspectSource(entry.source, inspection);
      this.#set(entry, state);
      if (state.state !== 'verified' || state.digest !== undefined) return;
      this.#set(entry, {
        ...state,
        digest: await digestOf(state.path, state.identity, state.weightsBytes, inspection),
      });
    } catch {
      // Aborted because the file changed or nobody asks any more; or the digest for the record could not be computed.
    }
  }

  #set(entry: Entry, state: InspectedSource): void {
    if (this.#stopped || entry.work.signal.aborted || this.#entries.get(keyOf(entry.source)) !== entry) return;
    entry.state = state;
    this.#tell(entry.source.uri);
  }

  #tell(uri: string): void {
    for (const listener of this.#listeners) listener(uri);
  }

  #seenOf({ uri }: ModelSource): string {
    const location = locate(uri, this.#folders);
    if (!location.ok) return '';
    const schema = `${location.path.replace(/\.gguf$/, '')}.schema.json`;
    return `${fingerprint(location.path) ?? 'absent'} ${fingerprint(schema) ?? 'absent'}`;
  }

  #drop(key: string, entry: Entry): void {
    entry.work.abort();
    this.#entries.delete(key);
  }
}

function keyOf({ uri, digest }: ModelSource): string {
  return `${uri} ${digest ?? ''}`;
}
