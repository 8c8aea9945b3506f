// Twenty attacks on sign-in, sessions and pages, as one table: each says what is tried and what must come of it. Those on
// the company's sign-in page and its directory stand in oidc.test.ts and ldap.test.ts.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { ResourcePort } from '../../control-plane/admin/resources/routes.ts';
import { Browser, bearerOf, type RunningAdmin, runAdmin, signedIn, tokenOf } from './admin-harness.ts';

interface Scene {
  readonly admin: RunningAdmin;
  /** Signed in as admin. */
  readonly victim: Browser;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const HOSTILE = '<img src=x onerror=alert(1)>';

async function statusOf(browser: Browser, path: string, headers: Readonly<Record<string, string>> = {}) {
  return (await browser.send(path, { headers })).status;
}

async function makeKey({ admin, victim }: Scene, headers: Readonly<Record<string, string>>): Promise<number> {
  const body = JSON.stringify({ name: 'app' });
  const sent = { method: 'POST', headers: { ...JSON_TYPE, origin: admin.address, ...headers }, body };
  return (await victim.send('/api/v1/keys', sent)).status;
}

/** Refused, or without effect: the answer says which. */
const ATTACKS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'session fixation: an id planted before the sign-in': async ({ admin }) => {
    const browser = new Browser(admin.address);
    browser.cookies.set('intramuros_session', 's%3Aplanted.AAAA');
    await browser.signIn('admin', admin.password);
    const planted = new Browser(admin.address);
    planted.cookies.set('intramuros_session', 's%3Aplanted.AAAA');
    assert.equal(await statusOf(planted, '/'), 303);
  },
  'a session cookie with another signature': async ({ admin, victim }) => {
    const thief = new Browser(admin.address);
    const cookie = decodeURIComponent(String(victim.cookies.get('intramuros_session')));
    const [id] = cookie.split('.');
    thief.cookies.set('intramuros_session', encodeURIComponent(`${id}.${'A'.repeat(43)}`));
    assert.deepEqual((await thief.send('/api/v1/session')).json(), { session: null });
  },
  'a cookie that was stolen, after the sign-out': async ({ admin }) => {
    const browser = await signedIn(admin);
    const thief = new Browser(admin.address);
    thief.cookies.set('intramuros_session', String(browser.cookies.get('intramuros_session')));
    await browser.signOut(await browser.sessionToken());
    assert.deepEqual((await thief.send('/api/v1/session')).json(), { session: null });
  },
  'cross-site request: a change without the form token': async (scene) => {
    assert.equal(await makeKey(scene, {}), 403);
  },
  'cross-site request: the right token from another origin': async (scene) => {
    const token = await scene.victim.sessionToken();
    assert.equal(await makeKey(scene, { 'x-form-token': token, origin: 'https://evil.example' }), 403);
  },
  'sign-in forced on a victim by a form of another site': async ({ admin }) => {
    const form_token = await new Browser(admin.address).formToken();
    const fields = { form_token, username: 'admin', password: admin.password };
    assert.equal((await new Browser(admin.address).form('/sign-in', fields)).status, 403);
  },
  'open redirect after the sign-in': async ({ admin }) => {
    for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/%09/evil.example/..//x']) {
      const { headers } = await new Browser(admin.address).signIn('admin', admin.password, next);
      assert.match(String(headers['location']), /^\/(?![/\\])/, next);
    }
  },
  'host header of another site (DNS rebinding)': async ({ admin }) => {
    assert.equal(await statusOf(new Browser(admin.address), '/sign-in', { host: 'evil.example' }), 403);
  },
  'path traversal out of the assets': async ({ victim }) => {
    for (const path of ['/assets/..%2f..%2fpackage.json', '/assets/%2e%2e/%2e%2e/package.json', '/..%5cpackage.json']) {
      const reply = await victim.send(path);
      assert.ok(!reply.text.includes('"dependencies"') && reply.status !== 200, path);
    }
  },
  'markup in a condition of a model': async ({ victim }) => {
    const reply = await victim.send('/api/v1/models');
    assert.ok(reply.text.includes('onerror'), 'the message is there, as data');
    assert.match(String(reply.headers['content-type']), /^application\/json/);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
    assert.match(String(reply.headers['content-security-policy']), /script-src 'self'/);
  },
  'markup in the address that the sign-in page keeps': async ({ admin }) => {
    const reply = await new Browser(admin.address).send(`/sign-in?next=/${encodeURIComponent(`"${HOSTILE}`)}`);
    assert.ok(!reply.text.includes('<img'));
  },
  'an oversized cookie': async ({ admin }) => {
    assert.equal(await statusOf(new Browser(admin.address), '/', { cookie: `a=${'x'.repeat(20_000)}` }), 431);
  },
  'a cookie that is no text we know': async ({ admin }) => {
    const cookie = `intramuros_session=s%3A${'%00'.repeat(50)}.x; intramuros_form=${'"'.repeat(40)}`;
    assert.equal(await statusOf(new Browser(admin.address), '/api/v1/session', { cookie }), 200);
  },
  'a bearer token in the address': async ({ admin }) => {
    const token = await tokenOf(admin, 'admin');
    assert.equal(await statusOf(new Browser(admin.address), `/api/v1/keys?access_token=${token}`), 401);
  },
  'a bearer token cut short, made longer, or of another kind': async ({ admin }) => {
    const token = await tokenOf(admin, 'admin');
    for (const text of [token.slice(0, -1), `${token}A`, `imt_${'A'.repeat(43)}`, `iml_${token.slice(4)}`]) {
      assert.equal(
        await statusOf(new Browser(admin.address), '/api/v1/keys', { authorization: `Bearer ${text}` }),
        401,
      );
    }
  },
  'a token of an account that was disabled, or got another role': async ({ admin }) => {
    const { accounts } = admin.dependencies;
    for (const change of [{ disabled: true }, { role: 'viewer', tenant: 'default' }] as const) {
      const authorization = `Bearer ${await tokenOf(admin, 'officer')}`;
      assert.equal(await statusOf(new Browser(admin.address), '/api/v1/keys', { authorization }), 200);
      await accounts.change('test-officer', change);
      assert.equal(await statusOf(new Browser(admin.address), '/api/v1/keys', { authorization }), 401);
      await accounts.change('test-officer', { disabled: false, role: 'officer', tenant: undefined });
    }
  },
  'a role that gives itself another': async ({ admin }) => {
    const authorization = `Bearer ${await tokenOf(admin, 'officer')}`;
    const sent = { method: 'PUT', headers: { ...JSON_TYPE, authorization }, body: '{"role":"admin"}' };
    assert.equal((await new Browser(admin.address).send('/api/v1/accounts/test-officer', sent)).status, 403);
  },
  'removal of the last admin': async ({ admin }) => {
    const browser = new Browser(admin.address);
    await admin.dependencies.accounts.change('test-admin', { disabled: true });
    const disable = { method: 'PUT', headers: { ...bearerOf(admin), ...JSON_TYPE }, body: '{"disabled":true}' };
    assert.equal((await browser.send('/api/v1/accounts/admin', disable)).status, 409);
    const remove = { method: 'DELETE', headers: bearerOf(admin) };
    assert.equal((await browser.send('/api/v1/accounts/admin', remove)).json()['code'], 'last_admin');
  },
  'an account that poses as one of the directory': async ({ admin }) => {
    const body = JSON.stringify({ name: 'oidc:alice', role: 'admin' });
    const sent = { method: 'POST', headers: { ...bearerOf(admin), ...JSON_TYPE }, body };
    assert.equal((await new Browser(admin.address).send('/api/v1/accounts', sent)).json()['param'], 'name');
  },
  'guessing, over the API as over the page': async ({ admin }) => {
    const browser = new Browser(admin.address);
    const guess = async () => {
      const body = JSON.stringify({ username: 'guessed', password: randomBytes(9).toString('hex'), name: 'x' });
      return (await browser.send('/api/v1/sign-in', { method: 'POST', headers: JSON_TYPE, body })).status;
    };
    const statuses = await Promise.all(Array.from({ length: 8 }, guess));
    assert.equal(statuses.filter((status) => status === 401).length, 5);
    assert.equal((await browser.signIn('guessed', 'x')).status, 429, 'the page counts with it');
  },
};

test('twenty attacks, none of which succeeds', async (t) => {
  const message = `Out of memory ${HOSTILE}`;
  const condition = {
    type: 'Ready',
    status: 'False',
    reason: 'Out',
    message,
    lastTransitionTime: '2026-11-25T08:00:00Z',
  };
  const model = {
    ...{
      apiVersion: 'intramuros.dev/v1alpha1',
      kind: 'Model',
      metadata: { name: 'a', namespace: 'default', generation: 1 },
    },
    ...{ spec: { source: { uri: 'file:///a.gguf' } }, status: { observedGeneration: 1, conditions: [condition] } },
  };
  const resources = { list: async () => ({ items: [model], resourceVersion: '1' }) } as unknown as ResourcePort;
  const admin = await runAdmin({ resources });
  t.after(admin.stop);
  const victim = await signedIn(admin);
  assert.equal(Object.keys(ATTACKS).length, 20);
  for (const [name, attack] of Object.entries(ATTACKS)) await t.test(name, () => attack({ admin, victim }));
});
