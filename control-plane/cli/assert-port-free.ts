// Looks whether a port can be had before anything is started, so that a taken one is told at once and nothing has to be
// undone. The listener that comes later still meets a port that was taken in between. Imports the error registry.

import { createServer } from 'node:net';
import { fail } from '../errors.ts';

/** @throws AppError `port_in_use` naming the port and the variable that sets it. */
export async function assertPortFree(host: string, port: number, variable: string): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail =
        cause.code === 'EADDRINUSE'
          ? `Port ${port} is taken by another process.`
          : `Port ${port} cannot be listened on (${cause.code ?? 'unknown reason'}).`;
      reject(
        fail('port_in_use', {
          param: variable,
          detail,
          remedy: `Stop that process ("ss -ltnp sport = :${port}" names it), or set ${variable} to a free port.`,
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
