// The HTTP of the worker: bodies read within bounds, JSON and server-sent events written, a caller's departure turned
// into an abort signal. Imports: wire-error.
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WireError } from './wire-error.ts';

const MAX_BODY_BYTES = 32 * 1024 * 1024;

export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new WireError(413, 'body_too_large', `the body exceeds ${MAX_BODY_BYTES} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw new WireError(400, 'invalid_value', 'the body is not JSON');
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

export function sendError(response: ServerResponse, error: WireError): void {
  // A body that was not read to its end, or a port that is about to go away, is of no use to the next request.
  const close: Record<string, string> = [401, 413, 503].includes(error.status) ? { connection: 'close' } : {};
  const retry: Record<string, string> = error.status === 503 ? { 'retry-after': '1' } : {};
  sendJson(response, error.status, error, { ...close, ...retry });
}

export interface EventStream {
  send(data: unknown): Promise<void>;
  end(): void;
}

/** Opens a stream of server-sent events; `send` waits while the caller reads more slowly than we write. */
export function openEventStream(response: ServerResponse, signal: AbortSignal): EventStream {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.flushHeaders();
  return {
    async send(data) {
      signal.throwIfAborted();
      if (!response.write(`data: ${JSON.stringify(data)}\n\n`)) await once(response, 'drain', { signal });
    },
    end() {
      response.end('data: [DONE]\n\n');
    },
  };
}

/** Aborts when the caller leaves before the answer is complete. */
export function departureSignal(response: ServerResponse): AbortController {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the caller left'));
  });
  return controller;
}

/** Compares `authorization: Bearer ...` in constant time. */
export function isAuthorised(request: IncomingMessage, bearer: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${bearer}`));
}
