// One small HTTP request to an engine, on a connection of its own: an engine may close a connection after a stream, and
// a probe must not fail for that.
import { request } from 'node:http';

const MAX_BODY_BYTES = 64 * 1024;

export interface LoopbackRequest {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface LoopbackAnswer {
  readonly status: number;
  readonly body: string;
}

/** Rejects when the connection fails or the signal aborts. */
export function askLoopback({
  port,
  method,
  path,
  headers = {},
  body,
  signal,
}: LoopbackRequest): Promise<LoopbackAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, agent: false, signal, headers: { ...headers, ...length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
          else incoming.destroy(new Error('the answer to a probe is too long'));
        });
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
