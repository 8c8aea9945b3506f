// Makes one operator of several the one that acts: a session lock of PostgreSQL on a connection of its own. When the
// connection breaks, PostgreSQL lets go of the lock, and so do we. May import operator/api, control-plane/database.
import type { PoolClient } from 'pg';
import type { Lease } from '../../operator/api/ports.ts';
import type { Database } from '../database/database.ts';

/** Key of the advisory lock of the operator: "IMRL" as a number. */
const LEASE_LOCK = 0x494d524c;

export interface AdvisoryLeaseDependencies {
  readonly database: Pick<Database, 'pool'>;
  readonly key?: number;
  /** How often one that waits asks, and one that holds makes sure. */
  readonly periodMs?: number;
}

export class AdvisoryLease implements Lease {
  readonly #pool: Database['pool'];
  readonly #key: number;
  readonly #periodMs: number;

  constructor({ database, key = LEASE_LOCK, periodMs = 1000 }: AdvisoryLeaseDependencies) {
    this.#pool = database.pool;
    this.#key = key;
    this.#periodMs = periodMs;
  }

  async hold(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const client = await this.#acquire(signal);
    if (client === undefined) return;
    const lost = new AbortController();
    const lose = () => lost.abort();
    client.on('error', lose).on('end', lose);
    const checking = setInterval(() => void client.query('SELECT 1').catch(lose), this.#periodMs);
    try {
      await lead(AbortSignal.any([signal, lost.signal]));
    } finally {
      clearInterval(checking);
      // Closing the connection gives the lock back, whatever state it is in.
      client.release(true);
    }
  }

  /** Undefined when the signal aborted first. */
  async #acquire(signal: AbortSignal): Promise<PoolClient | undefined> {
    while (!signal.aborted) {
      const client = await this.#tryLock().catch(() => undefined);
      if (client !== undefined) return client;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, this.#periodMs);
        signal.addEventListener('abort', done, { once: true });
      });
    }
    return undefined;
  }

  async #tryLock(): Promise<PoolClient | undefined> {
    const client = await this.#pool.connect();
    try {
      const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS held', [this.#key]);
      if ((rows as { held: boolean }[])[0]?.held === true) return client;
      client.release();
      return undefined;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}
