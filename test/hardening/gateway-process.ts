// The gateway as a process of its own, so that its memory can be measured under attack: reads the addresses of its
// engines from argv, prints `up {address, key}`, and ends when its standard input does.

import { startGatewayUnderTest } from '../gateway/gateway-under-test.ts';

const gateway = await startGatewayUnderTest({
  engines: process.argv.slice(2),
  slots: 8,
  maxBodyBytes: 4 * 1024 * 1024,
  requestsPerMinute: 1_000_000,
  firstByteMs: 8000,
  betweenBytesMs: 8000,
  limits: { stalledMs: 4000 },
  forgetful: true,
});
console.log(`up ${JSON.stringify({ address: gateway.address, key: gateway.key })}`);
process.stdin.resume().on('end', () => process.exit(0));
