// A server of HTTP, over TLS where there is a certificate: the same object to whoever uses it. What fails before a
// request could begin (a handshake, plain HTTP on a TLS port) is closed and nothing else: it is no request to answer.
// May import its own room.

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsFiles } from './tls-files.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export function createListener(options: ServerOptions, tls: TlsFiles | undefined, take: RequestListener): Server {
  if (tls === undefined) return createServer(options, take);
  const server = createSecureServer({ ...options, ...tls.pair, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, take);
  // Node would hand a failed handshake to `clientError`, which answers in HTTP and records it.
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  tls.follow(server);
  return server;
}

/** How this machine itself reaches a listener: `https://127.0.0.1:8080`; that of all interfaces by loopback. */
export function addressOf(server: Server, host: string, tls: TlsFiles | undefined): string {
  const { port } = server.address() as AddressInfo;
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === undefined ? 'http' : 'https'}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
