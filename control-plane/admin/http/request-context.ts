// What is known of a request from its first moment: an id, a logger of its own, when it began. One line is logged at
// its end: method, route, status, time, and never the URL, a header or a body, which hold what people typed.
// Imports errors only.

import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { RequestCounter } from '../health/metrics.ts';

export interface RequestContext {
  readonly id: string;
  readonly log: Logger;
  /** The pattern of the route that took the request (`/api/v1/keys/{prefix}`); set by that route. */
  route: string;
  /** Aborted when the client leaves before the answer is complete. */
  readonly signal: AbortSignal;
}

export function contextOf(response: Response): RequestContext {
  return response.locals['context'] as RequestContext;
}

export function requestContext(log: Logger, count: RequestCounter): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    const id = randomUUID();
    const left = new AbortController();
    const context: RequestContext = { id, log: log.child({ requestId: id }), route: '-', signal: left.signal };
    response.locals['context'] = context;
    response.setHeader('x-request-id', id);
    response.once('close', () => {
      if (!response.writableFinished) left.abort();
      finish(request, response, context, performance.now() - startedAt);
      count(context.route, response.statusCode);
    });
    next();
  };
}

function finish(request: Request, response: Response, context: RequestContext, elapsedMs: number): void {
  const { route, log } = context;
  const facts = { method: request.method, route, status: response.statusCode, ms: Math.round(elapsedMs) };
  if (response.statusCode >= 500) log.warn(facts, 'request failed');
  else log.info(facts, 'request');
}
