// The network between the product and its database, in our hands: passes on, delays, holds back, or cuts and refuses.

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type Weather = { readonly kind: 'clear' | 'cut' | 'silent' } | { readonly kind: 'slow'; readonly ms: number };

export class DatabaseProxy {
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #weather: Weather = { kind: 'clear' };
  #cleared = Promise.withResolvers<void>();

  /** `target` is the path of PostgreSQL's Unix socket. */
  constructor(target: string) {
    this.#target = target;
    this.#cleared.resolve();
    this.#server = createServer((client) => this.#join(client));
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  set(weather: Weather): void {
    this.#weather = weather;
    if (weather.kind === 'silent') this.#cleared = Promise.withResolvers<void>();
    else this.#cleared.resolve();
    if (weather.kind === 'cut') for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.set({ kind: 'clear' });
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    if (this.#weather.kind === 'cut') {
      client.destroy();
      return;
    }
    const server = connect(this.#target);
    this.#carry(client, server);
    this.#carry(server, client);
  }

  /** In order, each piece as late as the weather was when it came. */
  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    let last = Promise.resolve();
    const behind = (work: () => void, ms: number) => {
      const dueAt = performance.now() + ms;
      const before = last;
      last = (async () => {
        await before;
        const waitMs = dueAt - performance.now();
        if (waitMs > 0) await delay(waitMs);
        await this.#cleared.promise;
        work();
      })();
    };
    const lateMs = () => (this.#weather.kind === 'slow' ? this.#weather.ms : 0);
    from.on('data', (piece: Buffer) => {
      if (this.#weather.kind === 'clear') behind(() => to.write(piece), 0);
      else behind(() => to.write(piece), lateMs());
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      behind(() => to.destroy(), 0);
    });
  }
}
