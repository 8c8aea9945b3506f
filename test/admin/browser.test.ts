// The pages in a real browser: what its own rules of origins, cookies and policies make of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAdmin } from './admin-harness.ts';
import { CHROMIUM, Chromium, type Event } from './chromium.ts';

const skip = CHROMIUM === undefined && 'no Chromium on this machine';

test('someone signs in, looks and signs out by keyboard, and the browser has nothing to complain of', {
  skip,
}, async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Chromium();
  await browser.start();
  t.after(() => browser.stop());

  await browser.load(() => browser.send('Page.navigate', { url: admin.address }));
  assert.equal(await browser.evaluate('document.activeElement.id'), 'username', 'the cursor is where one begins');
  await browser.type('admin');
  await browser.press('Tab');
  await browser.type(admin.password);
  await browser.load(() => browser.press('Enter', '\r'));
  assert.equal(await browser.evaluate('location.pathname'), '/');
  assert.equal(await browser.evaluate('document.querySelectorAll("main table tbody tr").length > 0'), true);

  await browser.send('Emulation.setDeviceMetricsOverride', {
    width: 360,
    height: 740,
    deviceScaleFactor: 1,
    mobile: false,
  });
  assert.equal(
    await browser.evaluate('document.documentElement.scrollWidth <= innerWidth'),
    true,
    'no sideways scroll',
  );

  await browser.press('Tab');
  assert.equal(await browser.evaluate('document.activeElement.className'), 'skip', 'the skip link comes first');
  await browser.press('Tab');
  await browser.load(() => browser.press('Enter', '\r'));
  assert.equal(await browser.evaluate('location.pathname'), '/sign-in');
  assert.deepEqual(complaints(browser.events, admin.address), []);
  assert.equal(await browser.evaluate('document.cookie'), '', 'no cookie is readable by a script');
});

/** Answers of 4xx and more, requests that leave the origin, console messages, violations of the policy. */
function complaints(events: readonly Event[], origin: string): string[] {
  return events.flatMap(({ method, params }) => {
    if (method === 'Log.entryAdded' || method === 'Runtime.consoleAPICalled' || method === 'Runtime.exceptionThrown') {
      return [JSON.stringify(params)];
    }
    if (method === 'Audits.issueAdded') return [JSON.stringify(params)];
    if (method === 'Network.requestWillBeSent') {
      const { url } = params['request'] as { url: string };
      return url.startsWith(origin) ? [] : [`left the origin: ${url}`];
    }
    if (method !== 'Network.responseReceived') return [];
    const { status, url } = params['response'] as { status: number; url: string };
    return status >= 400 ? [`${status} ${url}`] : [];
  });
}
