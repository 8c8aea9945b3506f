// Who is asking: passport with a local account, the company's directory or its sign-in page (session cookie), or with a
// token (bearer). An unknown name costs the same as a wrong password. A session holds the account's name and a mark of
// its state: when role, tenant or password change, sessions of before are over. Imports errors and the files beside it.

import { callbackify } from 'node:util';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { Strategy as LocalStrategy } from 'passport-local';
import { fail } from '../../errors.ts';
import type { AccessTokens } from './access-tokens.ts';
import { type Account, type AccountStore, markOf, toPrincipal } from './account-store.ts';
import { admitPerson, type PasswordDirectory } from './directory-accounts.ts';
import { keysOf, type SessionSecret } from './forgery.ts';
import type { GroupRoles } from './group-roles.ts';
import { LdapStrategy } from './ldap-strategy.ts';
import type { LocalToken } from './local-token.ts';
import { type OidcSignIn, refusedState, toSignInError } from './oidc-sign-in.ts';
import { hashPassword, makePassword, verifyPassword } from './password.ts';
import { LOCAL_PRINCIPAL, type Principal } from './roles.ts';
import type { SignInLimit } from './sign-in-limit.ts';
import { IDLE_MS, type WebSessionRows, WebSessionStore } from './web-session-store.ts';

/** Every session ends after this, used or not. */
const LONGEST_MS = 12 * 3_600_000;

export const SESSION_COOKIE = 'intramuros_session';

export interface IdentityDependencies {
  readonly accounts: AccountStore;
  readonly sessionRows: WebSessionRows;
  /** Signs the cookie; 32 bytes or more. */
  readonly sessionSecret: SessionSecret;
  readonly localToken: LocalToken;
  readonly accessTokens: AccessTokens;
  /** The company's directory, asked for names that no local account has. */
  readonly directory?: PasswordDirectory | undefined;
  /** The company's sign-in page. */
  readonly oidc?: OidcSignIn | undefined;
  readonly groupRoles?: GroupRoles | undefined;
  readonly limit: SignInLimit;
}

export interface Identity {
  /** Session and passport; before every route that may know someone. */
  readonly middleware: readonly RequestHandler[];
  /** Label of the company's sign-in page, where there is one. */
  readonly oidcLabel: string | undefined;
  /** Who sent it, by bearer or by session. @throws AppError `wrong_credentials` for a wrong bearer. */
  readonly identify: (request: Request, response: Response) => Promise<Principal | undefined>;
  /** Whose `username` and `password` the body holds. @throws AppError `wrong_credentials`, `rate_limited`, `sign_in_refused`. */
  checkPassword(request: Request, response: Response): Promise<Account>;
  /** Checks them and begins a new session. */
  signIn(request: Request, response: Response, record: RecordSignIn): Promise<void>;
  /** Sends the browser to the company's sign-in page, and later to `next`. */
  beginOidc(request: Request, response: Response, next: string): Promise<void>;
  /** Believes what the provider sent, or not, and begins a new session; answers where to go. */
  finishOidc(request: Request, response: Response, record: RecordSignIn): Promise<string>;
  signOut(request: Request): Promise<void>;
}

/** Called when the sign-in was right and before the session begins: without a record there is none. */
export type RecordSignIn = (principal: Principal) => Promise<void>;

interface SessionUser {
  readonly name: string;
  readonly mark: string;
}

export function createIdentity(dependencies: IdentityDependencies): Identity {
  const { accounts, localToken, accessTokens, limit, directory, oidc, groupRoles = [] } = dependencies;
  const checkLocal = passwordChecker(accounts);
  const authenticator = new passport.Passport();
  const admit = (source: 'oidc' | 'ldap') => (person: Parameters<typeof admitPerson>[0]) =>
    admitPerson(person, source, { accounts, groupRoles });

  authenticator.use(
    new LocalStrategy((name, password, done) => {
      callbackify(checkLocal)(name, password, (error, account) => done(error, account ?? false));
    }),
  );
  if (directory !== undefined) authenticator.use(new LdapStrategy(directory, admit('ldap')));
  authenticator.use(
    new BearerStrategy((token, done) => {
      callbackify(bearerOf)(token, (error, principal) => done(error, principal ?? false));
    }),
  );
  authenticator.serializeUser((user, done) => {
    const account = user as Account;
    done(null, { name: account.name, mark: markOf(account) } satisfies SessionUser);
  });
  authenticator.deserializeUser<SessionUser>((user, done) => {
    callbackify(recall)(user, (error, principal) => done(error, principal ?? false));
  });

  async function bearerOf(token: string): Promise<Principal | undefined> {
    return localToken.matches(token) ? LOCAL_PRINCIPAL : accessTokens.identify(token).catch(accountsAway);
  }

  async function recall({ name, mark }: SessionUser): Promise<Principal | undefined> {
    const account = await accounts.find(name).catch(accountsAway);
    const holds = account !== undefined && !account.disabled && markOf(account) === mark;
    return holds ? toPrincipal(account, 'session') : undefined;
  }

  async function authenticate(strategy: string | passport.Strategy, request: Request, response: Response) {
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
        detail: 'The bearer token is not valid, or is over.',
        remedy: '"intramuros login" gets another; on this machine the one in admin.json changes at every start.',
      });
    }
    return principal as Principal;
  }

  async function checkPassword(request: Request, response: Response): Promise<Account> {
    const { username } = request.body as { readonly username: string };
    const attempt = limit.begin(username.slice(0, 200), addressOf(request));
    const local = await authenticate('local', request, response);
    // A local account is never looked for in the directory: nobody there can become it by taking its name.
    const elsewhere = local === undefined && directory !== undefined && (await isUnknown(accounts, username));
    const account = (elsewhere ? await authenticate('ldap', request, response) : local) as Account | undefined;
    if (account === undefined) throw fail('wrong_credentials', { detail: 'The name or the password is wrong.' });
    attempt.succeeded();
    return account;
  }

  async function begin(request: Request, account: Account, record: RecordSignIn): Promise<void> {
    await record(toPrincipal(account, 'session'));
    // passport gives the session a new id here: one that was planted before the sign-in leads nowhere.
    await callback((done) => request.logIn(account, done));
    request.session.signedInAt = Date.now();
    await callback((done) => request.session.save(done));
  }

  async function signIn(request: Request, response: Response, record: RecordSignIn): Promise<void> {
    await begin(request, await checkPassword(request, response), record);
  }

  async function beginOidc(request: Request, response: Response, next: string): Promise<void> {
    const strategy = await oidcStrategy();
    request.session.next = next;
    await new Promise<void>((resolve, reject) => {
      response.once('close', resolve);
      authenticator.authenticate(strategy, { session: false }, reject)(request, response, reject);
    });
  }

  async function finishOidc(request: Request, response: Response, record: RecordSignIn): Promise<string> {
    const { next = '/' } = request.session;
    // A request with neither code nor error would begin a sign-in instead of ending one.
    if (request.query['code'] === undefined && request.query['error'] === undefined) throw refusedState();
    const strategy = await oidcStrategy();
    const account = await authenticate(strategy, request, response).catch((error: unknown) => {
      throw toSignInError(error);
    });
    if (account === undefined) throw refusedState();
    await begin(request, account as Account, record);
    return next;
  }

  async function oidcStrategy(): Promise<passport.Strategy> {
    if (oidc === undefined) throw fail('not_found', { detail: 'No company sign-in is set up.' });
    return oidc.strategy(admit('oidc'));
  }

  async function signOut(request: Request): Promise<void> {
    await callback((done) => request.session.destroy(done));
  }

  // express-session signs with the first and accepts all: it keeps this array, and what is in it follows a rotation.
  const sessionKeys = keysOf(dependencies.sessionSecret);
  const readSecrets = () => sessionKeys().map((key) => Buffer.from(key).toString('base64url'));
  const cookieSecrets = readSecrets();
  const followRotation: RequestHandler = (_request, _response, next) => {
    if (sessionKeys().length !== cookieSecrets.length) cookieSecrets.splice(0, cookieSecrets.length, ...readSecrets());
    next();
  };
  const cookies = session({
    name: SESSION_COOKIE,
    secret: cookieSecrets,
    store: new WebSessionStore(dependencies.sessionRows),
    resave: false,
    saveUninitialized: false,
    rolling: true,
    // Lax, not strict: the company's sign-in page leads back here, and the browser must then know what it began.
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: IDLE_MS },
  });
  const middleware = [followRotation, cookies, authenticator.initialize(), authenticator.session(), endOldSession];
  return {
    ...{ middleware, oidcLabel: oidc?.label, identify, checkPassword, signIn },
    ...{ beginOidc, finishOidc, signOut },
  };
}

async function isUnknown(accounts: AccountStore, name: string): Promise<boolean> {
  return (await accounts.find(name).catch(accountsAway)) === undefined;
}

function accountsAway(cause: unknown): never {
  throw fail('database_unavailable', { detail: 'Accounts cannot be read now.', retryAfterS: 2, cause });
}

function passwordChecker(accounts: AccountStore) {
  // Nobody's: compared with when the name is unknown, so that both cases take the same time.
  const nobodys = hashPassword(makePassword());
  return async (name: string, password: string): Promise<Account | undefined> => {
    const account = await accounts.find(name).catch(accountsAway);
    const isRight = await verifyPassword(password, account?.passwordHash ?? (await nobodys));
    return isRight && account?.passwordHash !== undefined && !account.disabled ? account : undefined;
  };
}

/** Whatever is done with it, a session ends some hours after it began. */
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
