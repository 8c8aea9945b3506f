// The sign-in page: words in both languages, and a form that password managers and keyboards understand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser, runAdmin } from './admin-harness.ts';

test('the page speaks the language of its reader, and English to everybody else', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const page = (language: string) => browser.send('/sign-in', { headers: { 'accept-language': language } });
  assert.match((await page('fr-CA,fr;q=0.9,en;q=0.8')).text, /<html lang="fr">[\s\S]*Se connecter/);
  assert.match((await page('de,en;q=0.5')).text, /<html lang="en">[\s\S]*Sign in/);
  assert.match((await page('xx')).text, /<html lang="en">/);
});

test('the sign-in form is one that password managers and keyboards understand', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const { text } = await new Browser(admin.address).send('/sign-in');
  assert.match(text, /<input id="username"[^>]*autocomplete="username"/);
  assert.equal(text.match(/type="password"/g)?.length, 1);
  assert.match(text, /<label for="username">/);
  assert.match(text, /<label for="password">/);
  assert.match(text, /<button type="submit">/);
  assert.match(text, /<main id="main"/);
});
