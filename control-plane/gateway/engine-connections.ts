// Connections to the engines, one pool an engine process. undici's own time-outs are off: every request names its own
// clocks, so none of 300 s hides underneath.

import { Pool } from 'undici';

export class EngineConnections {
  readonly bearer: string;
  readonly #pools = new Map<string, Pool>();

  constructor(bearer: string) {
    this.bearer = bearer;
  }

  for(url: string): Pool {
    const known = this.#pools.get(url);
    if (known !== undefined) return known;
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

  /** Forgets pools of engines that are gone, so that churn leaves no sockets. */
  keepOnly(urls: ReadonlySet<string>): void {
    for (const [url, pool] of this.#pools) {
      if (urls.has(url)) continue;
      this.#pools.delete(url);
      void pool.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }
}
