// Every failure that a caller may meet, by code. A code is a promise: clients match on it, the reference page
// (docs/reference/errors.md) is generated from this table, and the HTTP layers render it in the caller's dialect.
// Imports nothing.

/** What the registry knows of a code: HTTP status, short title, and the kind of OpenAI error it maps to. */
export interface ErrorDefinition {
  readonly status: number;
  readonly title: string;
  readonly openaiType: OpenAiErrorType;
}

export type OpenAiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'api_error';

const invalid = (status: number, title: string): ErrorDefinition => ({
  status,
  title,
  openaiType: 'invalid_request_error',
});
const failure = (status: number, title: string): ErrorDefinition => ({ status, title, openaiType: 'api_error' });

export const ERRORS = {
  // The request itself.
  invalid_json: invalid(400, 'The body is not valid JSON'),
  unknown_field: invalid(400, 'Unknown field'),
  invalid_field: invalid(400, 'A field has a wrong value'),
  missing_field: invalid(400, 'A required field is missing'),
  unsupported_content: invalid(400, 'Content that cannot be redacted is refused'),
  unsupported_parameter: invalid(400, 'The engine does not do this'),
  content_blocked: invalid(400, 'The policy blocks this content'),
  context_length_exceeded: invalid(400, 'The request is longer than the context of the model'),
  request_timeout: invalid(408, 'The request did not arrive in time'),
  body_too_large: invalid(413, 'The body is too large'),
  unsupported_media_type: invalid(415, 'The content type is not JSON'),
  too_deep: invalid(400, 'The JSON is nested too deeply'),
  headers_too_large: invalid(431, 'The header section is too large'),
  // Who asks.
  missing_api_key: { status: 401, title: 'No API key was given', openaiType: 'authentication_error' },
  invalid_api_key: { status: 401, title: 'The API key is not valid', openaiType: 'authentication_error' },
  not_signed_in: { status: 401, title: 'Sign in first', openaiType: 'authentication_error' },
  wrong_credentials: { status: 401, title: 'The name or the password is wrong', openaiType: 'authentication_error' },
  password_change_required: { status: 403, title: 'Choose a password first', openaiType: 'permission_error' },
  sign_in_refused: { status: 401, title: 'The company sign-in was refused', openaiType: 'authentication_error' },
  identity_provider_unavailable: failure(503, 'The company sign-in does not answer'),
  last_admin: invalid(409, 'The last local admin must stay'),
  forbidden: { status: 403, title: 'Your role does not allow this', openaiType: 'permission_error' },
  purpose_required: invalid(428, 'Say what for first'),
  approval_required: { status: 403, title: 'A second person must approve this', openaiType: 'permission_error' },
  second_person_required: { status: 403, title: 'Another person must decide', openaiType: 'permission_error' },
  tenant_not_found: { status: 403, title: 'No tenant of this name', openaiType: 'permission_error' },
  bad_origin: { status: 403, title: 'The request came from another site', openaiType: 'permission_error' },
  queue_full: { status: 429, title: 'Too many requests wait', openaiType: 'rate_limit_error' },
  rate_limited: { status: 429, title: 'Too many requests', openaiType: 'rate_limit_error' },
  // What is asked for.
  not_found: { status: 404, title: 'Not found', openaiType: 'not_found_error' },
  model_not_found: { status: 404, title: 'No model of this name', openaiType: 'not_found_error' },
  method_not_allowed: invalid(405, 'The method is not allowed here'),
  conflict: invalid(409, 'The resource was changed meanwhile'),
  already_done: invalid(409, 'This was done before'),
  idempotency_in_flight: invalid(409, 'The same request is being done'),
  idempotency_key_reused: invalid(422, 'The key stands for another request'),
  proposal_closed: invalid(409, 'The proposal is closed'),
  proposal_stale: invalid(409, 'The proposal was written on an older state'),
  expired: invalid(410, 'The version asked for is too old'),
  invalid_resource: invalid(422, 'The resource is not valid'),
  // What we or our parts could not do.
  model_not_ready: failure(503, 'The model is not ready'),
  engine_failed: failure(502, 'The engine failed'),
  engine_timeout: failure(504, 'The engine did not answer in time'),
  audit_unavailable: failure(503, 'The audit log cannot be written'),
  overloaded: failure(503, 'Too much work at once'),
  // Of the record only: nobody is there to be told.
  client_left: failure(499, 'The client left before it was answered'),
  shutting_down: failure(503, 'The service is stopping'),
  database_unavailable: failure(503, 'The database does not answer'),
  internal: failure(500, 'Internal error'),
  // Starting and running on this machine.
  invalid_configuration: failure(500, 'The configuration is not valid'),
  data_folder_in_use: failure(500, 'The data folder is in use'),
  data_folder_unusable: failure(500, 'The data folder cannot be used'),
  port_in_use: failure(500, 'The port is in use'),
  not_running: failure(500, 'The product is not running'),
  console_unbuilt: failure(500, 'The console is not built'),
  secret_unavailable: failure(503, 'A secret cannot be read'),
  migration_failed: failure(500, 'The database could not be migrated'),
  backup_unusable: failure(500, 'The backup cannot be used'),
  corrupt_weights: failure(500, 'The weights cannot be read'),
  corrupt_record: failure(500, 'The audit record cannot be read'),
  database_unusable: failure(500, 'The database cannot be relied on'),
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorFacts {
  /** One sentence for the caller; never holds values of the request. */
  readonly detail: string;
  /** The field at fault, as a path in the caller's own words (`messages[0].content`). */
  readonly param?: string;
  /** What the caller can do about it. */
  readonly remedy?: string;
  readonly retryAfterS?: number;
  /** Of `method_not_allowed`: the methods that the path takes, for the Allow header (RFC 9110, 10.2.1). */
  readonly allow?: readonly string[];
  readonly cause?: unknown;
}

/** An expected failure. Anything else that is thrown is a defect and is answered as `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly openaiType: OpenAiErrorType;
  readonly detail: string;
  readonly param: string | undefined;
  readonly remedy: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly allow: readonly string[] | undefined;

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(
      facts.remedy === undefined ? facts.detail : `${facts.detail} ${facts.remedy}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.name = 'AppError';
    const definition = ERRORS[code];
    this.code = code;
    this.status = definition.status;
    this.title = definition.title;
    this.openaiType = definition.openaiType;
    this.detail = facts.detail;
    this.param = facts.param;
    this.remedy = facts.remedy;
    this.retryAfterS = facts.retryAfterS;
    this.allow = facts.allow;
  }
}

/** Makes the error; the caller throws it, so that control flow stays visible where it happens. */
export function fail(code: ErrorCode, facts: ErrorFacts): AppError {
  return new AppError(code, facts);
}

/** Any thrown value as an AppError: expected failures pass, defects become `internal` with their cause kept for the log. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return fail('internal', {
    detail: 'Something went wrong on our side.',
    remedy: 'The log has the cause under the request id.',
    cause: error,
  });
}
