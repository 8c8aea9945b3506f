// Connections to the engines, one pool an engine process. undici's own time-outs are off: every request has its own
// clocks (engine-clock.ts), so none of 300 s hides underneath.

import { Pool } from 'undici';
import type { EngineDoor } from './engine-call.ts';

/** Beyond this many pools, those that nothing uses are forgotten: engines come back on other ports. */
const MAX_IDLE_POOLS = 64;

/** What the request pipe asks of them. */
export interface EngineDoors {
  readonly bearer: string;
  for(url: string): EngineDoor;
}

export class EngineConnections implements EngineDoors {
  readonly bearer: string;
  readonly #pools = new Map<string, Pool>();

  constructor(bearer: string) {
    this.bearer = bearer;
  }

  for(url: string): Pool {
    const known = this.#pools.get(url);
    if (known !== undefined) return known;
    if (this.#pools.size >= MAX_IDLE_POOLS) this.#forgetIdle();
    const pool = new Pool(url, {
      connections: 256,
      // A pipelined request behind a long generation would wait unseen.
      pipelining: 1,
      connect: { timeout: 2000 },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 4000,
    });
    this.#pools.set(url, pool);
    return pool;
  }

  get size(): number {
    return this.#pools.size;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  /** Idle sockets close by themselves after `keepAliveTimeout`; this drops what is left of a pool. */
  #forgetIdle(): void {
    for (const [url, pool] of this.#pools) {
      const { connected, size } = pool.stats;
      if (connected > 0 || size > 0) continue;
      this.#pools.delete(url);
      void pool.close();
    }
  }
}
