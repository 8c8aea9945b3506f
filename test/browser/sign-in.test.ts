// From the sign-in page to the console and out again, by keyboard alone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertSound, ConsoleRunner, noBrowser } from './console-harness.ts';

const runner = new ConsoleRunner();

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

test('someone signs in, looks and signs out by keyboard', { skip: noBrowser }, async () => {
  const admin = await runner.serve();
  const opened = await runner.openStranger(admin);
  const { page } = opened;
  await assertSound(opened, 'sign-in page');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'username', 'the cursor is where one begins');
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type(admin.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip', 'the skip link comes first');
  const out = page.getByRole('button', { name: 'Sign out' });
  for (let tabs = 0; tabs < 40 && !(await out.evaluate((node) => node === document.activeElement)); tabs += 1) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === '/sign-in');
  await assertSound(opened, 'after signing out');
  assert.equal(await page.evaluate(() => document.cookie), '', 'no cookie is readable by a script');
});

test('an address deep in the console survives the sign-in', { skip: noBrowser }, async () => {
  const admin = await runner.serve();
  const { page } = await runner.openStranger(admin);
  await page.goto(`${admin.address}/models`);
  assert.match(page.url(), /\/sign-in\?next=%2Fmodels$/);
  await page.fill('input[autocomplete=username]', 'admin');
  await page.fill('input[type=password]', admin.password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === '/models');
});

test('the console speaks the other language when asked, and goes on doing so', { skip: noBrowser }, async () => {
  const admin = await runner.serve();
  const { page } = await runner.open(admin);
  await page.getByRole('button', { name: 'Français' }).click();
  await page.getByRole('link', { name: 'Modèles' }).waitFor();
  await page.reload();
  await page.getByRole('link', { name: 'Modèles' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'fr');
});
