// A client that writes bytes, not requests: what no HTTP library would send. It reads whatever comes back.

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Text or bytes are written as they are; a number is a pause in milliseconds. */
export type Piece = string | Uint8Array | number;

export interface RawReply {
  /** All that came, as Latin-1 so that no byte is lost. */
  readonly text: string;
  /** Status of every answer in it, in order; interim ones too. */
  readonly statuses: readonly number[];
  /** Whether the other side closed within the time. */
  readonly closed: boolean;
  readonly tookMs: number;
}

export interface RawOptions {
  /** Reading ends after so many whole answers (interim ones too), or when the other side closes. */
  readonly answers?: number;
  /** Reading ends after this time, or `idleMs` after the last byte. */
  readonly withinMs?: number;
  readonly idleMs?: number;
}

/** Writes the pieces and reads until the other side closes, has answered, falls silent, or the time is over. */
export async function exchange(
  address: string,
  pieces: readonly Piece[],
  { answers = Infinity, withinMs = 20_000, idleMs = Infinity }: RawOptions = {},
): Promise<RawReply> {
  const beganAtMs = performance.now();
  const socket = await open(address);
  let text = '';
  const line = { closed: false, heardAtMs: performance.now() };
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    line.heardAtMs = performance.now();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    line.closed = true;
  });
  for (const piece of pieces) {
    if (line.closed || statusesIn(text).length >= answers) break;
    if (typeof piece === 'number') await sleep(piece);
    else await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  while (!line.closed && performance.now() - beganAtMs < withinMs) {
    if (statusesIn(text).length >= answers) break;
    if (text !== '' && performance.now() - line.heardAtMs > idleMs) break;
    await sleep(10);
  }
  const tookMs = performance.now() - beganAtMs;
  socket.destroy();
  return { text, statuses: statusesIn(text), closed: line.closed, tookMs };
}

/** Statuses of the whole answers in a text; those that end with the connection count once their head is there. */
function statusesIn(text: string): number[] {
  const statuses: number[] = [];
  for (let at = 0; at < text.length; ) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    const head = text.slice(at, headEnd);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (headEnd === -1 || Number.isNaN(status)) break;
    const bodyAt = headEnd + 4;
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const chunksEnd = /\r\ntransfer-encoding: chunked/i.test(head) ? text.indexOf('0\r\n\r\n', bodyAt) : -1;
    const end = length === undefined ? (chunksEnd === -1 ? bodyAt : chunksEnd + 5) : bodyAt + Number(length);
    if (end > text.length) break;
    statuses.push(status);
    at = end;
  }
  return statuses;
}

export function open(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** The code in an error body, of either listener. */
export function codeIn({ text }: RawReply): string | undefined {
  return /"code":"([a-z_]+)"/.exec(text)?.[1];
}
