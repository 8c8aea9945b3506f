// What node:http could not read as a request at all: a head that is too large (RFC 6585, 5) or broken. There is no
// request to answer, so the answer is written on the socket itself, in the same shape as every other error.

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type AppError, fail } from '../errors.ts';
import { renderOpenaiError } from '../wire/openai-errors.ts';
import type { RefusalLog } from './record-outcome.ts';

/** `_httpMessage` is node's own name for the answer that is under way on the socket; its own handler looks there too. */
type ClientSocket = Duplex & {
  readonly remoteAddress?: string | undefined;
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
};

export function refuseBadHead(error: Error & { code?: string }, socket: ClientSocket, refusals: RefusalLog): void {
  // Inside an answer that has begun, another would be taken for a part of it.
  if (LEFT.has(error.code) || !socket.writable || socket._httpMessage?.headersSent === true) {
    socket.destroy();
    return;
  }
  const told =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? fail('headers_too_large', {
          detail: 'The header section is larger than 16 KiB.',
          remedy: 'Send fewer headers.',
        })
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? fail('request_timeout', { detail: 'The header section did not arrive in time.', remedy: 'Try again.' })
        : fail('invalid_field', { detail: 'This is not an HTTP/1.1 request.', remedy: 'Send one, without TLS.' });
  answerOnSocket(told, socket, refusals);
}

/** CONNECT asks for a tunnel, which no path of ours is (RFC 9110, 9.3.6); node:http hands over the bare socket. */
export function refuseTunnel(socket: ClientSocket, refusals: RefusalLog): void {
  const told = fail('method_not_allowed', {
    detail: 'This is no proxy: it opens no tunnels.',
    remedy: 'Send requests to /v1.',
    allow: ['GET', 'HEAD', 'POST'],
  });
  socket.on('error', () => socket.destroy());
  answerOnSocket(told, socket, refusals);
}

function answerOnSocket(told: AppError, socket: ClientSocket, refusals: RefusalLog): void {
  const receipt = refusals.refuse({
    error: told,
    action: 'unknown',
    caller: undefined,
    origin: socket.remoteAddress ?? '-',
  });
  const body = JSON.stringify(renderOpenaiError(told));
  socket.end(
    `HTTP/1.1 ${told.status} ${STATUS_CODES[told.status]}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      (told.allow === undefined ? '' : `allow: ${told.allow.join(', ')}\r\n`) +
      `cache-control: no-store\r\nx-intramuros-receipt: ${receipt}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** The client is gone, at once or in the middle of its body: nobody is there to be told. */
const LEFT: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);
