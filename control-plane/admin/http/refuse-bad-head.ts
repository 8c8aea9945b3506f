// Requests whose head cannot be read, or can be read in two ways. Where node:http finds no request at all there is
// nothing to route: the problem is written on the socket itself, in the shape of every other. Imports errors, the
// check of heads that both listeners share, and the problem beside it.

import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestHandler } from 'express';
import { type AppError, fail } from '../../errors.ts';
import { headProblem } from '../../http-head.ts';
import { problemOf } from './problem.ts';

/** Nothing more is read of a connection whose request nobody can tell the end of. */
export const refuseAmbiguousHead: RequestHandler = (request, response, next) => {
  const problem = headProblem(request);
  if (problem === undefined) return next();
  response.setHeader('connection', 'close');
  throw problem;
};

/** `_httpMessage` is node's own name for the answer that is under way on the socket; its own handler looks there too. */
type ClientSocket = Duplex & { readonly _httpMessage?: { readonly headersSent: boolean } | null };

/** Gone, at once or in the middle of a body: nobody is there to be told. */
const LEFT: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);

export function refuseBadHeads(server: Server): void {
  server.on('clientError', (error: Error & { code?: string }, socket: ClientSocket) => {
    if (LEFT.has(error.code) || !socket.writable || socket._httpMessage?.headersSent === true) socket.destroy();
    else answer(problemFrom(error.code), socket);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    answer(fail('method_not_allowed', { detail: 'This is no proxy: it opens no tunnels.' }), socket);
  });
}

function problemFrom(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return fail('headers_too_large', {
      detail: 'The header section is larger than 16 KiB.',
      remedy: 'Send fewer headers.',
    });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return fail('request_timeout', { detail: 'The request did not arrive in time.', remedy: 'Try again.' });
  return fail('invalid_field', { detail: 'This is not an HTTP/1.1 request.', remedy: 'Send one, without TLS.' });
}

function answer(problem: AppError, socket: ClientSocket): void {
  const body = JSON.stringify(problemOf(problem, randomUUID()));
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}
