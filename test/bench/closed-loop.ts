// A closed loop of requests: so many connections, each sends its next request when its last was answered.

import type { Target } from './gateway-targets.ts';
import { LoadConnection } from './load-connection.ts';

export interface LoopResult {
  /** Milliseconds of each request that was answered with 200. */
  readonly times: readonly number[];
  readonly seconds: number;
  readonly failures: number;
  /** Of the target's process, a request; undefined where the system does not tell. */
  readonly cpuUs: number | undefined;
}

export async function closedLoop(target: Target, body: object, connections: number, ms: number): Promise<LoopResult> {
  const request = target.request(body);
  const times: number[] = [];
  let failures = 0;
  const open = Array.from({ length: connections }, () => new LoadConnection(target.url));
  const cpuBefore = target.part.cpuS();
  const startedMs = performance.now();
  const endMs = startedMs + ms;
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() < endMs) {
        const fromMs = performance.now();
        const { status } = await connection.send(request);
        if (status === 200) times.push(performance.now() - fromMs);
        else failures += 1;
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const cpuAfter = target.part.cpuS();
  for (const connection of open) connection.close();
  const cpuUs =
    cpuBefore === undefined || cpuAfter === undefined ? undefined : ((cpuAfter - cpuBefore) / times.length) * 1e6;
  return { times, seconds, failures, cpuUs };
}
