// The headers that keep a page to itself. Nothing is loaded from elsewhere, nothing inline runs, nobody may frame us;
// the policy is the same for pages and for JSON, so that an answer opened in a tab is as safe as a page.
// Imports errors only.

import type { RequestHandler } from 'express';
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
    // Over plain HTTP browsers ignore it, and on localhost it would outlive us for every other program there.
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
 * Refuses requests whose Host header names somebody else: a page elsewhere that points its own name at this address
 * (DNS rebinding) would otherwise count as the same origin. Without `names` the listener must be on loopback.
 */
export function refuseForeignHosts(names: readonly string[] = []): RequestHandler {
  const known = new Set([...LOOPBACK_NAMES, ...names.map((name) => name.toLowerCase())]);
  return (request, _response, next) => {
    const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    if (known.has(host)) return next();
    throw fail('bad_origin', {
      param: 'host',
      detail: 'The Host header names another site.',
      remedy: 'Use http://127.0.0.1 or http://localhost with the port of this listener.',
    });
  };
}
