// One connection of the load: HTTP/1.1 kept alive over a bare socket, one request at a time. The load shares its core
// with the upstream, so it must cost little; it reads what an answer's end needs and no more.

import { createConnection, type Socket } from 'node:net';

export interface LoadAnswer {
  readonly status: number;
  readonly body: string;
}

/** Told of each piece of a body as it comes, decoded from its transfer coding. */
export type OnPiece = (piece: Buffer) => void;

interface Waiting {
  readonly onPiece: OnPiece | undefined;
  readonly resolve: (answer: LoadAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class LoadConnection {
  readonly #socket: Socket;
  #waiting: Waiting | undefined;
  #unread: Buffer = Buffer.alloc(0);
  #status = 0;
  /** Bytes of the body still to come; -1 while a head is awaited. */
  #left = -1;
  #isChunked = false;
  #pieces: Buffer[] = [];

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = createConnection({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (data) => this.#take(data));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  send(request: Uint8Array, onPiece?: OnPiece): Promise<LoadAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { onPiece, resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #take(data: Buffer): void {
    this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
    for (;;) {
      const more = this.#left < 0 ? this.#readHead() : this.#isChunked ? this.#readChunk() : this.#readLength();
      if (!more) return;
    }
  }

  #readHead(): boolean {
    const end = this.#unread.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#unread.toString('latin1', 0, end);
    this.#unread = this.#unread.subarray(end + 4);
    this.#status = Number(head.slice(9, 12));
    this.#isChunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    this.#left = this.#isChunked ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (!this.#isChunked && this.#left === 0) this.#end();
    return this.#unread.length > 0;
  }

  #readLength(): boolean {
    const piece = this.#unread.subarray(0, this.#left);
    this.#unread = this.#unread.subarray(piece.length);
    this.#left -= piece.length;
    this.#give(piece);
    if (this.#left === 0) this.#end();
    return false;
  }

  /** A whole chunk at a time: those of an answer are small. */
  #readChunk(): boolean {
    const line = this.#unread.indexOf('\r\n');
    if (line < 0) return false;
    const size = Number.parseInt(this.#unread.toString('latin1', 0, line), 16);
    const end = line + 2 + size + 2;
    if (this.#unread.length < end) return false;
    const piece = this.#unread.subarray(line + 2, line + 2 + size);
    this.#unread = this.#unread.subarray(end);
    if (size === 0) this.#end();
    else this.#give(piece);
    return this.#unread.length > 0;
  }

  #give(piece: Buffer): void {
    const onPiece = this.#waiting?.onPiece;
    if (onPiece !== undefined) onPiece(piece);
    else this.#pieces.push(piece);
  }

  #end(): void {
    const waiting = this.#waiting;
    const answer = { status: this.#status, body: Buffer.concat(this.#pieces).toString('utf8') };
    this.#waiting = undefined;
    this.#left = -1;
    this.#pieces = [];
    waiting?.resolve(answer);
  }
}

/** The bytes of a POST. */
export function postOf(url: string, path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries({ host: new URL(url).host, ...headers, 'content-type': 'application/json' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
