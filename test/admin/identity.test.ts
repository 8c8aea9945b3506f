// Signing in, staying signed in, signing out, and the attacks on each.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fakeAudit } from '../../control-plane/admin/fake-dependencies.ts';
import { memoryAccountStore } from '../../control-plane/admin/identity/account-store.ts';
import { ensureAdminAccount } from '../../control-plane/admin/identity/admin-account.ts';
import { verifyPassword } from '../../control-plane/admin/identity/password.ts';
import { localPath } from '../../control-plane/admin/pages/sign-in.ts';
import { Browser, runAdmin, signedIn, tokenIn } from './admin-harness.ts';

const wrong = () => `wrong-${randomBytes(6).toString('hex')}`;

test('the right password opens the console and the session is on the record', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = await signedIn(admin);
  const home = await browser.send('/');
  assert.equal(home.status, 200);
  const session = (await browser.send('/api/v1/session')).json()['session'] as Record<string, unknown>;
  assert.equal(session['name'], 'admin');
  assert.ok(
    admin.dependencies.audit.drafts.some(({ kind, action }) => kind === 'session' && action === 'session.begin'),
  );
});

test('a stranger is led to the sign-in page and has a session of null', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const home = await browser.send('/');
  assert.equal(home.status, 303);
  assert.equal(home.headers['location'], '/sign-in');
  const session = await browser.send('/api/v1/session');
  assert.deepEqual([session.status, session.json()], [200, { session: null }]);
});

test('a wrong password is refused in words that do not tell which of the two was wrong', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const known = await new Browser(admin.address).signIn('admin', wrong());
  const unknown = await new Browser(admin.address).signIn('nobody', wrong());
  assert.deepEqual([known.status, unknown.status], [401, 401]);
  assert.equal(known.text.replace(tokenIn(known), ''), unknown.text.replace(tokenIn(unknown), ''));
  assert.ok(admin.dependencies.audit.drafts.some(({ kind }) => kind === 'refusal'));
});

test('an unknown account takes as long to refuse as a known one', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const form_token = await browser.formToken();
  const timeOf = async (username: string) => {
    const startedAt = performance.now();
    await browser.form('/sign-in', { form_token, username, password: wrong() });
    return performance.now() - startedAt;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    unknown.push(await timeOf(`nobody-${round}`));
    known.push(await timeOf('admin'));
  }
  const ratio = median(unknown) / median(known);
  assert.ok(ratio > 1 / 2 && ratio < 2, `unknown takes ${ratio.toFixed(2)} times as long`);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

test('five failures close the door for that account from that address, with the time to wait', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  for (let attempt = 0; attempt < 5; attempt += 1) assert.equal((await browser.signIn('admin', wrong())).status, 401);
  const refused = await browser.signIn('admin', admin.password);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers['retry-after']) > 0);
});

test('guesses sent at once are counted like guesses one after the other', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const form_token = await browser.formToken();
  const attempts = Array.from({ length: 15 }, () =>
    browser.form('/sign-in', { form_token, username: 'admin', password: wrong() }),
  );
  const statuses = (await Promise.all(attempts)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 401).length, 5);
  assert.equal(statuses.filter((status) => status === 429).length, 10);
});

test('a session id planted before the sign-in is worthless after it', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  browser.cookies.set('intramuros_session', 's%3Aplanted.AAAA');
  assert.equal((await browser.signIn('admin', admin.password)).status, 303);
  assert.notEqual(browser.cookies.get('intramuros_session'), 's%3Aplanted.AAAA');
  const first = browser.cookies.get('intramuros_session');
  const again = new Browser(admin.address);
  again.cookies.set('intramuros_session', String(first));
  const form_token = await again.sessionToken();
  assert.equal((await again.form('/sign-in', { form_token, username: 'admin', password: admin.password })).status, 303);
  assert.notEqual(again.cookies.get('intramuros_session'), first);
  const old = new Browser(admin.address);
  old.cookies.set('intramuros_session', String(first));
  assert.equal((await old.send('/')).status, 303);
});

test('the session cookie is for HTTP alone, for our own site, and signed', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const reply = await browser.signIn('admin', admin.password);
  const [cookie = ''] = [reply.headers['set-cookie']].flat().filter((line) => line?.startsWith('intramuros_session'));
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Lax/);
  const tampered = new Browser(admin.address);
  const value = decodeURIComponent(String(browser.cookies.get('intramuros_session')));
  tampered.cookies.set('intramuros_session', encodeURIComponent(`${value.slice(0, -2)}xx`));
  assert.deepEqual((await tampered.send('/api/v1/session')).json(), { session: null });
});

test('signing out ends the session on the server, not only in the browser', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = await signedIn(admin);
  const stolen = new Browser(admin.address);
  stolen.cookies.set('intramuros_session', String(browser.cookies.get('intramuros_session')));
  assert.equal((await browser.signOut(await browser.sessionToken())).status, 204);
  assert.equal((await stolen.send('/')).status, 303);
  assert.ok(admin.dependencies.audit.drafts.some(({ action }) => action === 'session.end'));
});

test('a change made by another site is refused by its origin and by its token', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = await signedIn(admin);
  const token = await browser.sessionToken();
  const refused = [
    await browser.signOut(token, { origin: 'https://elsewhere.example' }),
    await browser.signOut(token, { origin: 'null' }),
    await browser.signOut(token, { 'sec-fetch-site': 'cross-site' }),
    await browser.signOut(''),
    await browser.signOut(token.startsWith('A') ? `B${token.slice(1)}` : `A${token.slice(1)}`),
  ];
  assert.deepEqual(
    refused.map(({ status }) => status),
    [403, 403, 403, 403, 403],
  );
  assert.equal((await browser.send('/')).status, 200, 'still signed in');
});

test('nobody can be signed in by a form of another site', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const attacker = new Browser(admin.address);
  const form_token = await attacker.formToken();
  const victim = new Browser(admin.address);
  const reply = await victim.form('/sign-in', { form_token, username: 'admin', password: admin.password });
  assert.equal(reply.status, 403);
});

test('a change by a session needs the token; the same change by bearer does not', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = await signedIn(admin);
  const { formToken } = (await browser.send('/api/v1/session')).json()['session'] as { formToken: string };
  const create = (headers: Record<string, string>) =>
    browser.send('/api/v1/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: admin.address, ...headers },
      body: JSON.stringify({ name: 'app' }),
    });
  assert.equal((await create({})).status, 403);
  assert.equal((await create({ 'x-form-token': formToken })).status, 201);
  assert.equal((await create({ 'x-form-token': formToken, origin: 'https://elsewhere.example' })).status, 403);
});

test('the page after the sign-in is one of ours, whatever the link says', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const elsewhere = [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/.//evil.example',
  ];
  for (const next of elsewhere) assert.equal(localPath(next), '/', next);
  const outside = await new Browser(admin.address).signIn('admin', admin.password, '//evil.example');
  assert.deepEqual([outside.status, outside.headers['location']], [303, '/']);
  const inside = await new Browser(admin.address).signIn('admin', admin.password, '/api/v1/log/health?limit=5');
  assert.equal(inside.headers['location'], '/api/v1/log/health?limit=5');
});

test('a new password ends the sessions of the old one', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = await signedIn(admin);
  await ensureAdminAccount({ ...admin.dependencies, adminPassword: wrong() });
  assert.equal((await browser.send('/')).status, 303);
});

test('the first password is made once, is strong, and opens the account', async () => {
  const accounts = memoryAccountStore();
  const audit = fakeAudit();
  const first = await ensureAdminAccount({ accounts, audit, adminPassword: undefined });
  assert.match(first.createdPassword ?? '', /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  assert.deepEqual(await ensureAdminAccount({ accounts, audit, adminPassword: undefined }), {});
  const account = await accounts.find('admin');
  assert.ok(await verifyPassword(first.createdPassword ?? '', account?.passwordHash ?? ''));
  assert.ok(!JSON.stringify(audit.drafts).includes(first.createdPassword ?? 'none'));
});

test('without an audit log nobody is signed in', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  admin.dependencies.audit.break();
  assert.equal((await browser.signIn('admin', admin.password)).status, 503);
  assert.deepEqual((await browser.send('/api/v1/session')).json(), { session: null });
});

test('a bearer that is wrong, malformed or in the address is refused', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const { text } = admin.dependencies.localToken;
  for (const authorization of ['Bearer wrong', `Bearer ${text}x`, `Basic ${text}`, 'Bearer', `bearer  ${text} x`]) {
    assert.equal(
      (await browser.send('/api/v1/keys', { headers: { authorization } })).status,
      401,
      authorization.slice(0, 8),
    );
  }
  assert.equal((await browser.send(`/api/v1/keys?access_token=${text}`)).status, 401);
  assert.equal((await browser.send('/api/v1/keys', { headers: { authorization: `Bearer ${text}` } })).status, 200);
});

test('an oversized or malformed form is refused without an exception', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const form_token = await browser.formToken();
  const large = await browser.form('/sign-in', { form_token, username: 'admin', password: 'x'.repeat(20_000) });
  assert.equal(large.status, 413);
  const missing = await browser.form('/sign-in', { form_token, username: 'admin' });
  assert.equal(missing.status, 400);
  const doubled = await browser.send('/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: admin.address },
    body: `form_token=${form_token}&username=admin&username=b&password=c`,
  });
  assert.equal(doubled.status, 400);
  const none = await browser.send('/sign-in', { method: 'POST', headers: { origin: admin.address } });
  assert.equal(none.status, 403);
});

test('while the database is away sign-in says so, health answers and nothing hangs', async (t) => {
  const away = () => Promise.reject(new Error('connection refused'));
  const sessionRows = { find: away, save: away, extend: away, remove: away, removeExpired: away };
  const admin = await runAdmin({ sessionRows });
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const reply = await browser.signIn('admin', admin.password);
  assert.equal(reply.status, 503);
  assert.match(reply.text, /cannot reach its database/);
  assert.equal((await browser.send('/readyz')).status, 200);
  const bearer = { authorization: `Bearer ${admin.dependencies.localToken.text}` };
  assert.equal((await new Browser(admin.address).send('/api/v1/keys', { headers: bearer })).status, 200);
});
