// Reads a request body into memory within a bound of bytes and of time, before anything is parsed. A length that the
// client announces is judged at once, so that an oversized body costs nothing.

import type { IncomingMessage } from 'node:http';
import { fail } from '../errors.ts';

/** A client that sends its body slower than this is cut off, so that it cannot hold a place for nothing. */
const BODY_TIMEOUT_MS = 30_000;

export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    fail('body_too_large', {
      detail: `The body is larger than ${maxBytes} bytes.`,
      remedy: 'Send less, or raise INTRAMUROS_MAX_BODY_BYTES.',
    });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw fail('unsupported_media_type', {
      param: 'content-encoding',
      detail: 'Compressed bodies are not read.',
      remedy: 'Send the body as it is.',
    });
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => request.destroy(new BodyTimeout()), BODY_TIMEOUT_MS);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (!(error instanceof BodyTimeout)) throw error;
    throw fail('invalid_json', { detail: `The body did not arrive within ${BODY_TIMEOUT_MS / 1000} s.`, cause: error });
  } finally {
    clearTimeout(timer);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
}

class BodyTimeout extends Error {}

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
    // V8 quotes the text in its message: only the position may be passed on.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw fail('invalid_json', {
      detail: `The body is not valid JSON${position === undefined ? '' : ` (at character ${position})`}.`,
    });
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
