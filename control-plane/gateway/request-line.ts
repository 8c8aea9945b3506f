// The line of the log that each request leaves: our own words, numbers and the names of known models. Nothing that a
// caller chose stands in it: no path, no field, no name that we do not know, no key.
// Imports types only.

import type { Logger } from 'pino';
import type { ErrorCode } from '../errors.ts';
import type { EndpointName } from '../wire/endpoint.ts';
import type { OutcomeCode } from './exchange.ts';

/** Filled by the stages as they learn it. */
export interface RequestNote {
  endpoint: EndpointName | 'models' | 'health' | 'unknown';
  /** Set once the model was found. */
  model?: string;
  tenant?: string;
  code?: OutcomeCode | ErrorCode;
  /** How long it waited for a place, and until the first token of its answer. */
  queueMs?: number;
  firstByteMs?: number | undefined;
  promptTokens?: number | undefined;
  completionTokens?: number | undefined;
}

export interface EndedRequest {
  readonly id: string;
  /** 0 where the caller left before it was told one. */
  readonly status: number;
  readonly ms: number;
}

export function logRequest(
  log: Pick<Logger, 'info' | 'debug'>,
  note: RequestNote,
  { id, status, ms }: EndedRequest,
): void {
  const { endpoint, model, code = 'client_left', promptTokens, completionTokens } = note;
  const line = { id, endpoint, model, status, code, ms: Math.round(ms), promptTokens, completionTokens };
  // Probes come every few seconds and say nothing while all is well.
  if (endpoint === 'health') log.debug(line, 'request');
  else log.info(line, 'request');
}
