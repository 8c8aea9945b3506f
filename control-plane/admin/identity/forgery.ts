// Against requests that another site makes in the name of someone who is signed in: the Origin must be ours, and a
// form or script must return a token that only our own pages were given. The token is an HMAC over a random cookie and
// the session id, so that nothing is stored for a visitor who only looks at the sign-in page, and so that a token
// from before a sign-in is worthless after it. Imports errors only.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { fail } from '../../errors.ts';

const COOKIE = 'intramuros_form';
export const TOKEN_FIELD = 'form_token';
export const TOKEN_HEADER = 'x-form-token';

/** The key, or every version of one that may be rotated, the current one first. */
export type SessionSecret = Uint8Array | (() => readonly Uint8Array[]);

export function keysOf(secret: SessionSecret): () => readonly Uint8Array[] {
  return typeof secret === 'function' ? secret : () => [secret];
}

export interface ForgeryGuard {
  /** The token to put into a form of this answer; sets the cookie when the browser has none. */
  issue(request: Request, response: Response): string;
  /** @throws AppError `bad_origin`. */
  readonly refuse: (request: Request) => void;
}

/** @param secret several where it was rotated, the current one first: forms of before are taken. */
export function createForgeryGuard(secret: SessionSecret): ForgeryGuard {
  const keys = keysOf(secret);
  const tokenOf = (cookie: string, request: Request, key = keys()[0] ?? '') =>
    createHmac('sha256', key).update(`${cookie}\n${sessionOf(request)}`);

  function issue(request: Request, response: Response): string {
    const known = readCookie(request);
    const cookie = known ?? randomBytes(24).toString('base64url');
    if (known === undefined) {
      response.cookie(COOKIE, cookie, { httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' });
    }
    return tokenOf(cookie, request).digest('base64url');
  }

  function refuse(request: Request): void {
    if (!isSameOrigin(request)) {
      throw fail('bad_origin', { detail: 'The request was made by a page of another site.' });
    }
    const cookie = readCookie(request);
    const given = Buffer.from(readToken(request), 'base64url');
    const fits = keys().map((key) => {
      const expected = tokenOf(cookie ?? '', request, key).digest();
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    if (cookie === undefined || !fits.includes(true)) {
      throw fail('bad_origin', {
        param: TOKEN_FIELD,
        detail: 'The form is not from a page that we served to this browser, or it is from before a sign-in.',
        remedy: 'Load the page again and send it once more.',
      });
    }
  }

  return { issue, refuse };
}

/** Empty for a stranger, also when a session has just been ended. */
function sessionOf(request: Request): string {
  const session = request.session as Request['session'] | undefined;
  return session?.signedInAt === undefined ? '' : request.sessionID;
}

/** Browsers send Origin with every POST; a client that sends none is no browser and holds no cookies of a victim. */
function isSameOrigin(request: Request): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  return origin === `${request.secure ? 'https' : 'http'}://${host ?? ''}`;
}

function readToken(request: Request): string {
  const header = request.headers[TOKEN_HEADER];
  if (typeof header === 'string') return header;
  const field = (request.body as Record<string, unknown> | undefined)?.[TOKEN_FIELD];
  return typeof field === 'string' ? field : '';
}

function readCookie(request: Request): string | undefined {
  const match = /(?:^|;\s*)intramuros_form=([\w-]{32})(?:;|$)/.exec(request.headers.cookie ?? '');
  return match?.[1];
}
