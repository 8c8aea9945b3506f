// Watches that what this process has recorded also enters the log. A sequencer that has stopped shows nothing to a
// producer otherwise, and records that are never integrated could be removed unseen. Times are of this process's own
// monotonic clock, so that no clock set elsewhere can hide or feign a lag. May import its own room.

import type { StagedMark } from './staging.ts';

export interface IntegrationWatchDependencies {
  readonly mark: () => StagedMark;
  /** Records of an epoch of ours that are in the log. */
  readonly integrated: (epoch: number) => Promise<number>;
  readonly now?: () => number;
  readonly limitMs: number;
  readonly intervalMs: number;
}

export class IntegrationWatch {
  readonly #deps: IntegrationWatchDependencies;
  readonly #limitMs: number;
  /** What was committed at which moment and is not known to be integrated yet, oldest first. */
  #marks: (StagedMark & { readonly at: number })[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(deps: IntegrationWatchDependencies) {
    this.#deps = deps;
    this.#limitMs = deps.limitMs;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), this.#deps.intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How long the oldest record that is not in the log has waited, as far as we know. */
  get lagMs(): number {
    const oldest = this.#marks[0];
    return oldest === undefined ? 0 : this.#now() - oldest.at;
  }

  get isOver(): boolean {
    return this.lagMs > this.#limitMs;
  }

  /** One look; a database that does not answer leaves the lag growing. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const mark = this.#deps.mark();
      const last = this.#marks.at(-1);
      const isNews = mark.count > 0 && (last?.epoch !== mark.epoch || last.count !== mark.count);
      if (isNews) this.#marks.push({ ...mark, at: this.#now() });
      for (const epoch of new Set(this.#marks.map((each) => each.epoch))) {
        const integrated = await this.#deps.integrated(epoch);
        this.#marks = this.#marks.filter((each) => each.epoch !== epoch || each.count > integrated);
      }
    } catch {
      // counted as not integrated
    } finally {
      this.#isLooking = false;
    }
  }

  #now(): number {
    return this.#deps.now?.() ?? performance.now();
  }
}
