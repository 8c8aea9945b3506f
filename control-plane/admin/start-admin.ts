// The listener's life: accounts and port are there, then it accepts and tells the CLI where; at the end it forgets the
// address, finishes what it answers and closes. Imports errors and the files beside it.

import type { Server } from 'node:http';
import { fail } from '../errors.ts';
import { addressOf, createListener } from '../tls/listener.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { type AdminDependencies, createAdminApp } from './app.ts';

import { refuseBadHeads } from './http/refuse-bad-head.ts';
import { removeLocalFile, writeLocalFile } from './identity/local-token.ts';
import { createProposalService } from './proposals/proposal-service.ts';

const SWEEP_EVERY_MS = 600_000;
const DRAIN_MS = 5000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 5000;
const MAX_HEADER_BYTES = 16_384;
/** People and commands of one company; one more is closed at once. */
const MAX_CONNECTIONS = 1024;

export interface AdminOptions extends AdminDependencies {
  /** Loopback unless there is `tls` or a proxy that speaks it. */
  readonly host: string;
  readonly tls?: TlsFiles;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where `admin.json` is written for the CLI; without it this listener is for whoever started it alone. */
  readonly dataFolder?: string;
  /** For the head of a request, and for all of it. */
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

export interface Admin {
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  /** Lets requests in flight finish for a few seconds. */
  readonly stop: () => Promise<void>;
}

/** @throws AppError `port_in_use`. */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const app = createAdminApp(options);
  // The head is checked by http/refuse-bad-head.ts, so that its refusals look like all others.
  const { headersTimeoutMs = HEADERS_TIMEOUT_MS, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const server = createListener(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // How late the two may be: node looks every 30 s on its own.
      connectionsCheckingInterval: headersTimeoutMs / 2,
    },
    options.tls,
    app,
  );
  refuseBadHeads(server);
  server.on('checkExpectation', app);
  server.maxConnections = MAX_CONNECTIONS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(server, options);
  const address = addressOf(server, options.host, options.tls);
  const { dataFolder, localToken } = options;
  if (dataFolder !== undefined) {
    const certificate = options.tls === undefined ? {} : { certificate: options.tls.paths.certificate };
    await writeLocalFile(dataFolder, { address, ...certificate, token: localToken.text, pid: process.pid }).catch(
      async (error: unknown) => {
        await close(server);
        throw error;
      },
    );
  }
  const sweep = setInterval(() => sweepSessions(options), SWEEP_EVERY_MS);
  sweep.unref();
  sweepSessions(options);

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(sweep);
    options.changes.end();
    try {
      if (dataFolder !== undefined) await removeLocalFile(dataFolder, localToken);
    } finally {
      await close(server); // also where the disk has turned read-only: a listener that is left keeps the process alive
    }
  };
  return { address, stop: () => (stopped ??= stop()) };
}

function listen(server: Server, { host, port }: AdminOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return reject(cause);
      const remedy = 'Stop what uses it, or set INTRAMUROS_PORT to another.';
      reject(fail('port_in_use', { param: 'INTRAMUROS_PORT', detail: `Port ${port} is in use.`, remedy, cause }));
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function sweepSessions(options: AdminOptions): void {
  const { sessionRows, tokens, log } = options;
  const now = new Date();
  const proposals = createProposalService({ ...options, rows: options.proposals });
  proposals.expire().catch((error: unknown) => log.warn({ err: error }, 'proposals stay open until the next sweep'));
  Promise.all([sessionRows.removeExpired(now), tokens.removeExpired(now)]).catch((error: unknown) => {
    log.warn({ err: error }, 'expired sessions stay until the next sweep');
  });
}
