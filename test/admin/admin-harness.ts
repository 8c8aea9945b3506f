// The real admin listener on a free port with doubles behind its ports, and a client that keeps cookies as a browser
// would. Every test starts its own: limits and sessions of one test are not those of another.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { request } from 'undici';
import type { AdminDependencies } from '../../control-plane/admin/app.ts';
import { type FakeDependencies, fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { createAccessTokens } from '../../control-plane/admin/identity/access-tokens.ts';
import { ensureAdminAccount } from '../../control-plane/admin/identity/admin-account.ts';
import { hashPassword } from '../../control-plane/admin/identity/password.ts';
import { type Role, TENANT_ROLES } from '../../control-plane/admin/identity/roles.ts';
import { type AdminOptions, startAdmin } from '../../control-plane/admin/start-admin.ts';

export interface RunningAdmin {
  readonly address: string;
  readonly dependencies: FakeDependencies;
  readonly password: string;
  readonly stop: () => Promise<void>;
}

export async function runAdmin(
  changes: Partial<AdminDependencies> = {},
  times: Pick<AdminOptions, 'headersTimeoutMs' | 'requestTimeoutMs'> = {},
): Promise<RunningAdmin> {
  const dependencies = fakeDependencies(changes);
  const password = `pass-${randomBytes(12).toString('hex')}`;
  await ensureAdminAccount({ ...dependencies, adminPassword: password });
  const admin = await startAdmin({ ...dependencies, ...times, host: '127.0.0.1', port: 0 });
  return { address: admin.address, dependencies, password, stop: admin.stop };
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: () => Record<string, unknown>;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class Browser {
  readonly address: string;
  readonly cookies = new Map<string, string>();

  constructor(address: string) {
    this.address = address;
  }

  async send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Reply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(`${this.address}${path}`, {
      method,
      headers: { ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const set = answer.headers['set-cookie'] ?? [];
    for (const line of Array.isArray(set) ? set : [set]) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const text = await answer.body.text();
    const json = () => JSON.parse(text) as Record<string, unknown>;
    return { status: answer.statusCode, headers: answer.headers, text, json };
  }

  async form(path: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.address, ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** The token that a page of ours put into its form. */
  async formToken(path = '/sign-in'): Promise<string> {
    return tokenIn(await this.send(path));
  }

  /** What a signed-in browser sends with every change. */
  async sessionToken(): Promise<string> {
    const { session } = (await this.send('/api/v1/session')).json() as { session: { formToken: string } };
    return session.formToken;
  }

  async signOut(token: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const sent = { 'x-form-token': token, origin: this.address, ...headers };
    return this.send('/api/v1/session', { method: 'DELETE', headers: sent });
  }

  async signIn(username: string, password: string, next?: string): Promise<Reply> {
    const form_token = await this.formToken();
    return this.form('/sign-in', { form_token, username, password, ...(next === undefined ? {} : { next }) });
  }
}

export function tokenIn({ text }: Reply): string {
  const [, token] = /name="form_token" value="([^"]+)"/.exec(text) ?? [];
  assert.ok(token, 'the page holds a form with a token');
  return token;
}

export async function signedIn(admin: RunningAdmin): Promise<Browser> {
  const browser = new Browser(admin.address);
  const reply = await browser.signIn('admin', admin.password);
  assert.equal(reply.status, 303);
  return browser;
}

export function bearerOf({ dependencies }: RunningAdmin): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${dependencies.localToken.text}` };
}

export const TEST_TENANT = 'default';

/** A local account `test-ROLE` (of a tenant where the role has one), unless there is one; it has no password. */
export async function accountOf({ dependencies }: RunningAdmin, role: Role, tenant = TEST_TENANT): Promise<string> {
  const name = tenant === TEST_TENANT ? `test-${role}` : `test-${role}-${tenant}`;
  await dependencies.accounts.createIfAbsent({
    ...{ name, role, source: 'local', passwordHash: 'none', subject: undefined, mustChange: false, disabled: false },
    ...{ tenant: TENANT_ROLES.has(role) ? tenant : undefined, createdAt: new Date(), lastSignInAt: undefined },
  });
  return name;
}

/** A bearer token of an account with the role. */
export async function tokenOf(admin: RunningAdmin, role: Role, tenant = TEST_TENANT): Promise<string> {
  const name = await accountOf(admin, role, tenant);
  return (await createAccessTokens(admin.dependencies).create(name, { name: 'test', days: 1 })).token;
}

/** A browser in which an account with the role is signed in. */
export async function signedInAs(admin: RunningAdmin, role: Role, tenant = TEST_TENANT): Promise<Browser> {
  const name = await accountOf(admin, role, tenant);
  const password = `pass-${randomBytes(12).toString('hex')}`;
  await admin.dependencies.accounts.change(name, { passwordHash: await hashPassword(password) });
  const browser = new Browser(admin.address);
  assert.equal((await browser.signIn(name, password)).status, 303);
  return browser;
}

/** A logger whose lines the test reads. */
export function capturedLog(): { readonly log: Logger; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { log: pino({ level: 'debug' }, sink), lines };
}
