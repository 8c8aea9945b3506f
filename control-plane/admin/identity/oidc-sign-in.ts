// Sign-in by a company's OpenID Connect provider: authorization code with PKCE, state and nonce, ID tokens with their
// signature checked. The provider is asked for its metadata when someone first wants to sign in, and again after a
// failure: while it is down, the other ways work. Imports errors, openid-client and the files beside it.

import { callbackify } from 'node:util';
import type { Request } from 'express';
import * as client from 'openid-client';
import { type AuthenticateOptions, Strategy } from 'openid-client/passport';
import type { Strategy as PassportStrategy } from 'passport';
import { type AppError, fail, toAppError } from '../../errors.ts';
import { type DirectoryPerson, refused } from './directory-accounts.ts';
import type { AdmitPerson } from './ldap-strategy.ts';

export interface OidcOptions {
  /** `https://login.bank.example/realms/staff` */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined;
  /** What the button says: `Sign in with LABEL`. */
  readonly label: string;
  readonly scopes: string;
  readonly groupsClaim: string;
  readonly nameClaim: string;
  /** Ours, as browsers see it: `https://intramuros.bank.example`. */
  readonly publicUrl: string;
}

export const OIDC_PATH = '/sign-in/oidc';
export const OIDC_CALLBACK_PATH = '/sign-in/oidc/callback';

export interface OidcSignIn {
  readonly label: string;
  /** @throws AppError `identity_provider_unavailable`. */
  strategy(admit: AdmitPerson): Promise<PassportStrategy>;
}

const TIMEOUT_S = 5;

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

export function createOidcSignIn(options: OidcOptions): OidcSignIn {
  let known: Promise<client.Configuration> | undefined;
  const configuration = () => {
    known ??= discover(options).catch((cause: unknown) => {
      known = undefined;
      throw unavailable(cause);
    });
    return known;
  };
  return {
    label: options.label,
    async strategy(admit) {
      const config = await configuration();
      const admitBearer = async (tokens: Tokens) => admit(await personOf(tokens, config, options));
      return new SignInStrategy(
        {
          config,
          name: 'oidc',
          sessionKey: 'oidc',
          scope: options.scopes,
          callbackURL: new URL(OIDC_CALLBACK_PATH, options.publicUrl).href,
        },
        (tokens, done) => {
          callbackify(admitBearer)(tokens, (error, account) => done(error, account));
        },
      ) as unknown as PassportStrategy;
    },
  };
}

/** State and nonce beside PKCE: each alone would do, and whoever audits looks for all three. */
class SignInStrategy extends Strategy {
  override authorizationRequestParams(request: Request, options: AuthenticateOptions): URLSearchParams {
    const params = new URLSearchParams(super.authorizationRequestParams(request, options) as URLSearchParams);
    params.set('state', client.randomState());
    params.set('nonce', client.randomNonce());
    return params;
  }
}

async function discover({ issuer, clientId, clientSecret }: OidcOptions): Promise<client.Configuration> {
  const url = new URL(issuer);
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return client.discovery(
    url,
    clientId,
    clientSecret === undefined ? undefined : { client_secret: clientSecret },
    clientSecret === undefined ? client.None() : undefined,
    {
      timeout: TIMEOUT_S,
      // Signatures are checked although the token came over TLS from the provider itself: what is kept must be provable.
      execute: [client.enableNonRepudiationChecks, ...(isLoopback ? [client.allowInsecureRequests] : [])],
    },
  );
}

async function personOf(
  tokens: Tokens,
  config: client.Configuration,
  { groupsClaim, nameClaim }: OidcOptions,
): Promise<DirectoryPerson> {
  const claims = tokens.claims();
  if (claims === undefined) throw refused('The provider sent no ID token.', 'The scope "openid" must be asked for.');
  const needsMore = claims[groupsClaim] === undefined || claims[nameClaim] === undefined;
  const more = needsMore ? await client.fetchUserInfo(config, tokens.access_token, claims.sub) : {};
  const all: Readonly<Record<string, unknown>> = { ...more, ...claims };
  const groups = all[groupsClaim];
  const name = all[nameClaim];
  return {
    username: typeof name === 'string' ? name : claims.sub,
    subject: `${claims.iss} ${claims.sub}`,
    groups: Array.isArray(groups) ? groups.map(String) : typeof groups === 'string' ? [groups] : [],
  };
}

/** Why the provider's answer was not believed, without anything of the answer itself. */
const REASONS: Readonly<Record<string, string>> = {
  state: 'The answer does not belong to a sign-in that this browser began.',
  nonce: 'The ID token belongs to another sign-in.',
  aud: 'The ID token is meant for another application.',
  iss: 'The ID token comes from another issuer.',
  expired: 'The ID token has expired.',
  signature: 'The ID token is not signed by the provider.',
  code: 'The code was used already, has expired, or is not ours.',
  denied: 'The provider did not let the person in.',
};

/** Any failure of the exchange as an error of ours. */
export function toSignInError(error: unknown): AppError {
  const known = toAppError(error);
  if (known.code !== 'internal') return known;
  const reason = reasonOf(error);
  return reason === undefined ? unavailable(error) : refused(REASONS[reason] ?? '', 'Sign in again.', error);
}

export function refusedState(): AppError {
  return refused(REASONS['state'] ?? '', 'Sign in again.');
}

function reasonOf(error: unknown): string | undefined {
  if (error instanceof client.AuthorizationResponseError) return 'denied';
  if (error instanceof client.ResponseBodyError) return error.error === 'invalid_grant' ? 'code' : undefined;
  const { code } = error as { code?: unknown };
  const facts = factsOf(error);
  switch (code) {
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return 'expired';
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
    case 'OAUTH_INVALID_RESPONSE':
    case 'OAUTH_PARSE_ERROR':
    case 'OAUTH_UNSUPPORTED_OPERATION':
    case 'OAUTH_KEY_SELECTION_FAILED':
      return claimOf(facts);
    default:
      return undefined;
  }
}

/** What the library says of the failure: its own messages, and the claim that it compared. */
function factsOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; typeof at === 'object' && at !== null && parts.length < 10; at = (at as Error).cause) {
    const { message = '', claim = '' } = at as { message?: string; claim?: unknown };
    parts.push(message, String(claim));
  }
  return parts.join(' ');
}

function claimOf(facts: string): string {
  if (/"aud"|\baud\b|"azp"/.test(facts)) return 'aud';
  if (/\bnonce\b/.test(facts)) return 'nonce';
  if (/\bstate\b/.test(facts)) return 'state';
  if (/"iss"|\biss\b|issuer/.test(facts)) return 'iss';
  return 'signature';
}

function unavailable(cause: unknown): AppError {
  return fail('identity_provider_unavailable', {
    detail: 'The company sign-in does not answer, or answers what no provider should.',
    remedy: 'Local accounts still work; look at INTRAMUROS_OIDC_ISSUER.',
    retryAfterS: 5,
    cause,
  });
}
