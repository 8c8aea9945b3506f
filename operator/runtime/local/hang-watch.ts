// Tells a hung process from a slow one. Hung: no answer for a while, and in all that time stopped, or no processor time
// used, hardly ever woken and no thread that wanted to run. A long generation, a busy machine, a slow disk and tokens
// that trickle are not hung. Pure over samples.
import type { GroupActivity } from './process-group.ts';

/** Clock ticks that a process may use while doing nothing (timers). */
const IDLE_TICKS = 1;
/** Times that its threads may be woken in that time; whoever sends a token is woken for it. */
const IDLE_WAKES = 4;

export interface HangLimits {
  /** Stopped by a signal for this long. */
  readonly stoppedMs: number;
  /** Doing nothing for this long. */
  readonly idleMs: number;
}

export class HangWatch {
  readonly #limits: HangLimits;
  #idleSince: number;
  #stoppedSince: number | undefined;
  #last: GroupActivity | undefined;

  /** `now` is when the wait for an answer began, in ms of a monotonic clock. */
  constructor(limits: HangLimits, now: number) {
    this.#limits = limits;
    this.#idleSince = now;
  }

  /** Takes a sample; true when the process hangs. Without samples (no /proc) three times the limit must pass. */
  isHung(activity: GroupActivity | undefined, now: number): boolean {
    if (activity === undefined) return now - this.#idleSince >= 3 * this.#limits.idleMs;
    this.#stoppedSince = activity.stopped ? (this.#stoppedSince ?? now) : undefined;
    this.#last ??= activity;
    if (isLively(activity, this.#last)) {
      this.#idleSince = now;
      this.#last = activity;
    }
    const stoppedFor = this.#stoppedSince === undefined ? 0 : now - this.#stoppedSince;
    return stoppedFor >= this.#limits.stoppedMs || now - this.#idleSince >= this.#limits.idleMs;
  }
}

function isLively(now: GroupActivity, before: GroupActivity): boolean {
  return now.wantsToRun || now.ticks - before.ticks > IDLE_TICKS || now.wakes - before.wakes > IDLE_WAKES;
}
