// A queue of keys for a level-triggered controller: a key that waits is not queued twice, a key that is worked on is
// not worked on twice at once but once more afterwards, and a key that fails comes back later and later. What was
// queued says only "look at this again". Imports the kit.
import { backOffMs } from './back-off.ts';

export interface WorkQueueOptions {
  /** Keys worked on at a time. */
  readonly workers?: number;
  readonly leastRetryMs?: number;
  readonly mostRetryMs?: number;
  /** Called with what `work` threw; must not throw. */
  readonly onError?: (key: string, error: unknown, retryInMs: number) => void;
}

/** Returns when to look again, or nothing to wait for the next `add`. */
export type Work = (key: string) => Promise<{ readonly againInMs?: number } | undefined>;

export class WorkQueue {
  readonly #work: Work;
  readonly #options: Required<WorkQueueOptions>;
  readonly #ready: string[] = [];
  readonly #queued = new Set<string>();
  readonly #active = new Set<string>();
  /** Active keys that were added meanwhile. */
  readonly #dirty = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #failures = new Map<string, number>();
  readonly #idle: (() => void)[] = [];
  #running = false;

  constructor(work: Work, options: WorkQueueOptions = {}) {
    this.#work = work;
    this.#options = { workers: 1, leastRetryMs: 5, mostRetryMs: 1_000_000, onError: () => {}, ...options };
  }

  start(): void {
    this.#running = true;
    this.#dispatch();
  }

  /** Takes no more keys and resolves when those in work are done. */
  async stop(): Promise<void> {
    this.#running = false;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#active.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  get depth(): number {
    return this.#ready.length;
  }

  add(key: string): void {
    this.#cancelTimer(key);
    if (this.#active.has(key)) {
      this.#dirty.add(key);
      return;
    }
    if (this.#queued.has(key)) return;
    this.#queued.add(key);
    this.#ready.push(key);
    this.#dispatch();
  }

  /** Adds the key after a while, unless it is added before. An earlier time already set wins. */
  addAfter(key: string, ms: number): void {
    if (!this.#running || this.#timers.has(key)) return;
    this.#timers.set(
      key,
      setTimeout(() => this.add(key), ms),
    );
  }

  #dispatch(): void {
    while (this.#running && this.#active.size < this.#options.workers) {
      const key = this.#ready.shift();
      if (key === undefined) return;
      this.#queued.delete(key);
      this.#active.add(key);
      void this.#process(key);
    }
  }

  async #process(key: string): Promise<void> {
    let againInMs: number | undefined;
    try {
      againInMs = (await this.#work(key))?.againInMs;
      this.#failures.delete(key);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      againInMs = backOffMs(failures, { leastMs: this.#options.leastRetryMs, mostMs: this.#options.mostRetryMs });
      this.#options.onError(key, error, againInMs);
    }
    this.#active.delete(key);
    if (this.#dirty.delete(key)) this.add(key);
    else if (againInMs !== undefined) this.addAfter(key, againInMs);
    if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.#dispatch();
  }

  #cancelTimer(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }
}
