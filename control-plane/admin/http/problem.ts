// Failures on the wire: RFC 9457 problem details. What the code, the field and the remedy are comes from the error
// itself; a defect is answered without its text, which stays in the log under the request id.
// Imports errors and the contract's resource error.

import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { ResourceError, type ResourceErrorReason } from '../../../operator/api/resource-error.ts';
import { type AppError, type ErrorCode, fail, toAppError } from '../../errors.ts';
import type { RefusalRecorder } from '../records/record-refusal.ts';
import { contextOf } from './request-context.ts';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** The field at fault, as the caller wrote it. */
  readonly param?: string;
  readonly remedy?: string;
  /** Of an invalid resource: everything that is wrong with it. */
  readonly problems?: readonly { readonly field: string; readonly message: string; readonly remedy: string }[];
  /** `urn:uuid:` and the id that the log knows the request by. */
  readonly instance: string;
}

export function problemOf(error: AppError, requestId: string): Problem {
  return {
    type: `urn:intramuros:error:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    code: error.code,
    ...(error.param === undefined ? {} : { param: error.param }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(error.cause instanceof ResourceError && error.cause.problems.length > 0
      ? { problems: error.cause.problems }
      : {}),
    instance: `urn:uuid:${requestId}`,
  };
}

export function sendProblem(response: Response, error: AppError): void {
  const { id, log } = contextOf(response);
  if (error.code === 'internal') log.error({ err: error.cause }, 'unexpected failure');
  if (response.headersSent) {
    // Half an answer is out: only a cut connection tells the caller that the rest is missing.
    response.destroy();
    return;
  }
  if (error.retryAfterS !== undefined) response.setHeader('retry-after', String(error.retryAfterS));
  if (error.status === 401) response.setHeader('www-authenticate', 'Bearer realm="intramuros"');
  const text = JSON.stringify(problemOf(error, id));
  response.status(error.status).setHeader('content-type', 'application/problem+json; charset=utf-8').end(text);
}

export const unknownRoute: RequestHandler = () => {
  throw fail('not_found', {
    detail: 'Nothing is served at this path.',
    remedy: 'GET /api/v1/openapi.json lists what is.',
  });
};

/** The last in the line: every failure ends here, and refusals go on the record. */
export function problemHandler(recordRefusal: RefusalRecorder): ErrorRequestHandler {
  // Four parameters: that is how express knows an error handler.
  return (thrown: unknown, _request, response, _next) => {
    const { signal, log } = contextOf(response);
    if (signal.aborted) {
      log.debug('the client left before its answer');
      return;
    }
    const error = toExpectedError(thrown);
    recordRefusal(error, contextOf(response).route);
    sendProblem(response, error);
  };
}

/** What express and its parsers throw for a bad request, as an error of ours; everything else as it is. */
export function toExpectedError(error: unknown): AppError {
  if (error instanceof ResourceError) return fromResourceError(error);
  const status = statusOf(error);
  if (status === undefined || status < 400 || status >= 500) return toAppError(error);
  const type = (error as { type?: unknown }).type;
  if (status === 413)
    return fail('body_too_large', { detail: 'The body is larger than this path takes.', cause: error });
  if (type === 'encoding.unsupported')
    return fail('unsupported_media_type', {
      param: 'content-encoding',
      detail: 'Compressed bodies are not read.',
      remedy: 'Send the body as it is.',
      cause: error,
    });
  if (type === 'entity.parse.failed')
    return fail('invalid_json', { detail: 'The body is not valid JSON.', cause: error });
  return fail('invalid_field', { detail: 'The path, a header or the body cannot be read.', cause: error });
}

// The errors of http-errors are made for the client and say so (`expose`).
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, name } = error as { status?: unknown; name?: unknown };
  return typeof status === 'number' && name !== 'AppError' ? status : undefined;
}

const RESOURCE_CODES: Readonly<Record<ResourceErrorReason, ErrorCode>> = {
  invalid: 'invalid_resource',
  notFound: 'not_found',
  conflict: 'conflict',
  expired: 'expired',
  unavailable: 'database_unavailable',
};

function fromResourceError(error: ResourceError): AppError {
  const first = error.problems[0];
  return fail(RESOURCE_CODES[error.reason], {
    detail: first === undefined ? error.message : `${first.message}.`,
    ...(first === undefined ? {} : { param: first.field, remedy: `${capitalise(first.remedy)}.` }),
    cause: error,
  });
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
