// The company's sign-in: at a real provider, and at one that lies. Each refusal says its reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOidcSignIn, type OidcSignIn } from '../../control-plane/admin/identity/oidc-sign-in.ts';
import { Browser, type Reply, type RunningAdmin, runAdmin } from './admin-harness.ts';
import {
  beginSignIn,
  CLIENT_ID,
  clientSecret,
  comeBack,
  passProvider,
  type ScriptedProvider,
  startRealProvider,
  startScriptedProvider,
} from './company-provider.ts';

const GROUP_ROLES = [
  { group: 'ml-admins', role: 'admin' },
  { group: 'team-a', role: 'developer', tenant: 'a' },
] as const;

/** The listener has to be there before its callback can be registered. */
async function runWithProvider(
  scopes = 'openid profile groups',
): Promise<RunningAdmin & { readonly use: (issuer: string) => void }> {
  let real: OidcSignIn | undefined;
  const oidc: OidcSignIn = {
    label: 'Bank & Co',
    strategy: async (admit) => {
      assert.ok(real);
      return real.strategy(admit);
    },
  };
  const admin = await runAdmin({ oidc, groupRoles: [...GROUP_ROLES] });
  const use = (issuer: string) => {
    real = createOidcSignIn({
      ...{ issuer, clientId: CLIENT_ID, clientSecret, label: 'Bank & Co', scopes },
      ...{ groupsClaim: 'groups', nameClaim: 'preferred_username', publicUrl: admin.address },
    });
  };
  return { ...admin, use };
}

async function whoIs(browser: Browser): Promise<unknown> {
  const { session } = (await browser.send('/api/v1/session')).json() as { session: Record<string, unknown> | null };
  return session === null ? null : [session['name'], session['role'], session['tenant']];
}

test('at a real provider: sign-in with PKCE, state and nonce, the role of the groups, sign-out, change of groups', async (t) => {
  const admin = await runWithProvider();
  t.after(admin.stop);
  const groups = new Map<string, readonly string[]>([['alice', ['ml-admins']]]);
  const provider = await startRealProvider(`${admin.address}/sign-in/oidc/callback`, groups);
  t.after(provider.stop);
  admin.use(provider.issuer);

  const page = await new Browser(admin.address).send('/sign-in?next=/models');
  assert.match(page.text, /href="\/sign-in\/oidc\?next=%2Fmodels">Sign in with Bank &amp; Co</);

  const browser = new Browser(admin.address);
  const start = await beginSignIn(browser, '/models?x=1');
  const query = new URL(start).searchParams;
  for (const name of ['code_challenge', 'state', 'nonce']) assert.ok((query.get(name) ?? '').length > 20, name);
  assert.equal(query.get('code_challenge_method'), 'S256');
  const before = browser.cookies.get('intramuros_session');
  const back = await passProvider(start, 'alice');
  const reply = await comeBack(browser, back);
  assert.deepEqual([reply.status, reply.headers['location']], [303, '/models?x=1'], reply.text);
  assert.notEqual(browser.cookies.get('intramuros_session'), before, 'another session than the one that began');
  assert.deepEqual(await whoIs(browser), ['oidc:alice', 'admin', null]);
  assert.ok(
    admin.dependencies.audit.drafts.some(
      ({ action, actor }) => action === 'session.begin' && actor.id === 'oidc:alice',
    ),
  );

  const replayed = await comeBack(browser, back);
  assert.equal(replayed.status, 401);
  assert.match(replayed.text, /does not belong to a sign-in that this browser began/);

  // Her groups change: the next sign-in gives another role, and what she had open before is over.
  groups.set('alice', ['team-a']);
  const second = new Browser(admin.address);
  await comeBack(second, await passProvider(await beginSignIn(second), 'alice'));
  assert.deepEqual(await whoIs(second), ['oidc:alice', 'developer', 'a']);
  assert.equal(await whoIs(browser), null);

  groups.set('alice', ['somewhere-else']);
  const third = new Browser(admin.address);
  const refused = await comeBack(third, await passProvider(await beginSignIn(third), 'alice'));
  assert.equal(refused.status, 401);
  assert.match(refused.text, /No group of the person gives a role here/);
  assert.equal(await whoIs(second), null, 'groups that give nothing end every session');

  groups.set('alice', ['team-a']);
  const fourth = new Browser(admin.address);
  await comeBack(fourth, await passProvider(await beginSignIn(fourth), 'alice'));
  assert.equal((await fourth.signOut(await fourth.sessionToken())).status, 204);
  assert.equal(await whoIs(fourth), null);
});

const LIES: Readonly<Record<string, readonly [ScriptedProvider['told'], RegExp]>> = {
  'signed with another key': [{ foreignKey: true }, /not signed by the provider/],
  unsigned: [{ unsigned: true }, /not signed by the provider/],
  expired: [{ claims: { exp: 1_700_000_000 } }, /has expired/],
  'meant for another application': [{ claims: { aud: 'elsewhere' } }, /meant for another application/],
  'from another issuer': [{ claims: { iss: 'https://evil.example' } }, /comes from another issuer/],
  'of another sign-in': [{ claims: { nonce: 'n'.repeat(43) } }, /belongs to another sign-in/],
  'without a nonce': [{ claims: { nonce: undefined } }, /belongs to another sign-in/],
};

async function assertRefused(reply: Reply, browser: Browser, reason: RegExp): Promise<void> {
  assert.equal(reply.status, 401, reply.text);
  assert.match(reply.text, reason);
  assert.equal(await whoIs(browser), null);
}

test('an ID token that is not right is refused, with its reason', async (t) => {
  const admin = await runWithProvider('openid');
  t.after(admin.stop);
  const provider = await startScriptedProvider();
  t.after(provider.stop);
  admin.use(provider.issuer);
  const honest = new Browser(admin.address);
  const welcome = await comeBack(honest, provider.pass(await beginSignIn(honest)));
  assert.equal(welcome.status, 303, welcome.text);
  for (const [name, [told, reason]] of Object.entries(LIES)) {
    await t.test(name, async () => {
      provider.told = told;
      const browser = new Browser(admin.address);
      await assertRefused(await comeBack(browser, provider.pass(await beginSignIn(browser))), browser, reason);
    });
  }
  provider.told = {};

  await t.test('an answer with another state, or to another browser', async () => {
    const victim = new Browser(admin.address);
    const back = new URL(provider.pass(await beginSignIn(victim)));
    await assertRefused(
      await comeBack(new Browser(admin.address), back.href),
      new Browser(admin.address),
      /this browser began/,
    );
    back.searchParams.set('state', 'x'.repeat(43));
    await assertRefused(await comeBack(victim, back.href), victim, /this browser began/);
  });

  await t.test('a code that was used already, or is made up', async () => {
    const browser = new Browser(admin.address);
    const back = new URL(provider.pass(await beginSignIn(browser)));
    back.searchParams.set('code', 'made-up');
    await assertRefused(await comeBack(browser, back.href), browser, /used already/);
  });

  await t.test('another person with a name that is taken', async () => {
    provider.told = { claims: { sub: 'subject-of-another-alice' } };
    const browser = new Browser(admin.address);
    await assertRefused(await comeBack(browser, provider.pass(await beginSignIn(browser))), browser, /another person/);
    provider.told = { claims: { preferred_username: '../admin' } };
    await assertRefused(
      await comeBack(browser, provider.pass(await beginSignIn(browser))),
      browser,
      /name that no account/,
    );
    provider.told = {};
  });

  await t.test('a provider that refuses the person', async () => {
    const browser = new Browser(admin.address);
    const back = new URL(provider.pass(await beginSignIn(browser)));
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    await assertRefused(await comeBack(browser, back.href), browser, /did not let the person in|this browser began/);
  });
});

test('while the provider is down its page says so, local accounts work, and it is asked again', async (t) => {
  const admin = await runWithProvider('openid');
  t.after(admin.stop);
  const provider = await startScriptedProvider();
  const { issuer } = provider;
  await provider.stop();
  admin.use(issuer);
  const browser = new Browser(admin.address);
  const reply = await browser.send('/sign-in/oidc');
  assert.equal(reply.status, 503);
  assert.match(reply.text, /company sign-in does not answer/);
  assert.equal((await browser.signIn('admin', admin.password)).status, 303);
});
