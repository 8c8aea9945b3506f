// Who is asking: passport with a local account (session cookie) or the token of the data folder (bearer). An unknown
// name costs the same argon2 as a wrong password. A session holds the account's name and a mark of its password hash:
// when the password changes, sessions of before are over. Imports errors and the files beside it.

import { createHash } from 'node:crypto';
import { callbackify } from 'node:util';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { Strategy as LocalStrategy } from 'passport-local';
import { fail } from '../../errors.ts';
import type { Account, AccountStore } from './account-store.ts';
import type { LocalToken } from './local-token.ts';
import { hashPassword, makePassword, verifyPassword } from './password.ts';
import { LOCAL_PRINCIPAL, type Principal } from './roles.ts';
import type { SignInLimit } from './sign-in-limit.ts';
import { type WebSessionRows, WebSessionStore } from './web-session-store.ts';

/** A session that is not used ends after this, and every session ends after the second. */
const IDLE_MS = 8 * 3_600_000;
const LONGEST_MS = 12 * 3_600_000;

export const SESSION_COOKIE = 'intramuros_session';

export interface IdentityDependencies {
  readonly accounts: AccountStore;
  readonly sessionRows: WebSessionRows;
  /** Signs the cookie; 32 bytes or more. */
  readonly sessionSecret: Uint8Array;
  readonly localToken: LocalToken;
  readonly limit: SignInLimit;
}

export interface Identity {
  /** Session and passport; before every route that may know someone. */
  readonly middleware: readonly RequestHandler[];
  /** Who sent it, by bearer or by session. @throws AppError `wrong_credentials` for a wrong bearer. */
  readonly identify: (request: Request, response: Response) => Promise<Principal | undefined>;
  /** Checks `username` and `password` of the body, which are strings, and begins a new session. @throws `wrong_credentials`, `rate_limited`. */
  signIn(request: Request, response: Response, record: RecordSignIn): Promise<void>;
  signOut(request: Request): Promise<void>;
}

/** Called when the password was right and before the session begins: without a record there is none. */
export type RecordSignIn = (principal: Principal) => Promise<void>;

interface SessionUser {
  readonly name: string;
  readonly mark: string;
}

export function createIdentity(dependencies: IdentityDependencies): Identity {
  const { accounts, localToken, limit } = dependencies;
  const checkPassword = passwordChecker(accounts);
  const authenticator = new passport.Passport();

  authenticator.use(
    new LocalStrategy((name, password, done) => {
      callbackify(checkPassword)(name, password, (error, account) => done(error, account ?? false));
    }),
  );
  authenticator.use(
    new BearerStrategy((token, done) => done(null, localToken.matches(token) ? LOCAL_PRINCIPAL : false)),
  );
  authenticator.serializeUser((user, done) => {
    const account = user as Account;
    done(null, { name: account.name, mark: markOf(account) } satisfies SessionUser);
  });
  authenticator.deserializeUser<SessionUser>((user, done) => {
    callbackify(recall)(user, (error, principal) => done(error, principal ?? false));
  });

  async function recall({ name, mark }: SessionUser): Promise<Principal | undefined> {
    const account = await accounts.find(name).catch((cause: unknown) => {
      throw fail('database_unavailable', { detail: 'Accounts cannot be read now.', retryAfterS: 2, cause });
    });
    return account !== undefined && markOf(account) === mark ? toPrincipal(account) : undefined;
  }

  async function authenticate(strategy: 'local' | 'bearer', request: Request, response: Response) {
    return new Promise<object | undefined>((resolve, reject) => {
      const settle = (error: unknown, user?: object | false | null) => {
        if (error === null || error === undefined) resolve(user || undefined);
        else reject(error);
      };
      authenticator.authenticate(strategy, { session: false }, settle)(request, response, reject);
    });
  }

  async function identify(request: Request, response: Response): Promise<Principal | undefined> {
    if (request.headers.authorization === undefined) return principalOf(request);
    // 256 random bits: nobody guesses them, so a limit here could only lock the CLI out.
    const principal = await authenticate('bearer', request, response);
    if (principal === undefined) {
      throw fail('wrong_credentials', {
        param: 'authorization',
        detail: 'The bearer token is not valid.',
        remedy: 'It changes at every start: read admin.json in the data folder again.',
      });
    }
    return principal as Principal;
  }

  async function signIn(request: Request, response: Response, record: RecordSignIn): Promise<void> {
    const { username } = request.body as { readonly username: string };
    const attempt = limit.begin(username.slice(0, 200), addressOf(request));
    const account = (await authenticate('local', request, response)) as Account | undefined;
    if (account === undefined) throw fail('wrong_credentials', { detail: 'The name or the password is wrong.' });
    attempt.succeeded();
    await record(toPrincipal(account));
    // passport gives the session a new id here: one that was planted before the sign-in leads nowhere.
    await callback((done) => request.logIn(account, done));
    request.session.signedInAt = Date.now();
    await callback((done) => request.session.save(done));
  }

  async function signOut(request: Request): Promise<void> {
    await callback((done) => request.session.destroy(done));
  }

  const cookies = session({
    name: SESSION_COOKIE,
    secret: Buffer.from(dependencies.sessionSecret).toString('base64url'),
    store: new WebSessionStore(dependencies.sessionRows, IDLE_MS),
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: IDLE_MS },
  });
  const middleware = [cookies, authenticator.initialize(), authenticator.session(), endOldSession];
  return { middleware, identify, signIn, signOut };
}

/** The account, if the password is its own. Unknown names are compared with a hash that nothing matches. */
function passwordChecker(accounts: AccountStore) {
  // Made now: made at the first unknown name, it would double the time of that answer.
  const decoy = hashPassword(makePassword());
  return async (name: string, password: string): Promise<Account | undefined> => {
    const account = await accounts.find(name);
    const matches = await verifyPassword(password, account?.passwordHash ?? (await decoy));
    return matches ? account : undefined;
  };
}

const endOldSession: RequestHandler = (request, _response, next) => {
  const { signedInAt } = request.session;
  if (principalOf(request) === undefined || (signedInAt !== undefined && Date.now() - signedInAt < LONGEST_MS))
    return next();
  delete request.user;
  request.session.regenerate(next);
};

/** Whose session the request belongs to; passport leaves null where a sign-in failed half-way. */
export function principalOf(request: Request): Principal | undefined {
  return (request.user as Principal | null | undefined) ?? undefined;
}

function toPrincipal({ name, role }: Account): Principal {
  return { kind: 'account', name, role, tenant: undefined, by: 'session', mustChangePassword: false };
}

function markOf({ passwordHash, role }: Account): string {
  return createHash('sha256').update(`${role}\n${passwordHash}`).digest('base64url').slice(0, 22);
}

/** IPv6 by /64: one household, one bucket. */
function addressOf(request: Request): string {
  const address = request.socket.remoteAddress ?? '';
  return address.includes(':') && !address.startsWith('::ffff:') ? address.split(':').slice(0, 4).join(':') : address;
}

function callback(run: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}
