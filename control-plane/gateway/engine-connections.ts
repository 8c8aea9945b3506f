// Connections to the engines, one pool an engine process. undici's own time-outs are off: every request has its own
// clocks (engine-clock.ts), so none of 300 s hides underneath.

import { Pool } from 'undici';
import type { EngineDoor } from './engine-call.ts';

/** Beyond this many pools, those that nothing uses are forgotten: engines come back on other ports. */
const MAX_IDLE_POOLS = 64;

const ASK_MS = 2_000;

/** What the request pipe asks of them. */
export interface EngineDoors {
  /** The one that the engine at `url` takes. */
  bearerFor(url: string): string | Promise<string>;
  for(url: string): EngineDoor;
}

export class EngineConnections implements EngineDoors {
  readonly #bearers: () => readonly string[];
  readonly #taken = new Map<string, Promise<string>>();
  readonly #pools = new Map<string, Pool>();

  /** @param bearer several where it was rotated, the current one first: engines keep the one that they began with. */
  constructor(bearer: string | (() => readonly string[])) {
    this.#bearers = typeof bearer === 'function' ? bearer : () => [bearer];
  }

  /** Engines keep the bearer that they were started with: where there are several, each engine is asked once. */
  bearerFor(url: string): string | Promise<string> {
    const [current = '', ...former] = this.#bearers();
    if (former.length === 0) return current;
    const known = this.#taken.get(url) ?? this.#ask(url, [current, ...former]).catch(() => current);
    this.#taken.set(url, known);
    return known;
  }

  /** By a request that says nothing: whoever may not speak is told 401 before it is read. */
  async #ask(url: string, bearers: readonly string[]): Promise<string> {
    for (const bearer of bearers) {
      const { statusCode, body } = await this.for(url).request({
        method: 'POST',
        path: '/v1/completions',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: '{}',
        signal: AbortSignal.timeout(ASK_MS),
      });
      await body.dump();
      if (statusCode !== 401) return bearer;
    }
    return bearers[0] ?? '';
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
    // Who answers there from now on may be another engine.
    pool.on('disconnect', () => this.#taken.delete(url));
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
      this.#taken.delete(url);
      void pool.close();
    }
  }
}
