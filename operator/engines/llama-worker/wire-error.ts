// Errors in OpenAI's shape, and the few codes that an engine answers with. Imports nothing.

export type WireErrorCode =
  | 'invalid_value'
  | 'unsupported_parameter'
  | 'unsupported_content'
  | 'unsupported_schema'
  | 'context_length_exceeded'
  | 'invalid_api_key'
  | 'not_found'
  | 'body_too_large'
  | 'engine_busy'
  | 'engine_loading'
  | 'engine_stopping'
  | 'engine_error';

/** Thrown by whatever handles a request; `param` is the path of the field in OpenAI's notation (`messages[0].role`). */
export class WireError extends Error {
  readonly status: number;
  readonly code: WireErrorCode;
  readonly param: string | undefined;

  constructor(status: number, code: WireErrorCode, message: string, param?: string) {
    super(message);
    this.name = 'WireError';
    this.status = status;
    this.code = code;
    this.param = param;
  }

  toJSON() {
    const type = this.status < 500 ? 'invalid_request_error' : 'server_error';
    return { error: { message: this.message, type, param: this.param ?? null, code: this.code } };
  }
}

/** 400 for a field that OpenAI knows and this engine does not serve. */
export function unsupported(param: string, why: string): WireError {
  return new WireError(400, 'unsupported_parameter', `${param} is not supported by this engine: ${why}`, param);
}

/** `tokens` is the count, or the least that it can be. */
export function contextExceeded(tokens: number, limit: number, param: string): WireError {
  return new WireError(
    400,
    'context_length_exceeded',
    `the request holds ${tokens} tokens or more, the context of this model ${limit}; shorten it`,
    param,
  );
}
