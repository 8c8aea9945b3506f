// An engine that answers with bytes of the test's choosing, right or wrong HTTP: what a broken or captured engine could
// send. Each connection runs the script once its request has come (or at once).

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export type HostileScript = (socket: Socket, request: string) => void | Promise<void>;

export interface HostileServer {
  readonly url: string;
  readonly connections: number;
  /** How each request is answered from now on. */
  answer(script: HostileScript): void;
  stop(): Promise<void>;
}

export async function startHostileServer(): Promise<HostileServer> {
  let script: HostileScript = (socket) => void socket.destroy();
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      // A body may come behind its head, in a piece of its own.
      if (bytes.includes(' HTTP/1.1\r\n')) void script(socket, bytes.toString('latin1'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    answer(next) {
      script = next;
    },
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Writes for as long as the other side takes it; resolves when it has left. */
export async function pour(socket: Socket, piece: string | Uint8Array): Promise<void> {
  while (!socket.destroyed) {
    if (!socket.write(piece)) {
      const moved = Promise.withResolvers<void>();
      const move = () => moved.resolve();
      socket.once('drain', move).once('close', move);
      await moved.promise;
      socket.off('drain', move).off('close', move);
    } else await new Promise((resolve) => setImmediate(resolve));
  }
}

export function chunked(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}
