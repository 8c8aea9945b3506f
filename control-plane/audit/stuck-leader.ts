// Tells whether the sequencer that holds the lock still works. One that was stopped or hangs keeps its connection, and with
// it the lock, for as long as it likes: whoever stands by looks at what it does instead, and ends its connection when it
// does nothing. That is safe at any moment: it can write over that connection alone, one transaction a step.
// May import its own room.

import type { Queryable } from './log-reader.ts';

export interface StuckLeaderOptions {
  /** Records wait and no checkpoint came for this long, by our own monotonic clock. */
  readonly stuckMs: number;
  readonly now?: () => number;
}

const WAITING = `SELECT
  (SELECT coalesce(max(id), 0) FROM audit_checkpoint) AS checkpoint,
  EXISTS (
    SELECT FROM audit_epoch e CROSS JOIN LATERAL (
      SELECT n FROM audit_record r WHERE r.producer = e.producer AND r.epoch = e.epoch ORDER BY n DESC LIMIT 1) last
    WHERE last.n >= coalesce((
      SELECT first_n + length FROM audit_segment s
       WHERE s.producer = e.producer AND s.epoch = e.epoch ORDER BY first_n DESC LIMIT 1), 0)) AS waiting`;

export class StuckLeader {
  readonly #stuckMs: number;
  readonly #now: () => number;
  #checkpoint: string | undefined;
  #since: number | undefined;

  constructor({ stuckMs, now = () => performance.now() }: StuckLeaderOptions) {
    this.#stuckMs = stuckMs;
    this.#now = now;
  }

  /** One look; true when the leader has done nothing for too long. */
  async look(db: Queryable): Promise<boolean> {
    const { rows } = await db.query<{ checkpoint: string; waiting: boolean }>(WAITING);
    const { checkpoint, waiting } = rows[0] ?? { checkpoint: '0', waiting: false };
    if (!waiting || checkpoint !== this.#checkpoint) this.#since = undefined;
    this.#checkpoint = checkpoint;
    if (!waiting) return false;
    this.#since ??= this.#now();
    return this.#now() - this.#since >= this.#stuckMs;
  }

  reset(): void {
    this.#since = undefined;
  }
}
