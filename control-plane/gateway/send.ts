// JSON on its way out.

import type { ServerResponse } from 'node:http';
import type { AppError } from '../errors.ts';
import { renderOpenaiError } from '../wire/openai-errors.ts';
import type { AnswerNotes } from './answer-notes.ts';

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  notes?: { bytes: number; body?: string | Uint8Array | undefined },
): void {
  if (response.destroyed || response.headersSent) return;
  // Text goes out in one piece with the head; bytes would be a piece of their own.
  const text = JSON.stringify(body);
  const bytes = Buffer.byteLength(text);
  if (notes !== undefined) {
    notes.bytes = bytes;
    notes.body = text;
  }
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(text);
}

/** Notes the error that `sendError` is about to send, byte by byte, for the record of its attempt. */
export function noteError(error: AppError, notes: AnswerNotes): void {
  const body = renderOpenaiError(error);
  notes.refused(body, Buffer.from(JSON.stringify(body)), true);
}

/** An error in OpenAI's shape, with its receipt and, where it helps, Retry-After or Allow (RFC 9110, 10.2). */
export function sendError(response: ServerResponse, error: AppError, receipt: string | undefined): void {
  sendJson(response, error.status, renderOpenaiError(error), {
    ...(receipt === undefined ? {} : { 'x-intramuros-receipt': receipt }),
    ...(error.retryAfterS === undefined ? {} : { 'retry-after': String(error.retryAfterS) }),
    ...(error.allow === undefined ? {} : { allow: error.allow.join(', ') }),
    ...(error.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(error.code === 'shutting_down' ? { connection: 'close' } : {}),
  });
}
