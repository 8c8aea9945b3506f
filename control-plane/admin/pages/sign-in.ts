// Signing in by form. A refused attempt is answered with the form again, saying why in the reader's words.
// Imports errors, http/, identity/ and the files beside it.

import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { type AppError, fail } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { toExpectedError } from '../http/problem.ts';
import { contextOf } from '../http/request-context.ts';
import { type ForgeryGuard, TOKEN_FIELD } from '../identity/forgery.ts';
import { type Identity, principalOf } from '../identity/identity.ts';
import { OIDC_CALLBACK_PATH, OIDC_PATH } from '../identity/oidc-sign-in.ts';
import type { Principal } from '../identity/roles.ts';
import { openRecord } from '../records/open-record.ts';
import type { RefusalRecorder } from '../records/record-refusal.ts';
import { type Html, html } from './html.ts';
import { type Words, wordsFor } from './language.ts';
import { sendPage } from './layout.ts';

export const SIGN_IN_PATH = '/sign-in';
export const FORM_MAX_BYTES = 8192;

export interface SignInDependencies {
  readonly identity: Identity;
  readonly forgery: ForgeryGuard;
  readonly audit: AdminAudit;
  readonly recordRefusal: RefusalRecorder;
}

export function mountSignIn(app: Express, dependencies: SignInDependencies): void {
  const parseForm = express.urlencoded({ extended: false, inflate: false, limit: FORM_MAX_BYTES, parameterLimit: 16 });

  app.get(SIGN_IN_PATH, (request: Request, response: Response) => {
    contextOf(response).route = SIGN_IN_PATH;
    const next = localPath(request.query['next']);
    if (principalOf(request) === undefined) showForm(request, response, { ...dependencies, next });
    else response.redirect(303, next);
  });

  app.post(SIGN_IN_PATH, signIn(dependencies, parseForm));
  if (dependencies.identity.oidcLabel !== undefined) mountOidc(app, dependencies);
}

function mountOidc(app: Express, dependencies: SignInDependencies): void {
  const { identity, audit } = dependencies;
  app.get(OIDC_PATH, async (request: Request, response: Response) => {
    contextOf(response).route = OIDC_PATH;
    const next = localPath(request.query['next']);
    await identity
      .beginOidc(request, response, next)
      .catch((thrown: unknown) => refuse(request, response, { ...dependencies, thrown, next }));
  });
  app.get(OIDC_CALLBACK_PATH, async (request: Request, response: Response) => {
    contextOf(response).route = OIDC_CALLBACK_PATH;
    try {
      const next = await identity.finishOidc(request, response, (who) => recordSession(audit, who, 'session.begin'));
      response.redirect(303, localPath(next));
    } catch (thrown) {
      refuse(request, response, { ...dependencies, thrown, next: '/' });
    }
  });
}

function signIn(dependencies: SignInDependencies, parse: RequestHandler): RequestHandler {
  const { identity, forgery, audit } = dependencies;
  return async (request, response) => {
    contextOf(response).route = SIGN_IN_PATH;
    let next = '/';
    try {
      await parseBody(request, response, parse);
      const form = (request.body ?? {}) as Record<string, unknown>;
      next = localPath(form['next']);
      forgery.refuse(request);
      if (typeof form['username'] !== 'string' || typeof form['password'] !== 'string') {
        throw fail('missing_field', {
          param: 'username, password',
          detail: 'The form lacks the account or the password.',
        });
      }
      await identity.signIn(request, response, (principal) => recordSession(audit, principal, 'session.begin'));
    } catch (thrown) {
      refuse(request, response, { ...dependencies, thrown, next });
      return;
    }
    response.redirect(303, next);
  };
}

/** Ends the session of whoever sent it, if there is one; its end is on the record. */
export async function endSession(request: Request, identity: Identity, audit: AdminAudit): Promise<void> {
  const principal = principalOf(request);
  if (principal === undefined) return;
  await identity.signOut(request);
  await recordSession(audit, principal, 'session.end');
}

function refuse(
  request: Request,
  response: Response,
  refusal: SignInDependencies & { readonly thrown: unknown; readonly next: string },
): void {
  const { route, log } = contextOf(response);
  const error = toExpectedError(refusal.thrown);
  refusal.recordRefusal(error, route);
  if (error.retryAfterS !== undefined) response.setHeader('retry-after', String(error.retryAfterS));
  if (error.code === 'internal') log.error({ err: error.cause }, 'sign-in failed');
  // What a directory or provider said may hold names: of it only our own words are logged.
  else if (error.status !== 401) log.warn({ code: error.code }, error.detail);
  showForm(request, response, { ...refusal, error });
}

export async function recordSession(audit: AdminAudit, principal: Principal, action: string): Promise<void> {
  await openRecord(audit, { kind: 'session', action, principal, facts: {} });
}

interface FormState extends Pick<SignInDependencies, 'identity' | 'forgery'> {
  readonly next: string;
  readonly error?: AppError;
}

function showForm(request: Request, response: Response, { next, forgery, identity, error }: FormState): void {
  const words = wordsFor(request);
  // After a refused sign-in the session of before is gone and may be without an object: the token is a stranger's.
  const token = forgery.issue(request, response);
  const main = html`<h1>${words.signInTitle}</h1>
<p class="lead">${words.signInLead}</p>
${error === undefined ? undefined : refusalNotice(error, words)}
${companySignIn(identity.oidcLabel, next, words)}
<form class="sign-in" method="post" action="${SIGN_IN_PATH}">
<input type="hidden" name="${TOKEN_FIELD}" value="${token}">
<input type="hidden" name="next" value="${next}">
<label for="username">${words.account}</label>
<input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">${words.signIn}</button>
</form>`;
  const aside = html`<p class="brand">Intramuros</p>`;
  sendPage(response, { title: words.signInTitle, words, aside, main }, error?.status);
}

/** A link, not a form: browsers hold redirects of forms against the policy of the page. */
function companySignIn(label: string | undefined, next: string, words: Words): Html | undefined {
  if (label === undefined) return undefined;
  const href = next === '/' ? OIDC_PATH : `${OIDC_PATH}?next=${encodeURIComponent(next)}`;
  return html`<p class="company"><a class="button" href="${href}">${words.signInWith(label)}</a></p>
<p class="lead">${words.or}</p>`;
}

function refusalNotice(error: AppError, words: Words): Html {
  const [what, remedy] = explain(error, words);
  return html`<div class="notice" role="alert"><p><strong>${what}</strong></p>${remedy === undefined ? undefined : html`<p>${remedy}</p>`}</div>`;
}

function explain(error: AppError, words: Words): readonly [string, string?] {
  if (error.code === 'rate_limited') {
    return [words.rateLimited, words.rateLimitedRemedy(Math.max(1, Math.ceil((error.retryAfterS ?? 60) / 60)))];
  }
  if (error.code === 'bad_origin') return [words.staleForm, words.staleFormRemedy];
  if (error.code === 'overloaded') return [words.overloaded];
  if (error.code === 'identity_provider_unavailable') return [words.companyAway];
  if (error.code === 'sign_in_refused') return [words.refusals[error.detail] ?? error.detail];
  if (error.status >= 500) return [words.unavailable];
  return [words.wrongCredentials, words.wrongCredentialsRemedy];
}

/** Where to go after the sign-in: a path of ours, whatever the link said. */
export function localPath(wanted: unknown): string {
  if (typeof wanted !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(wanted)) return '/';
  const base = 'http://intramuros.invalid';
  const url = URL.parse(wanted, base);
  return url === null || url.origin !== base || url.pathname.startsWith('//') ? '/' : `${url.pathname}${url.search}`;
}

export function parseBody(request: Request, response: Response, parse: RequestHandler): Promise<void> {
  return new Promise((resolve, reject) => {
    void parse(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}
