// The one place where a request of the API becomes a call: who is it, may they, what did they send, put it on the
// record, do it. The order matters: nothing of a body is read for someone who may not send it, and nothing is done
// that is not on the record. Imports errors, identity and the audit port.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { fail } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { type BegunRequest, doneBefore, type Idempotency, type KeptAnswer } from '../idempotency/idempotency.ts';
import { type Action, authorise, type Principal } from '../identity/roles.ts';
import type { SearchPurpose } from '../log/search-purpose.ts';
import { type ActionRecord, openRecord } from '../records/open-record.ts';
import { contextOf } from './request-context.ts';
import type { Answer, Call, Route, SessionView } from './route.ts';
import { validate } from './validate.ts';

const DEFAULT_BODY_BYTES = 1_048_576;

export interface RouteGuards {
  readonly audit: AdminAudit;
  /** Of changes that are sent with a key. */
  readonly idempotency: Idempotency;
  /** Who sent it; `undefined` for a stranger. @throws for a credential that is wrong. */
  identify(request: Request, response: Response): Promise<Principal | undefined>;
  /** @throws AppError `bad_origin` for a change that another site may have caused. */
  refuseForgery(request: Request): void;
  session(request: Request, response: Response): SessionView | null;
  checkPassword(request: Request, response: Response): Promise<Principal>;
  signOut(request: Request): Promise<void>;
  purpose(request: Request): SearchPurpose | undefined;
  keepPurpose(request: Request, purpose: SearchPurpose): void;
}

export function mountRoutes(app: Express, routes: readonly Route[], guards: RouteGuards): void {
  for (const route of routes) app[route.method](toExpress(route.path), serve(route, guards));
  for (const path of new Set(routes.map(({ path }) => path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    app.all(toExpress(path), refuseMethod(methods));
  }
}

function serve(route: Route, guards: RouteGuards): RequestHandler {
  const limit = route.maxBodyBytes ?? DEFAULT_BODY_BYTES;
  // `inflate: false`: a compressed body is 415, so that no small one becomes a large one here.
  const parse = express.json({ limit, strict: false, inflate: false, type: () => true });
  return async (request, response) => {
    const context = contextOf(response);
    context.route = route.path;
    const principal = await admit(route, guards, request, response);
    if (route.body !== undefined) await readBody(request, response, parse);
    const call: Call<unknown, unknown, unknown> = {
      params: route.params === undefined ? undefined : validate(route.params, request.params, 'path'),
      query: route.query === undefined ? undefined : validate(route.query, request.query, 'query'),
      body: route.body === undefined ? undefined : validate(route.body, request.body, 'body'),
      caller: principal?.name ?? '-',
      principal,
      signal: context.signal,
      receipt: undefined,
      session: () => guards.session(request, response),
      checkPassword: () => guards.checkPassword(request, response),
      signOut: () => guards.signOut(request),
      purpose: () => guards.purpose(request),
      keepPurpose: (purpose) => guards.keepPurpose(request, purpose),
    };
    const once = await beginOnce(route, call, { request, guards });
    if (once?.before !== undefined) {
      if (route.answersSecret === true) throw doneBefore(once.before);
      return sendAgain(once.before, response);
    }
    let isDone = false;
    try {
      const record = await openRouteRecord(route, call, { principal, audit: guards.audit });
      if (record !== undefined) response.setHeader('x-intramuros-receipt', record.receipt);
      const keep = once === undefined ? undefined : keeperOf(route, guards.idempotency, once.request);
      await perform(
        route,
        { ...call, receipt: record?.receipt },
        { response, record, keep, done: () => (isDone = true) },
      );
    } catch (error) {
      // What was done stays done, also where its answer could not be kept or sent.
      if (once !== undefined && !isDone) await guards.idempotency.drop(once.request);
      throw error;
    }
  };
}

/** Changes that are sent by POST, with a key, by somebody who is known. */
async function beginOnce(
  route: Route,
  { body, principal }: Call<unknown, unknown, unknown>,
  { request, guards }: { readonly request: Request; readonly guards: RouteGuards },
) {
  const header = request.get('idempotency-key');
  if (header === undefined || principal === undefined || route.takesSecret === true) return undefined;
  if (route.method !== 'post' || route.record?.kind !== 'change') return undefined;
  const facts = { principal: `${principal.kind} ${principal.name}`, method: route.method, path: request.path, body };
  return guards.idempotency.begin(header, facts);
}

function keeperOf(route: Route, idempotency: Idempotency, request: BegunRequest) {
  return (answer: Answer, receipt: string | undefined): Promise<void> => {
    const json = 'json' in answer && route.answersSecret !== true ? JSON.stringify(answer.json) : undefined;
    const status = ('status' in answer ? answer.status : undefined) ?? 200;
    return idempotency.finish(request, { status, answer: json, receipt });
  };
}

function sendAgain({ status, answer, receipt }: KeptAnswer, response: Response): void {
  if (receipt !== undefined) response.setHeader('x-intramuros-receipt', receipt);
  response.status(status).setHeader('content-type', 'application/json; charset=utf-8').end(answer);
}

async function admit(route: Route, guards: RouteGuards, request: Request, response: Response) {
  const action = actionOf(route, request.params);
  if (action === 'public') return undefined;
  const principal = authorise(await guards.identify(request, response), action);
  if (principal.by === 'session' && route.method !== 'get') guards.refuseForgery(request);
  return principal;
}

/** Where the path names something that there is not, the handler says so to whoever is known. */
function actionOf({ action }: Route, params: unknown): Action | 'public' {
  if (typeof action === 'string') return action;
  return action.choose((params as Readonly<Record<string, string>>)[action.param] ?? '') ?? 'console.open';
}

/** Nothing of ours nests deeper; what walks a body later must not run out of stack. */
const MAX_DEPTH = 64;

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}

function tooDeep() {
  return fail('too_deep', { detail: `The body nests more than ${MAX_DEPTH} levels deep.`, remedy: 'Send it flatter.' });
}

function readBody(request: Request, response: Response, parse: RequestHandler): Promise<void> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw fail('unsupported_media_type', {
      param: 'content-type',
      detail: 'This path takes JSON.',
      remedy: 'Send content-type: application/json.',
    });
  }
  return new Promise((resolve, reject) => {
    void parse(request, response, (error?: unknown) => {
      if (error !== undefined) reject(error);
      else if (isDeeperThan(request.body, MAX_DEPTH)) reject(tooDeep());
      else resolve();
    });
  });
}

async function openRouteRecord(
  route: Route,
  call: Call<unknown, unknown, unknown>,
  { principal, audit }: { readonly principal: Principal | undefined; readonly audit: AdminAudit },
): Promise<ActionRecord | undefined> {
  if (route.record === undefined || principal === undefined) return undefined;
  const facts = (await route.record.facts?.(call)) ?? {};
  return openRecord(audit, { kind: route.record.kind, action: actionOf(route, call.params), principal, facts });
}

interface Reply {
  readonly response: Response;
  readonly record: ActionRecord | undefined;
  /** Called once the change is made. */
  readonly done: () => void;
  /** Keeps the answer, for whoever asks again under the same key. */
  readonly keep: ((answer: Answer, receipt: string | undefined) => Promise<void>) | undefined;
}

async function perform(route: Route, call: Call<unknown, unknown, unknown>, reply: Reply): Promise<void> {
  try {
    const answer = await route.handle(call);
    reply.done();
    await reply.keep?.(answer, reply.record?.receipt);
    await send(answer, reply.response, call.signal);
  } catch (error) {
    reply.record?.failed(error);
    throw error;
  }
  reply.record?.done();
}

async function send(answer: Answer, response: Response, signal: AbortSignal): Promise<void> {
  if ('stream' in answer) {
    const stream = await begin(answer.stream);
    response.setHeader('content-type', answer.contentType);
    if (answer.fileName !== undefined) {
      response.setHeader('content-disposition', `attachment; filename="${answer.fileName}"`);
    }
    await pipeline(Readable.from(stream), response, { signal });
    return;
  }
  const { status = 200 } = answer;
  const text = 'text' in answer ? answer.text : JSON.stringify(answer.json);
  const contentType = 'text' in answer ? answer.contentType : 'application/json; charset=utf-8';
  response
    .status(status)
    .setHeader('content-type', contentType)
    .end(status === 204 ? undefined : text);
}

/** Waits for the first piece, so that what fails before it is answered as a problem and not as a cut connection. */
async function begin<T>(source: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = source[Symbol.asyncIterator]();
  let next = await iterator.next();
  return (async function* rest() {
    try {
      while (next.done !== true) {
        yield next.value;
        next = await iterator.next();
      }
    } finally {
      await iterator.return?.();
    }
  })();
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = [...(methods.includes('GET') ? ['HEAD'] : []), ...methods].join(', ');
  return (_request, response) => {
    response.setHeader('allow', allow);
    throw fail('method_not_allowed', { detail: 'This path does not take this method.', remedy: `It takes ${allow}.` });
  };
}

/** `/a/{b}` as express writes it. */
function toExpress(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
