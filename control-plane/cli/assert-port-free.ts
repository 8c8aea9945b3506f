// Looks whether a port can be had before anything is started, so that a taken one is told at once and nothing has to be
// undone. The listener that comes later still meets a port that was taken in between. Imports the error registry.

import { createServer } from 'node:net';
import { type AppError, fail } from '../errors.ts';
import { findPortHolder } from './port-holder.ts';

/** @throws AppError `port_in_use` naming the port, the variable that sets it and, where it can be seen, its holder. */
export async function assertPortFree(host: string, port: number, variable: string): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen(port, host, () => resolve(undefined));
  });
  if (error !== undefined) throw await portInUse(port, variable, error);
  await new Promise((resolve) => server.close(resolve));
}

async function portInUse(port: number, variable: string, cause: NodeJS.ErrnoException): Promise<AppError> {
  const free = `or set ${variable} to a free port.`;
  if (cause.code !== 'EADDRINUSE') {
    const detail = `Port ${port} cannot be listened on (${cause.code ?? 'unknown reason'}).`;
    return fail('port_in_use', { param: variable, detail, remedy: `Start as a user who may, ${free}`, cause });
  }
  const holder = await findPortHolder(port);
  const who = holder === undefined ? 'another process' : `process ${holder.pid} (${holder.name})`;
  const remedy =
    holder === undefined ? `Stop that process ("ss -ltnp sport = :${port}" names it), ${free}` : `Stop it, ${free}`;
  return fail('port_in_use', { param: variable, detail: `Port ${port} is taken by ${who}.`, remedy, cause });
}
