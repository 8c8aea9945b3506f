// Sends what was redacted and recorded to the engine and hands its answer back, restored, as it comes. Takes a
// `Recorded` and nothing else. Three clocks bound it (queue is spent before; first byte; between bytes), the client's
// leaving ends the engine's work, and an engine that dies in the middle is an error to the client, never half an answer
// that looks whole.
// Imports wire/ and redaction/.

import type { TimeBudgets } from '../config.ts';
import { AppError, fail } from '../errors.ts';
import { isObject } from '../wire/json.ts';
import { openaiErrorFrom } from '../wire/openai-errors.ts';
import { AnswerNotes } from './answer-notes.ts';
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection-limits.ts';
import { EngineCall } from './engine-call.ts';
import { EngineTooSlow, startEngineClock } from './engine-clock.ts';
import type { EngineDoors } from './engine-connections.ts';
import type { Recorded } from './exchange.ts';
import type { ForwardResult, Relay } from './relay.ts';
import { endWithError, relayStream } from './relay-stream.ts';
import { restorerFor } from './restorer-for.ts';
import { sendJson } from './send.ts';

export interface Forwarding {
  readonly connections: EngineDoors;
  readonly budgets: TimeBudgets;
  readonly limits?: Partial<ConnectionLimits>;
}

/** Largest refusal of an engine that is read: a sentence or two. */
const MAX_REFUSAL_BYTES = 1024 * 1024;

export async function forward(recorded: Recorded, forwarding: Forwarding): Promise<ForwardResult> {
  const notes = new AnswerNotes(recorded.startedAtMs);
  const call = new EngineCall();
  const clock = startEngineClock(forwarding.budgets, recorded.signal, (reason) => call.abort(reason));
  let status: number | undefined;
  try {
    status = await send(recorded, forwarding, call);
    const limits = { ...CONNECTION_LIMITS, ...forwarding.limits };
    return told(recorded, await relay(recorded, status, { call, clock, notes, limits }));
  } catch (error) {
    if (recorded.signal.aborted) return clientLeft(recorded, notes);
    return told(recorded, status === undefined ? failedBefore(error, notes) : failedDuring(error, notes));
  } finally {
    clock.stop();
    call.close();
  }
}

/** Once the headers are out, be it for a comment to one who waited, there is no other attempt: the error ends the stream. */
function told({ response }: Recorded, result: ForwardResult): ForwardResult {
  if (!response.headersSent || result.error === undefined) return result;
  endWithError(response, result.error, result.notes);
  return { ...result, status: response.statusCode };
}

function relay(recorded: Recorded, status: number, relaying: Relay): Promise<ForwardResult> {
  if (status !== 200) return engineSaidNo(recorded, status, relaying);
  return recorded.parsed.stream ? relayStream(recorded, relaying) : relayWhole(recorded, relaying);
}

async function send(recorded: Recorded, { connections }: Forwarding, call: EngineCall): Promise<number> {
  const bearer = await connections.bearerFor(recorded.replica.url);
  return call.send(connections.for(recorded.replica.url), {
    method: 'POST',
    path: recorded.endpoint.path,
    headers: {
      'content-type': 'application/json',
      accept: recorded.parsed.stream ? 'text/event-stream' : 'application/json',
      authorization: `Bearer ${bearer}`,
      'x-request-id': recorded.id,
      // Whoever reads an engine's log finds the record that allowed each of its requests.
      'x-intramuros-receipt': recorded.receipt,
    },
    body: recorded.upstreamBody,
  });
}

async function relayWhole(recorded: Recorded, relaying: Relay): Promise<ForwardResult> {
  const { notes, limits } = relaying;
  const parsed = await readJson(relaying, limits.answerBytes);
  if (!isObject(parsed)) throw engineFailed('The engine sent JSON that is no answer.');
  notes.firstByte();
  const restored = restorerFor(recorded).json(parsed);
  notes.whole(restored);
  sendJson(recorded.response, 200, restored, { 'x-intramuros-receipt': recorded.receipt }, notes);
  return recorded.response.headersSent ? { code: 'answered', status: 200, notes } : clientLeft(recorded, notes);
}

async function readJson({ call, clock }: Relay, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (let chunk = await call.next(); chunk !== undefined; chunk = await call.next()) {
    clock.hold();
    bytes += chunk.length;
    if (bytes > maxBytes) throw engineFailed('The engine sent an answer that is too large.');
    chunks.push(chunk);
    clock.goOn(true);
  }
  try {
    const whole = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
    return JSON.parse(whole.toString('utf8'));
  } catch {
    // The parser's message quotes the text: it is dropped.
    throw engineFailed('The engine sent an answer that is not JSON.');
  }
}

/** A refusal of the engine: its own words where they are about the request, ours where it broke. */
async function engineSaidNo(recorded: Recorded, statusCode: number, relaying: Relay): Promise<ForwardResult> {
  const { call, notes } = relaying;
  if (statusCode === 503 || statusCode === 429) {
    await call.dump();
    const error = fail('model_not_ready', {
      detail: 'The model is loading or full.',
      remedy: 'Try again in a few seconds.',
      retryAfterS: 2,
    });
    return {
      code: 'engine_refused',
      status: error.status,
      notes,
      error,
      ...(statusCode === 503 ? { retry: 'yes' } : {}),
    };
  }
  if (statusCode >= 400 && statusCode < 500 && statusCode !== 401 && statusCode !== 403) {
    const error = openaiErrorFrom(restorerFor(recorded).json(await readJson(relaying, MAX_REFUSAL_BYTES)));
    return { code: 'engine_refused', status: error.status, notes, error };
  }
  await call.dump();
  const error = engineFailed(`The engine answered with status ${statusCode}.`);
  return { code: 'engine_failed', status: error.status, notes, error };
}

function failedBefore(error: unknown, notes: AnswerNotes): ForwardResult {
  if (error instanceof EngineTooSlow) return tooSlow(error, notes);
  const gone = engineFailed('The engine cannot be reached or ended before it answered.', error);
  const code = codeOf(error);
  const retry = NEVER_BEGAN.has(code) ? 'yes' : MAY_HAVE_BEGUN.has(code) ? 'once' : undefined;
  return { code: 'engine_failed', status: gone.status, notes, error: gone, ...(retry === undefined ? {} : { retry }) };
}

function failedDuring(error: unknown, notes: AnswerNotes): ForwardResult {
  if (error instanceof EngineTooSlow) return tooSlow(error, notes);
  const failure =
    error instanceof AppError ? error : engineFailed('The engine ended in the middle of its answer.', error);
  return { code: 'engine_failed', status: failure.status, notes, error: failure };
}

function tooSlow(error: EngineTooSlow, notes: AnswerNotes): ForwardResult {
  const timeout =
    error.clock === 'first byte'
      ? fail('engine_timeout', {
          detail: 'The engine did not begin to answer in time.',
          remedy: 'Ask for less, or raise INTRAMUROS_FIRST_BYTE_TIMEOUT_MS.',
          cause: error,
        })
      : fail('engine_timeout', {
          detail: 'The engine paused too long inside its answer.',
          remedy: 'Try again, or raise INTRAMUROS_BETWEEN_BYTES_TIMEOUT_MS.',
          cause: error,
        });
  return { code: 'engine_timeout', status: timeout.status, notes, error: timeout };
}

function clientLeft({ response }: Recorded, notes: AnswerNotes): ForwardResult {
  return { code: 'client_left', status: response.headersSent ? response.statusCode : 0, notes };
}

const NEVER_BEGAN = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);

/** One more try and no third: a request that kills its engine must not go round and kill them all. */
const MAY_HAVE_BEGUN = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}

function engineFailed(detail: string, cause?: unknown): AppError {
  return fail('engine_failed', { detail, remedy: 'Try again; the status of the model says more.', cause });
}
