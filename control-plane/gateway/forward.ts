// Sends what was redacted and recorded to the engine and hands its answer back, restored, as it comes. Takes a
// `Recorded` and nothing else. Three clocks bound it (queue is spent before; first byte; between bytes), the client's
// leaving ends the engine's work, and an engine that dies in the middle is an error to the client, never half an answer
// that looks whole.
// Imports undici, wire/ and redaction/.

import type { Dispatcher } from 'undici';
import type { TimeBudgets } from '../config.ts';
import { AppError, fail } from '../errors.ts';
import { openaiErrorFrom } from '../wire/openai-errors.ts';
import { AnswerNotes } from './answer-notes.ts';
import type { EngineConnections } from './engine-connections.ts';
import type { OutcomeCode, Recorded } from './exchange.ts';
import { relayStream } from './relay-stream.ts';
import { restorerFor } from './restorer-for.ts';
import { sendJson } from './send.ts';

export interface Forwarding {
  readonly connections: EngineConnections;
  readonly budgets: TimeBudgets;
}

export interface ForwardResult {
  readonly code: OutcomeCode;
  readonly status: number;
  readonly notes: AnswerNotes;
  /** Set when nothing was sent to the client: the pipeline may try another replica, or answer with it. */
  readonly error?: AppError;
  /** The engine never began: another replica may be tried. */
  readonly retryable?: boolean;
}

/** Largest answer that is held whole (not streamed); an engine that sends more is broken. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export async function forward(recorded: Recorded, forwarding: Forwarding): Promise<ForwardResult> {
  const notes = new AnswerNotes(recorded.startedAtMs);
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(recorded, forwarding);
  } catch (error) {
    return failedBefore(recorded, error, notes);
  }
  try {
    if (answer.statusCode !== 200) return await engineSaidNo(recorded, answer, notes);
    if (recorded.parsed.stream) return await relayStream(recorded, answer, notes);
    return await relayWhole(recorded, answer, notes);
  } catch (error) {
    answer.body.destroy();
    return failedDuring(recorded, error, notes);
  }
}

function request(recorded: Recorded, { connections, budgets }: Forwarding): Promise<Dispatcher.ResponseData> {
  return connections.for(recorded.replica.url).request({
    method: 'POST',
    path: recorded.endpoint.path,
    headers: {
      'content-type': 'application/json',
      accept: recorded.parsed.stream ? 'text/event-stream' : 'application/json',
      authorization: `Bearer ${connections.bearer}`,
      'x-request-id': recorded.id,
    },
    body: recorded.upstreamBody,
    signal: recorded.signal,
    headersTimeout: budgets.firstByteMs,
    bodyTimeout: budgets.betweenBytesMs,
  });
}

async function relayWhole(
  recorded: Recorded,
  answer: Dispatcher.ResponseData,
  notes: AnswerNotes,
): Promise<ForwardResult> {
  const parsed = await readJson(answer);
  notes.firstByte();
  const restored = restorerFor(recorded).json(parsed);
  notes.whole(restored);
  sendJson(recorded.response, 200, restored, { 'x-intramuros-receipt': recorded.receipt }, notes);
  return { code: 'answered', status: 200, notes };
}

async function readJson(answer: Dispatcher.ResponseData): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw engineFailed('The engine sent an answer that is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks, bytes).toString('utf8'));
  } catch {
    // The parser's message quotes the text: it is dropped.
    throw engineFailed('The engine sent an answer that is not JSON.');
  }
}

/** A refusal of the engine: its own words where they are about the request, ours where it broke. */
async function engineSaidNo(
  recorded: Recorded,
  answer: Dispatcher.ResponseData,
  notes: AnswerNotes,
): Promise<ForwardResult> {
  const { statusCode } = answer;
  if (statusCode === 503 || statusCode === 429) {
    await answer.body.dump();
    const error = fail('model_not_ready', {
      detail: 'The model is loading or full.',
      remedy: 'Try again in a few seconds.',
      retryAfterS: 2,
    });
    return { code: 'engine_refused', status: error.status, notes, error, retryable: statusCode === 503 };
  }
  if (statusCode >= 400 && statusCode < 500 && statusCode !== 401 && statusCode !== 403) {
    const error = openaiErrorFrom(restorerFor(recorded).json(await readJson(answer)));
    return { code: 'engine_refused', status: error.status, notes, error };
  }
  await answer.body.dump();
  const error = engineFailed(`The engine answered with status ${statusCode}.`);
  return { code: 'engine_failed', status: error.status, notes, error };
}

function failedBefore(recorded: Recorded, error: unknown, notes: AnswerNotes): ForwardResult {
  if (recorded.signal.aborted) return { code: 'client_left', status: 0, notes };
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    const timeout = fail('engine_timeout', {
      detail: 'The engine did not begin to answer in time.',
      remedy: 'Ask for less, or raise INTRAMUROS_FIRST_BYTE_TIMEOUT_MS.',
      cause: error,
    });
    return { code: 'engine_timeout', status: timeout.status, notes, error: timeout };
  }
  const gone = engineFailed('The engine cannot be reached or ended before it answered.', error);
  return { code: 'engine_failed', status: gone.status, notes, error: gone, retryable: NEVER_BEGAN.has(code) };
}

function failedDuring(recorded: Recorded, error: unknown, notes: AnswerNotes): ForwardResult {
  if (recorded.signal.aborted) return { code: 'client_left', status: 0, notes };
  const timedOut = codeOf(error) === 'UND_ERR_BODY_TIMEOUT';
  const failure = timedOut
    ? fail('engine_timeout', {
        detail: 'The engine paused too long inside its answer.',
        remedy: 'Try again, or raise INTRAMUROS_BETWEEN_BYTES_TIMEOUT_MS.',
        cause: error,
      })
    : error instanceof AppError
      ? error
      : engineFailed('The engine ended in the middle of its answer.', error);
  return { code: timedOut ? 'engine_timeout' : 'engine_failed', status: failure.status, notes, error: failure };
}

/** Failures in which the engine cannot have begun to work, or had closed an idle connection that we reused. */
const NEVER_BEGAN = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}

function engineFailed(detail: string, cause?: unknown): AppError {
  return fail('engine_failed', { detail, remedy: 'Try again; the status of the model says more.', cause });
}
