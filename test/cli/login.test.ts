// Accounts from the command line, and the command line signed in at a product that runs elsewhere.

import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Browser, runAdmin } from '../admin/admin-harness.ts';
import { openTerminal } from './cli-harness.ts';

test('"login" gets a token for a piped password, commands use it, "logout" revokes it', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const terminal = await openTerminal(t, {
    place: () => ({ dataFolder: '/nowhere', databaseUrl: undefined, loginFile: file() }),
  });
  const file = () => join(terminal.folder, 'config', 'login.json');
  assert.equal((await terminal.run(['key', 'list'])).code, 1, 'nobody is signed in');
  const wrong = await terminal.run(['login', admin.address, '--account', 'admin'], 'wrong\n');
  assert.deepEqual([wrong.code, wrong.out], [1, '']);
  const signedIn = await terminal.run(['login', admin.address, '--account', 'admin'], `${admin.password}\n`);
  assert.equal(signedIn.code, 0, signedIn.err);
  assert.equal((await stat(file())).mode & 0o777, 0o600);
  const kept = await readFile(file(), 'utf8');
  assert.ok(!kept.includes(admin.password) && !signedIn.out.includes('imt_'));

  const made = await terminal.run(['account', 'create', 'dora', '--role', 'developer', '--tenant', 'research']);
  assert.match(made.out, /^[a-z2-9]{5}(-[a-z2-9]{5}){3}\n$/);
  const listed = await terminal.run(['account', 'list']);
  assert.match(listed.out, /dora +developer +research +local +enabled/);

  // The first password opens nothing but the choice of the next one.
  const browser = new Browser(admin.address);
  assert.equal((await browser.signIn('dora', made.out.trim())).status, 303);
  assert.equal((await browser.send('/')).headers['location'], '/password');
  assert.equal((await browser.send('/api/v1/models')).json()['code'], 'password_change_required');
  const first = await terminal.run(['login', admin.address, '--account', 'dora'], made.out);
  assert.match(first.err, /Choose a password at \/password/);
  const next = 'three plain words';
  const form_token = await browser.formToken('/password');
  const weak = await browser.form('/password', { form_token, current: made.out.trim(), next: 'short', again: 'short' });
  assert.equal(weak.status, 400);
  const changed = await browser.form('/password', { form_token, current: made.out.trim(), next, again: next });
  assert.equal(changed.status, 303, changed.text);
  const again = new Browser(admin.address);
  await again.signIn('dora', next);
  assert.equal((await again.send('/api/v1/models')).status, 200);

  assert.equal((await terminal.run(['account', 'set', 'dora', '--disable'])).code, 0);
  assert.equal((await again.send('/api/v1/models')).status, 401, 'what it had open is over');
  assert.match((await terminal.run(['account', 'set', 'admin', '--role', 'officer'])).err, /last local account/);
  assert.match((await terminal.run(['account', 'reset', 'dora'])).out, /^[a-z2-9-]{23}\n$/);
  assert.equal((await terminal.run(['account', 'delete', 'dora'])).code, 0);
  const { token } = JSON.parse(kept) as { token: string };
  assert.equal((await terminal.run(['logout'])).code, 0);
  const reply = await new Browser(admin.address).send('/api/v1/models', {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(reply.status, 401);
});

test('"login" sends no password in the clear, and takes none as an argument', async (t) => {
  const terminal = await openTerminal(t);
  const plain = await terminal.run(['login', 'http://intramuros.example', '--account', 'a'], 'x\n');
  assert.deepEqual([plain.code, /https/.test(plain.err)], [2, true]);
  assert.equal((await terminal.run(['login', 'https://a.example', '--account', 'a', '--password', 'x'])).code, 2);
});
