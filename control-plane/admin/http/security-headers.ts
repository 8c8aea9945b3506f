// The headers that keep a page to itself. Nothing is loaded from elsewhere, nothing inline runs, nobody may frame us;
// the policy is the same for pages and for JSON, so that an answer opened in a tab is as safe as a page.
// Imports errors only.

import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { fail } from '../../errors.ts';

export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    // Nothing is told to other sites; `no-referrer` would also make browsers send `Origin: null` with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    // onlyTlsFromNowOn sets it where it belongs.
    strictTransportSecurity: false,
  });
}

/** Answers are of the moment and of one person: no cache keeps them. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * HSTS (RFC 6797) for a year. Browsers ignore it over plain HTTP, and for localhost it would outlive us for every other
 * program there.
 */
export const onlyTlsFromNowOn: RequestHandler = (request, response, next) => {
  if (request.secure && !LOOPBACK_NAMES.includes(hostOf(request))) {
    response.setHeader('strict-transport-security', 'max-age=31536000');
  }
  next();
};

/** Without the port; in lower case. An IPv6 address keeps its brackets. */
function hostOf(request: Request): string {
  return (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
}

/**
 * Refuses requests whose Host header names somebody else: a page elsewhere that points its own name at this address
 * (DNS rebinding) would otherwise count as the same origin. Without `names` the listener must be on loopback.
 */
export function refuseForeignHosts(names: () => readonly string[] = () => []): RequestHandler {
  return (request, _response, next) => {
    const host = hostOf(request);
    if (LOOPBACK_NAMES.includes(host) || names().some((name) => name.toLowerCase() === host)) return next();
    throw fail('bad_origin', {
      param: 'host',
      detail: 'The Host header names another site.',
      remedy: 'Use a name of the certificate, 127.0.0.1 or localhost; INTRAMUROS_PUBLIC_HOSTS allows others.',
    });
  };
}
