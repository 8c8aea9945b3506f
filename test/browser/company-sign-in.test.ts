// The sign-in page with a company's provider, and the choice of a password: nothing to complain of in any view.

import { after, before, describe, test } from 'node:test';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

describe('company sign-in and choice of a password', { skip: noBrowser }, () => {
  for (const view of VIEWS.slice(0, 2)) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`have nothing to complain of: ${name}`, async () => {
      const oidc = { label: 'Bank & Co', strategy: () => Promise.reject(new Error('nobody goes there in this test')) };
      const admin = await runner.serve({ oidc });
      const opened = await runner.openStranger(admin, view);
      await keepPicture(opened.page, `company-sign-in-${name}`);
      await assertSound(opened, `/sign-in ${name}`);
      await admin.dependencies.accounts.change('admin', { mustChange: true });
      await opened.page.fill('input[autocomplete=username]', 'admin');
      await opened.page.fill('input[type=password]', admin.password);
      await opened.page.keyboard.press('Enter');
      await opened.page.waitForURL(/\/password$/);
      await keepPicture(opened.page, `password-${name}`);
      await assertSound(opened, `/password ${name}`);
    });
  }
});
