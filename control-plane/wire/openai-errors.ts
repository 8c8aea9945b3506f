// Errors in OpenAI's shape. One body serves as the answer to a request and, inside a stream that
// has begun, as its last event: the client libraries raise both. Imports the error registry.

import { type AppError, type ErrorCode, fail } from '../errors.ts';
import { isObject } from './json.ts';

export interface OpenaiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** The body of a refused request, and the data of the event that ends a broken stream. */
export function renderOpenaiError(error: AppError): OpenaiErrorBody {
  return {
    error: { message: error.message, type: error.openaiType, param: error.param ?? null, code: error.code },
  };
}

/**
 * An engine's refusal (status 4xx) as one of ours: its message and field are about the request and go to the caller,
 * its code only where we have the same. Restore the body first: the message may quote what the engine was sent.
 */
export function openaiErrorFrom(body: unknown): AppError {
  const error = isObject(body) ? body['error'] : undefined;
  const told = isObject(error) ? error : isObject(body) ? body : {};
  const message = typeof told['message'] === 'string' ? told['message'] : 'The engine refused the request.';
  const param = typeof told['param'] === 'string' ? { param: told['param'] } : {};
  return fail(codeOf(told, message), { detail: message.slice(0, MAX_MESSAGE_CHARS), ...param });
}

const MAX_MESSAGE_CHARS = 2000;

/** Codes of engines that mean one of ours. */
const CODES: ReadonlyMap<unknown, ErrorCode> = new Map([
  ['context_length_exceeded', 'context_length_exceeded'],
  ['exceed_context_size_error', 'context_length_exceeded'],
  ['invalid_value', 'invalid_field'],
  ['unsupported_content', 'unsupported_content'],
]);

/** vLLM has no code for a prompt that is too long: its words are all there is to tell it by. */
function codeOf({ code, type }: Record<string, unknown>, message: string): ErrorCode {
  const known = CODES.get(code) ?? CODES.get(type);
  if (known !== undefined) return known;
  return /maximum context length/i.test(message) ? 'context_length_exceeded' : 'unsupported_parameter';
}
