// Tells a hung process from a slow one. Hung: no answer for a while, and in all that time no processor time used and no
// thread that wanted to run. A long generation, a busy machine and a slow disk are not hung. Pure over samples.
import type { GroupActivity } from './process-group.ts';

/** Clock ticks that a process may use while doing nothing (timers). */
const IDLE_TICKS = 1;

export class HangWatch {
  readonly #limitMs: number;
  #since: number;
  #ticks: number | undefined;

  /** `now` is when the wait for an answer began, in ms of a monotonic clock. */
  constructor(limitMs: number, now: number) {
    this.#limitMs = limitMs;
    this.#since = now;
  }

  /** Takes a sample; true when the process hangs. Without samples (no /proc) three times the limit must pass. */
  isHung(activity: GroupActivity | undefined, now: number): boolean {
    if (activity === undefined) return now - this.#since >= 3 * this.#limitMs;
    this.#ticks ??= activity.ticks;
    if (activity.wantsToRun || activity.ticks - this.#ticks > IDLE_TICKS) {
      this.#since = now;
      this.#ticks = activity.ticks;
    }
    return now - this.#since >= this.#limitMs;
  }
}
