// A port that is free now. It may be taken before the engine binds it; then the engine says so and another is chosen.
import { createServer } from 'node:net';

/** A free TCP port of the loopback address, chosen by the kernel. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
