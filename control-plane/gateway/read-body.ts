// Reads a request body into memory within a bound of bytes and of time, before anything is parsed. A length that the
// client announces is judged at once, so that an oversized body costs nothing. The connection stays open on a refusal:
// the client must be able to read why.

import type { IncomingMessage } from 'node:http';
import { fail } from '../errors.ts';

/** A client that sends its body slower than this is refused, so that it cannot hold memory for nothing. */
const BODY_TIMEOUT_MS = 30_000;

export interface BodyReading {
  readonly timeoutMs?: number | undefined;
  /** Counts what has come; false when no more may be held now. */
  readonly take?: (bytes: number) => boolean;
}

/**
 * Throws `body_too_large`, `unsupported_media_type`, `request_timeout`, `overloaded`, or `BodyBroken` when the client
 * left.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  { timeoutMs = BODY_TIMEOUT_MS, take = () => true }: BodyReading = {},
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw fail('unsupported_media_type', {
      param: 'content-encoding',
      detail: 'Compressed bodies are not read.',
      remedy: 'Send the body as it is.',
    });
  }
  return collect(request, maxBytes, { timeoutMs, take });
}

// Listeners rather than `for await`: leaving such a loop early destroys the socket, and with it the answer.
function collect(
  request: IncomingMessage,
  maxBytes: number,
  { timeoutMs, take }: { readonly timeoutMs: number; readonly take: (bytes: number) => boolean },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const done = Promise.withResolvers<Buffer>();
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) done.reject(tooLarge(maxBytes));
    else if (!take(chunk.length)) done.reject(tooMuchHeld());
    else chunks.push(chunk);
  };
  let isOver = false;
  const onEnd = () => {
    isOver = true;
    done.resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes));
  };
  const onGone = () => {
    if (!isOver) done.reject(new BodyBroken());
  };
  const timer = setTimeout(() => done.reject(tooSlow(timeoutMs)), timeoutMs);
  request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  if (request.destroyed) onGone();
  return done.promise.finally(() => {
    isOver = true;
    clearTimeout(timer);
    request.off('data', onData).off('end', onEnd).off('close', onGone);
    // `onGone` stays on 'error': a socket that breaks later is nobody's defect.
  });
}

/** The client left before its body was complete: there is nobody to answer. */
export class BodyBroken extends Error {}

function tooLarge(maxBytes: number) {
  return fail('body_too_large', {
    detail: `The body is larger than ${maxBytes} bytes.`,
    remedy: 'Send less, or raise INTRAMUROS_MAX_BODY_BYTES.',
  });
}

function tooMuchHeld() {
  return fail('overloaded', {
    detail: 'Too many bytes of requests are held at once.',
    remedy: 'Try again in a few seconds, or send less at a time.',
    retryAfterS: 2,
  });
}

function tooSlow(timeoutMs: number) {
  return fail('request_timeout', {
    detail: `The body did not arrive within ${timeoutMs / 1000} s.`,
    remedy: 'Send it again, without pauses.',
  });
}

/** The body as JSON (RFC 8259: UTF-8). Throws `invalid_json` with the place, never with the text. */
export function parseJson(body: Buffer): unknown {
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch (error) {
    throw fail('invalid_json', { detail: 'The body is not valid UTF-8.', cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 quotes the text in its message: only the position, which stands after it, may be passed on.
    const position = / in JSON at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(
      error instanceof Error ? error.message : '',
    )?.[1];
    throw fail('invalid_json', {
      detail: `The body is not valid JSON${position === undefined ? '' : ` (at character ${position})`}.`,
    });
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
