// The gateway: the listener that applications call. Bare node:http, because every request passes here; what happens to
// one is pipeline.ts, this file only opens the door, keeps the limits of the connection and answers when a stage fails.
// Imports the gateway's own stages, wire/ and types of other rooms.

import { createSecretKey, type KeyObject, randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { AuditLog } from '../audit/audit-log.ts';
import { AppError, fail, toAppError } from '../errors.ts';
import { headProblem } from '../http-head.ts';
import { addressOf, createListener } from '../tls/listener.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { ENDPOINTS, endpointFor } from '../wire/endpoint.ts';
import { type Admission, takeTurn } from './admit.ts';
import { admitTenant, identify } from './authenticate.ts';
import type { Catalog } from './catalog.ts';
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection-limits.ts';
import { advance, type Caller, type Received, type ReceivedFacts } from './exchange.ts';
import { createHeldBodies } from './held-bodies.ts';
import { listModels } from './list-models.ts';
import { answer, type PipelineParts } from './pipeline.ts';
import { BodyBroken } from './read-body.ts';
import { createRefusalLog, type RefusalLog } from './record-outcome.ts';
import { refuseBadHead, refuseTunnel } from './refuse-bad-head.ts';
import { endStreamWithError } from './relay-stream.ts';
import { logRequest, type RequestNote } from './request-line.ts';
import { sendError, sendJson } from './send.ts';
import type { UsageMeter } from './usage-meter.ts';

export interface GatewayDependencies
  extends Omit<PipelineParts, 'catalog' | 'audit' | 'admission' | 'limits' | 'surrogateKey'> {
  /** A function where it may be rotated: the current one. */
  readonly surrogateKey: Uint8Array | KeyObject | (() => Uint8Array);
  readonly admission: Omit<Admission, 'bodyTimeoutMs' | 'heldBodies'>;
  readonly limits?: Partial<ConnectionLimits>;
  readonly catalog: Pick<Catalog, 'model' | 'models' | 'policy' | 'tenant'>;
  readonly audit: Pick<AuditLog, 'append' | 'appendLater' | 'digest' | 'newReceipt'>;
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  readonly meter?: Pick<UsageMeter, 'count'>;
  readonly log: Logger;
  /** Whether the gateway can serve: the log writable, the catalog seen. */
  readonly ready: () => boolean;
}

export interface RunningGateway {
  readonly address: string;
  /** Takes no new requests, waits for those in flight (at most `drainMs`), then ends. */
  stop(drainMs: number): Promise<void>;
}

/** Of a key that may be rotated: the current version, made ready once. */
function keyReader(key: GatewayDependencies['surrogateKey']): () => KeyObject {
  let read: Uint8Array | undefined;
  let made: KeyObject | undefined;
  return () => {
    const now = typeof key === 'function' ? key() : key;
    if (!(now instanceof Uint8Array)) return now;
    if (made === undefined || read !== now) made = createSecretKey(now);
    read = now;
    return made;
  };
}

export async function startGateway(options: GatewayDependencies): Promise<RunningGateway> {
  const limits: ConnectionLimits = { ...CONNECTION_LIMITS, ...options.limits };
  const heldBytes = Math.max(limits.heldBodyBytes, 2 * options.admission.maxBodyBytes);
  const heldBodies = createHeldBodies(heldBytes);
  const surrogateKeyNow = keyReader(options.surrogateKey);
  const dependencies: Furnished = {
    ...options,
    get surrogateKey() {
      return surrogateKeyNow();
    },
    limits,
    admission: { ...options.admission, bodyTimeoutMs: limits.bodyMs, heldBodies },
  };
  const refusals = createRefusalLog(dependencies.audit, () => performance.now());
  let stopping = false;
  const inFlight = new Set<Promise<void>>();
  const server = createListener(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: limits.headersMs,
      requestTimeout: 0, // the body has its own clock (read-body.ts), the answer three of its own
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: limits.headersMs / 2,
      requireHostHeader: false, // http-head.ts asks for it, and its refusal is on the record
    },
    options.tls,
    take,
  );
  function take(request: IncomingMessage, response: ServerResponse): void {
    const work = serve(request, response, { dependencies, refusals, stopping: () => stopping });
    inFlight.add(work);
    void work.finally(() => inFlight.delete(work));
  }
  server.maxRequestsPerSocket = 0;
  server.maxConnections = limits.connections;
  server.on('checkExpectation', take); // RFC 9110, 10.1.1: one that we do not know may be passed over
  server.on('connect', (_request, socket) => refuseTunnel(socket, refusals));
  server.on('clientError', (error, socket) => refuseBadHead(error, socket, refusals));
  await listen(server, dependencies);
  return {
    address: addressOf(server, options.host, options.tls),
    async stop(drainMs) {
      stopping = true;
      server.close();
      server.closeIdleConnections();
      await Promise.race([Promise.allSettled(inFlight), delay(drainMs)]);
      server.closeAllConnections();
      // Aborted requests still write their outcomes: give them the turn to do so.
      await Promise.race([Promise.allSettled(inFlight), delay(500)]);
    },
  };
}

/** What the gateway was given, and what it keeps for itself. */
type Furnished = Omit<GatewayDependencies, 'limits' | 'admission' | 'surrogateKey'> & {
  readonly surrogateKey: KeyObject;
  readonly limits: ConnectionLimits;
  readonly admission: Admission;
};

interface Door {
  readonly dependencies: Furnished;
  readonly refusals: RefusalLog;
  readonly stopping: () => boolean;
}

async function serve(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
  const { dependencies, refusals } = door;
  const id = requestId();
  const startedAtMs = performance.now();
  const note: RequestNote = { endpoint: 'unknown' };
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  response.setHeader('x-request-id', id);
  response.setHeader('x-content-type-options', 'nosniff');
  const left = new AbortController();
  const promised: ReceivedFacts['promised'] = { receipt: undefined };
  response.on('close', () => {
    if (!response.writableFinished) left.abort(new ClientLeft());
  });
  // A socket that breaks while we write is the client's leaving, not a defect.
  response.on('error', () => left.abort(new ClientLeft()));
  try {
    if (door.stopping()) throw fail('shutting_down', { detail: 'The gateway is stopping.', retryAfterS: 5 });
    const badHead = headProblem(request);
    if (badHead !== undefined) throw closing(badHead, response);
    if (answerWithoutPipeline({ request, response, path, note }, dependencies)) return;
    const endpoint = endpointFor(request.method ?? 'GET', path);
    if (endpoint === undefined)
      throw methodsOf(path).length === 0 ? unknownEndpoint(path) : wrongMethod(methodsOf(path));
    note.endpoint = endpoint.name;
    const facts: ReceivedFacts = { id, startedAtMs, request, response, endpoint, signal: left.signal, promised };
    const received: Received = advance<'Received', ReceivedFacts>(facts);
    await answer(received, dependencies, note);
  } catch (error) {
    if (error instanceof BodyBroken || (left.signal.aborted && !(error instanceof AppError))) {
      note.code = 'client_left';
      return;
    }
    const told = toAppError(error);
    note.code = told.code;
    if (told.code === 'internal') dependencies.log.error({ id, err: stackOf(told.cause) }, 'request failed');
    const recorded = (told as { receipt?: string }).receipt;
    const refusal = { ...refusalOf(request, path, told, dependencies), promised: promised.receipt };
    const receipt = recorded ?? refusals.refuse(refusal);
    if (!response.headersSent) sendError(response, told, receipt);
    else endStreamWithError(response, told, receipt);
  } finally {
    if (!request.readableEnded) discardRest(request);
    const status = response.headersSent ? response.statusCode : 0;
    if (!response.writableFinished) leaveWhenStalled(response, dependencies.limits.stalledMs);
    const ended = { id, status, ms: performance.now() - startedAtMs };
    dependencies.meter?.count(note, ended);
    logRequest(dependencies.log, note, ended);
  }
}

/** 64 random bits, of those of a UUID that are: Node keeps entropy for these at hand. */
function requestId(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(24, 32);
}

interface Knock {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly note: RequestNote;
}

/** Health and the list of models: nothing is sent to an engine. True when it answered. */
function answerWithoutPipeline(
  { request, response, path, note }: Knock,
  { keys, catalog, admission, ready }: Furnished,
): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (!isReadOnly(path)) return false;
  note.endpoint = path.startsWith('/v1/') ? 'models' : 'health';
  if (path === '/livez') sendJson(response, 200, { status: 'ok' });
  else if (path === '/readyz') sendJson(response, ready() ? 200 : 503, { status: ready() ? 'ready' : 'not ready' });
  else {
    const caller = admitTenant(identify(request.headers.authorization, keys), catalog);
    takeTurn(caller, admission, response);
    sendJson(response, 200, listModels(path, caller, catalog));
  }
  note.code = 'answered';
  return true;
}

/** How long the rest of a refused body is read and dropped, so that its sender gets to read the refusal. */
const DISCARD_MS = 5000;

/** A body that nobody read would keep the connection from its next request; one without end would keep it for ever. */
function discardRest(request: IncomingMessage): void {
  const timer = setTimeout(() => request.destroy(), DISCARD_MS);
  request.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
  request.resume();
}

/** Of a head that can be read in two ways nobody knows where the request ends: nothing more is read of it. */
function closing(error: AppError, response: ServerResponse): AppError {
  response.setHeader('connection', 'close');
  return error;
}

/** An answer that waits for its client is memory: one who takes nothing of it has left. */
function leaveWhenStalled(response: ServerResponse, stalledMs: number): void {
  response.setTimeout(stalledMs, () => response.destroy());
}

function refusalOf(request: IncomingMessage, path: string, error: AppError, { keys }: Pick<Furnished, 'keys'>) {
  let caller: Caller | undefined;
  try {
    caller = identify(request.headers.authorization, keys);
  } catch {
    // Unknown callers are refused too, and recorded as unknown.
  }
  const action = endpointFor(request.method ?? 'GET', path)?.name ?? 'unknown';
  return { error, action, caller, origin: request.socket.remoteAddress ?? '-' };
}

/** The methods that a path takes; none where there is no such path. */
function methodsOf(path: string): readonly string[] {
  const methods = ENDPOINTS.filter((endpoint) => endpoint.path === path).map(({ method }) => method);
  return isReadOnly(path) ? ['GET', 'HEAD'] : methods;
}

function isReadOnly(path: string): boolean {
  return path === '/livez' || path === '/readyz' || path === '/v1/models' || path.startsWith('/v1/models/');
}

function wrongMethod(allow: readonly string[]): AppError {
  return fail('method_not_allowed', {
    detail: 'This path does not take this method.',
    remedy: `It takes ${allow.join(' and ')}.`,
    allow,
  });
}

function unknownEndpoint(path: string): AppError {
  return fail('not_found', {
    detail: 'There is no such endpoint.',
    remedy: path.startsWith('/v1/')
      ? 'This gateway has /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/models.'
      : 'The base URL of this gateway ends in /v1.',
  });
}

function stackOf(cause: unknown): string | undefined {
  // The stack's first line is the message, which may quote what it choked on: only the places are kept.
  return cause instanceof Error
    ? `${cause.name}\n${(cause.stack ?? '').split('\n').slice(1).join('\n')}`
    : typeof cause;
}

class ClientLeft extends Error {}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? fail('port_in_use', {
              param: 'INTRAMUROS_GATEWAY_PORT',
              detail: `Port ${port} of the gateway is taken by another process.`,
              remedy: 'Stop that process, or set INTRAMUROS_GATEWAY_PORT.',
              cause: error,
            })
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
