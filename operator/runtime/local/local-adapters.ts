// The adapters of this machine, looked at in the background and again when a file changes: theirs, or that of the
// weights that they are laid over. An adapter always gets its digest computed, because each record of its use names it.
import type { Failure } from '../../api/conditions.ts';
import type { ModelSource } from '../../api/v1alpha1/model.ts';
import { inspectAdapter } from '../../engines/adapter.ts';
import type { AdapterState } from '../../planning/world.ts';
import type { DigestCache } from './digest-cache.ts';
import { digestOf, fingerprint } from './inspect-source.ts';
import { type Folders, locate } from './locate.ts';

export interface AdapterInspection {
  readonly folders: Folders;
  readonly digests: DigestCache;
  readonly signal: AbortSignal;
}

export interface AdapterQuestion {
  readonly source: ModelSource;
  /** Path of the weights that it is laid over. */
  readonly weights: string;
  /** Those weights make vectors: no adapter is applied to them. */
  readonly embeddingOnly: boolean;
}

interface Entry {
  readonly question: AdapterQuestion;
  readonly work: AbortController;
  /** Both files as they were when the look began. */
  readonly seen: string;
  state: AdapterState;
  askedAt: number;
}

/** An adapter that nobody asked about for this long is forgotten. */
const FORGET_MS = 60_000;

export class LocalAdapters {
  readonly #folders: Folders;
  readonly #digests: DigestCache;
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: (uri: string) => void;

  constructor(folders: Folders, digests: DigestCache, onChange: (uri: string) => void) {
    this.#folders = folders;
    this.#digests = digests;
    this.#onChange = onChange;
  }

  observe(question: AdapterQuestion): AdapterState {
    const key = keyOf(question);
    const known = this.#entries.get(key);
    if (known === undefined) return this.#look(question, { state: 'verifying' }).state;
    known.askedAt = performance.now();
    return known.state;
  }

  refresh(): void {
    for (const [key, entry] of this.#entries) {
      if (performance.now() - entry.askedAt > FORGET_MS) this.#drop(key, entry);
      else if (this.#seenOf(entry.question) !== entry.seen) {
        entry.work.abort();
        // What was known of the old bytes holds until the new ones were looked at.
        this.#look(entry.question, entry.state).askedAt = entry.askedAt;
      }
    }
  }

  stop(): void {
    for (const [key, entry] of this.#entries) this.#drop(key, entry);
  }

  #look(question: AdapterQuestion, state: AdapterState): Entry {
    const work = new AbortController();
    const entry: Entry = { question, work, seen: this.#seenOf(question), state, askedAt: performance.now() };
    this.#entries.set(keyOf(question), entry);
    void this.#inspect(entry);
    return entry;
  }

  async #inspect(entry: Entry): Promise<void> {
    const { signal } = entry.work;
    try {
      const state = await inspectAdapterSource(entry.question, {
        folders: this.#folders,
        digests: this.#digests,
        signal,
      });
      if (signal.aborted || this.#entries.get(keyOf(entry.question)) !== entry) return;
      entry.state = state;
      this.#onChange(entry.question.source.uri);
    } catch {
      // Aborted because a file changed or nobody asks any more.
    }
  }

  #seenOf({ source, weights }: AdapterQuestion): string {
    const location = locate(source.uri, this.#folders);
    if (!location.ok) return '';
    return `${fingerprint(location.path) ?? 'absent'} ${fingerprint(weights) ?? 'absent'}`;
  }

  #drop(key: string, entry: Entry): void {
    entry.work.abort();
    this.#entries.delete(key);
  }
}

/** Everything about an adapter. Rejects only for the abort: what goes wrong is a state with reason and remedy. */
export async function inspectAdapterSource(
  { source, weights, embeddingOnly }: AdapterQuestion,
  inspection: AdapterInspection,
): Promise<AdapterState> {
  if (embeddingOnly) return VECTORS;
  const location = locate(source.uri, inspection.folders);
  if (!location.ok) return failed(location);
  const { path } = location;
  if (/[,:]/.test(path)) return MARKED;
  try {
    const look = await inspectAdapter(path, weights);
    if (!look.ok) return failed(look);
    const { bytes, rank } = look.facts;
    const digest = await digestOf(path, fingerprint(path) ?? '', bytes, inspection);
    if (source.digest !== undefined && source.digest !== digest) return wrongDigest(digest);
    return { state: 'verified', path, digest, bytes, rank };
  } catch {
    inspection.signal.throwIfAborted();
    return UNREADABLE;
  }
}

function failed({ reason, message, remedy }: Failure): AdapterState {
  return { state: 'failed', reason, message, remedy };
}

const VECTORS: AdapterState = {
  state: 'failed',
  reason: 'ModelTakesNone',
  message: 'the weights make vectors, and adapters are applied to text alone',
  remedy: 'Remove it from spec.adapters.',
};

/** llama-server takes adapters as `PATH:STRENGTH,...`. */
const MARKED: AdapterState = {
  state: 'failed',
  reason: 'PathNotTaken',
  message: 'its path holds a comma or a colon, which engines read as the end of it',
  remedy: 'Give the file, or its folder, a name without them.',
};

const UNREADABLE: AdapterState = {
  state: 'failed',
  reason: 'UnreadableFile',
  message: 'the file, or that of the weights, cannot be read to its end',
  remedy: 'Check the disk, and that the user that runs Intramuros may read the file.',
};

function wrongDigest(found: string): AdapterState {
  return {
    state: 'failed',
    reason: 'WrongDigest',
    message: `the file has the digest ${found}, not the one that its source.digest pins; it is not loaded`,
    remedy: 'Copy the right file again, or set source.digest to this value if the change was meant.',
  };
}

function keyOf({ source, weights }: AdapterQuestion): string {
  return JSON.stringify([source.uri, source.digest ?? '', weights]);
}
