// OpenID providers to sign in at: a real one (oidc-provider), and one that signs whatever a test wants it to say.

import assert from 'node:assert/strict';
import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { request } from 'undici';
import type { Browser, Reply } from './admin-harness.ts';

export const CLIENT_ID = 'console';
export const clientSecret = randomBytes(24).toString('base64url');

export interface RunningProvider {
  readonly issuer: string;
  readonly stop: () => Promise<void>;
}

/** `groups`: of each person, and may be changed while it runs. */
export async function startRealProvider(
  callback: string,
  groups: ReadonlyMap<string, readonly string[]>,
): Promise<RunningProvider> {
  const server = await listen(createServer());
  const issuer = addressOf(server);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: clientSecret, redirect_uris: [callback] }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] },
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'groups'],
    pkce: { required: () => true },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: `subject-of-${id}`, preferred_username: id, groups: groups.get(id) ?? [] }),
    }),
  });
  const answer = provider.callback();
  server.on('request', (incoming, outgoing) => void answer(incoming, outgoing));
  return { issuer, stop: () => close(server) };
}

/** Signs a person in at the real provider: follows the redirects, answers its forms, returns the address of ours at the end. */
export async function passProvider(start: string, login: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: string | undefined;
  for (let hop = 0; hop < 20; hop += 1) {
    const answer = await request(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === undefined ? {} : { body: form }),
    });
    form = undefined;
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const text = await answer.body.text();
    const { location } = answer.headers;
    if (typeof location === 'string') {
      url = new URL(location, url).href;
      if (new URL(url).pathname.startsWith('/sign-in/oidc/callback')) return url;
      continue;
    }
    const [, action = ''] = /action="([^"]+)"/.exec(text) ?? [];
    assert.ok(action !== '', `the provider shows a form: ${answer.statusCode}`);
    url = new URL(action, url).href;
    form = text.includes('name="login"') ? `prompt=login&login=${login}&password=x` : 'prompt=consent';
  }
  throw new Error('the provider leads nowhere');
}

export interface ToldToken {
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signed with a key that is not published. */
  readonly foreignKey?: boolean;
  readonly unsigned?: boolean;
}

export interface ScriptedProvider extends RunningProvider {
  /** What the next ID token holds beside what is right. */
  told: ToldToken;
  /** Sends the sign-in through; answers the address of ours at the end. */
  readonly pass: (start: string) => string;
}

/** A provider that answers every code with the token that the test wants; it checks PKCE and one use of a code. */
export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const server = await listen(createServer());
  const issuer = addressOf(server);
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const begun = new Map<string, { readonly nonce: string; readonly challenge: string }>();
  const provider: ScriptedProvider = {
    issuer,
    told: {},
    pass(start) {
      const query = new URL(start).searchParams;
      const code = randomBytes(12).toString('hex');
      begun.set(code, { nonce: query.get('nonce') ?? '', challenge: query.get('code_challenge') ?? '' });
      const back = new URL(query.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', query.get('state') ?? '');
      return back.href;
    },
    stop: () => close(server),
  };
  const metadata = {
    ...{ issuer, jwks_uri: `${issuer}/jwks`, token_endpoint: `${issuer}/token`, response_types_supported: ['code'] },
    ...{ authorization_endpoint: `${issuer}/auth`, code_challenge_methods_supported: ['S256'] },
    ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] },
  };
  server.on('request', (incoming, answer) => {
    const send = (body: unknown, status = 200) =>
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (incoming.url === '/.well-known/openid-configuration') {
      send(metadata);
      return;
    }
    if (incoming.url === '/jwks') {
      send({ keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] });
      return;
    }
    let body = '';
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    incoming.on('end', () => {
      const form = new URLSearchParams(body);
      const code = form.get('code') ?? '';
      const start = begun.get(code);
      begun.delete(code);
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (start === undefined || challenge !== start.challenge) {
        send({ error: 'invalid_grant' }, 400);
        return;
      }
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        ...{ iss: issuer, sub: 'subject-of-alice', aud: CLIENT_ID, nonce: start.nonce, iat: now, exp: now + 60 },
        ...{ preferred_username: 'alice', groups: ['ml-admins'], ...provider.told.claims },
      };
      const key = provider.told.foreignKey === true ? foreign.privateKey : own.privateKey;
      send({
        ...{ access_token: 'a', token_type: 'Bearer', expires_in: 60 },
        id_token: jwt(claims, provider.told.unsigned === true ? undefined : key),
      });
    });
  });
  return provider;
}

function jwt(claims: object, key: KeyObject | undefined): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(key === undefined ? { alg: 'none' } : { alg: 'RS256', kid: 'k' })}.${part(claims)}`;
  return `${text}.${key === undefined ? '' : createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}

/** Where our sign-in page sends the browser. */
export async function beginSignIn(browser: Browser, next = ''): Promise<string> {
  const reply = await browser.send(`/sign-in/oidc${next === '' ? '' : `?next=${encodeURIComponent(next)}`}`);
  assert.equal(reply.status, 302, reply.text);
  return String(reply.headers['location']);
}

/** The browser comes back from the provider. */
export function comeBack(browser: Browser, address: string): Promise<Reply> {
  const { pathname, search } = new URL(address);
  return browser.send(`${pathname}${search}`);
}

function listen(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
