// The choice of one's own password: the only page for who signed in with a first one. After it, one signs in again.
// Imports errors, http/, identity/ and the files beside it.

import express, { type Express, type Request, type Response } from 'express';
import { type AppError, fail } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { toExpectedError } from '../http/problem.ts';
import { contextOf } from '../http/request-context.ts';
import type { AccountService } from '../identity/account-service.ts';
import { type ForgeryGuard, TOKEN_FIELD } from '../identity/forgery.ts';
import { type Identity, principalOf } from '../identity/identity.ts';
import { openRecord } from '../records/open-record.ts';
import type { RefusalRecorder } from '../records/record-refusal.ts';
import { html } from './html.ts';
import { type Words, wordsFor } from './language.ts';
import { sendPage } from './layout.ts';
import { FORM_MAX_BYTES, parseBody, SIGN_IN_PATH } from './sign-in.ts';

export const PASSWORD_PATH = '/password';

export interface PasswordPageDependencies {
  readonly identity: Identity;
  readonly forgery: ForgeryGuard;
  readonly audit: AdminAudit;
  readonly accountService: AccountService;
  readonly recordRefusal: RefusalRecorder;
}

export function mountPasswordPage(app: Express, dependencies: PasswordPageDependencies): void {
  const { identity, forgery, audit, accountService, recordRefusal } = dependencies;
  const parse = express.urlencoded({ extended: false, inflate: false, limit: FORM_MAX_BYTES, parameterLimit: 16 });

  app.get(PASSWORD_PATH, (request: Request, response: Response) => {
    contextOf(response).route = PASSWORD_PATH;
    if (principalOf(request) === undefined) response.redirect(303, `${SIGN_IN_PATH}?next=${PASSWORD_PATH}`);
    else showForm(request, response, forgery);
  });

  app.post(PASSWORD_PATH, async (request: Request, response: Response) => {
    contextOf(response).route = PASSWORD_PATH;
    const principal = principalOf(request);
    if (principal === undefined) return response.redirect(303, SIGN_IN_PATH);
    try {
      await parseBody(request, response, parse);
      forgery.refuse(request);
      const { current, next, again } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
      if (typeof current !== 'string' || typeof next !== 'string' || typeof again !== 'string') {
        throw fail('missing_field', { param: 'current, next, again', detail: 'The form lacks a password.' });
      }
      if (next !== again) throw fail('invalid_field', { param: 'again', detail: 'The two new passwords differ.' });
      const facts = { object: { kind: 'Account', name: principal.name } };
      const record = await openRecord(audit, { kind: 'change', action: 'password.change', principal, facts });
      try {
        await accountService.choosePassword(principal.name, { current, next });
      } catch (error) {
        record.failed(error);
        throw error;
      }
      record.done();
      await identity.signOut(request);
    } catch (thrown) {
      const error = toExpectedError(thrown);
      recordRefusal(error, PASSWORD_PATH);
      return showForm(request, response, forgery, error);
    }
    response.redirect(303, SIGN_IN_PATH);
  });
}

function showForm(request: Request, response: Response, forgery: ForgeryGuard, error?: AppError): void {
  const words = wordsFor(request);
  const main = html`<h1>${words.passwordTitle}</h1>
<p class="lead">${words.passwordLead}</p>
${error === undefined ? undefined : html`<div class="notice" role="alert"><p><strong>${explain(error, words)}</strong></p></div>`}
<form class="sign-in" method="post" action="${PASSWORD_PATH}">
<input type="hidden" name="${TOKEN_FIELD}" value="${forgery.issue(request, response)}">
<label for="current">${words.presentPassword}</label>
<input id="current" name="current" type="password" autocomplete="current-password" required autofocus>
<label for="next">${words.newPassword}</label>
<input id="next" name="next" type="password" autocomplete="new-password" minlength="12" required>
<label for="again">${words.newPasswordAgain}</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="12" required>
<button type="submit">${words.changePassword}</button>
</form>`;
  const aside = html`<p class="brand">Intramuros</p>`;
  sendPage(response, { title: words.passwordTitle, words, aside, main }, error?.status);
}

function explain(error: AppError, words: Words): string {
  if (error.code === 'wrong_credentials') return words.wrongPresentPassword;
  if (error.param === 'again') return words.passwordsDiffer;
  if (error.code === 'invalid_field') return words.weakPassword;
  if (error.code === 'bad_origin') return words.staleForm;
  return words.unavailable;
}
