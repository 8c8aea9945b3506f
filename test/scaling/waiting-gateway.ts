// A gateway in a process of its own whose model has no replica: prints where it listens, and its memory whenever it is
// asked by a line on stdin. Its lifeline is stdin: it ends with whoever started it.

import { createInterface } from 'node:readline';
import { startGatewayUnderTest } from '../gateway/gateway-under-test.ts';

const scaling = { min: 0, max: 1, target: 4, idleSeconds: 60, coldStart: { maxQueued: 10_000, maxWaitSeconds: 600 } };
const gateway = await startGatewayUnderTest({ scaling, limits: { heartbeatMs: 1000 } });
console.log(JSON.stringify({ address: gateway.address, key: gateway.key }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'collect') globalThis.gc?.();
  if (line.startsWith('serve ')) gateway.setModel({ engines: [line.slice('serve '.length)], slots: 64 });
  console.log(JSON.stringify({ waiting: gateway.waiting(), rssBytes: process.memoryUsage.rss() }));
}
await gateway.end();
