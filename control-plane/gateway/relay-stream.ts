// A streamed answer on its way to the client: events are framed, parsed, restored and written one by one, at the speed
// at which the client takes them. What is held back is at most a surrogate that may still be under way.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AppError, fail } from '../errors.ts';
import { isObject } from '../wire/json.ts';
import { renderOpenaiError } from '../wire/openai-errors.ts';
import { formatSse, SseParser } from '../wire/sse.ts';
import type { AnswerNotes } from './answer-notes.ts';
import type { Recorded } from './exchange.ts';
import type { ForwardResult, Relay } from './relay.ts';
import { restorerFor } from './restorer-for.ts';

export async function relayStream(recorded: Recorded, { call, clock, notes, limits }: Relay): Promise<ForwardResult> {
  const { response } = recorded;
  const restorer = restorerFor(recorded);
  const parser = new SseParser();
  const wantsUsage = recorded.parsed.includeUsage;
  let done = false;

  const write = async (data: string): Promise<void> => {
    const text = formatSse(data);
    if (!response.headersSent) beginStream(response, recorded.receipt);
    notes.firstByte();
    notes.bytes += Buffer.byteLength(text);
    if (!response.write(text) && !response.destroyed) await drained(recorded, limits.stalledMs);
  };
  const pass = async (chunks: readonly unknown[]): Promise<void> => {
    for (const chunk of chunks) {
      notes.chunk(chunk);
      if (!wantsUsage) {
        if (isUsageOnly(chunk)) continue;
        dropEmptyUsage(chunk);
      }
      await write(JSON.stringify(chunk));
    }
  };
  const take = async (events: readonly { data: string }[]): Promise<void> => {
    for (const { data } of events) {
      if (done) return;
      if (data === '[DONE]') {
        await pass(restorer.end());
        await write('[DONE]');
        done = true;
        clock.expectEnd();
      } else {
        await pass(restorer.event(parseEvent(data)));
      }
    }
  };

  try {
    let received = 0;
    for (let bytes = await call.next(); bytes !== undefined; bytes = await call.next()) {
      clock.hold();
      received += bytes.length;
      if (received > limits.answerBytes) throw endless();
      await take(parser.push(bytes));
      clock.goOn(parser.heard());
    }
    await take(parser.end());
  } catch (error) {
    // After [DONE] the answer is whole, however the engine ends its connection.
    if (!done) throw error;
  }
  if (!done) throw fail('engine_failed', { detail: 'The engine ended in the middle of its answer.' });
  response.end();
  return { code: 'answered', status: 200, notes };
}

export function beginStream(response: ServerResponse, receipt: string): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-intramuros-receipt': receipt,
  });
}

/** An error without an attempt: the headers are out, for who waited was kept company. */
export function endStreamWithError(response: ServerResponse, error: AppError, receipt: string): void {
  // Another receipt than the headers name goes as a comment.
  const named = response.getHeader('x-intramuros-receipt') === receipt ? '' : `: x-intramuros-receipt ${receipt}\n\n`;
  response.end(named + formatSse(JSON.stringify(renderOpenaiError(error))));
}

/** The headers are out, so the error goes as an event, and no `[DONE]` follows: a client library raises it. */
export function endWithError(response: ServerResponse, error: AppError, notes: AnswerNotes): void {
  const body = renderOpenaiError(error);
  const bytes = Buffer.from(formatSse(JSON.stringify(body)));
  notes.refused(body, bytes, false);
  response.end(bytes);
}

async function drained({ response, signal }: Recorded, stalledMs: number): Promise<void> {
  const stalled = setTimeout(() => response.destroy(), stalledMs);
  try {
    await once(response, 'drain', { signal });
  } finally {
    clearTimeout(stalled);
  }
}

function endless(): AppError {
  return fail('engine_failed', { detail: 'The engine sent an answer that is too large.' });
}

function parseEvent(data: string): unknown {
  try {
    const parsed: unknown = JSON.parse(data);
    if (isObject(parsed)) return parsed;
  } catch {
    // Told below, without the text.
  }
  throw fail('engine_failed', { detail: 'The engine sent an event that is no JSON object.' });
}

/** An engine that was asked for token counts says `usage: null` in every other chunk; our client did not ask. */
function dropEmptyUsage(chunk: unknown): void {
  if (typeof chunk === 'object' && chunk !== null && 'usage' in chunk && chunk.usage === null) delete chunk.usage;
}

/** The chunk that carries only the token counts (OpenAI: `choices` empty, `usage` set). */
function isUsageOnly(chunk: unknown): boolean {
  if (typeof chunk !== 'object' || chunk === null) return false;
  const { choices, usage } = chunk as { choices?: unknown; usage?: unknown };
  return Array.isArray(choices) && choices.length === 0 && usage !== undefined && usage !== null;
}
