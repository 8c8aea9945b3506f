// Signing in by form. A refused attempt is answered with the form again, saying why in the reader's words.
// Imports errors, http/, identity/ and the files beside it.

import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { type AppError, fail } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { toExpectedError } from '../http/problem.ts';
import { contextOf } from '../http/request-context.ts';
import { type ForgeryGuard, TOKEN_FIELD } from '../identity/forgery.ts';
import { type Identity, principalOf } from '../identity/identity.ts';
import type { Principal } from '../identity/roles.ts';
import { openRecord } from '../records/open-record.ts';
import type { RefusalRecorder } from '../records/record-refusal.ts';
import { type Html, html } from './html.ts';
import { type Words, wordsFor } from './language.ts';
import { sendPage } from './layout.ts';

export const SIGN_IN_PATH = '/sign-in';
const FORM_MAX_BYTES = 8192;

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
    if (principalOf(request) === undefined) showForm(request, response, { next, forgery: dependencies.forgery });
    else response.redirect(303, next);
  });

  app.post(SIGN_IN_PATH, signIn(dependencies, parseForm));
}

function signIn(
  { identity, forgery, audit, recordRefusal }: SignInDependencies,
  parse: RequestHandler,
): RequestHandler {
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
      const error = toExpectedError(thrown);
      recordRefusal(error, SIGN_IN_PATH);
      if (error.retryAfterS !== undefined) response.setHeader('retry-after', String(error.retryAfterS));
      if (error.code === 'internal') contextOf(response).log.error({ err: error.cause }, 'sign-in failed');
      showForm(request, response, { next, forgery, error });
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

async function recordSession(audit: AdminAudit, principal: Principal, action: string): Promise<void> {
  await openRecord(audit, { kind: 'session', action, principal, facts: {} });
}

interface FormState {
  readonly next: string;
  readonly forgery: ForgeryGuard;
  readonly error?: AppError;
}

function showForm(request: Request, response: Response, { next, forgery, error }: FormState): void {
  const words = wordsFor(request);
  // After a refused sign-in the session of before is gone and may be without an object: the token is a stranger's.
  const token = forgery.issue(request, response);
  const main = html`<h1>${words.signInTitle}</h1>
<p class="lead">${words.signInLead}</p>
${error === undefined ? undefined : refusalNotice(error, words)}
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

function parseBody(request: Request, response: Response, parse: RequestHandler): Promise<void> {
  return new Promise((resolve, reject) => {
    void parse(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}
