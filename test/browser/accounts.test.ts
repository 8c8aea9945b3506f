// Accounts and one's own tokens, in each of their states and views; the last admin stays, and says why.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type AccountStore, memoryAccountStore } from '../../control-plane/admin/identity/account-store.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

async function addPeople(accounts: AccountStore, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await accounts.createIfAbsent({
      ...{ name: `person-${at}`, role: at % 2 === 0 ? 'developer' : 'auditor', passwordHash: 'none' },
      ...{ source: at % 3 === 0 ? 'local' : 'oidc', subject: at % 3 === 0 ? undefined : `subject-${at}` },
      ...{ tenant: at % 2 === 0 ? 'default' : undefined, mustChange: at % 5 === 0, disabled: at % 7 === 1 },
      ...{ createdAt: new Date(), lastSignInAt: at % 4 === 0 ? new Date() : undefined },
    });
  }
}

describe('accounts and tokens', { skip: noBrowser }, () => {
  for (const [index, view] of VIEWS.entries()) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`have nothing to complain of in any state: ${name}`, async () => {
      const accounts = memoryAccountStore();
      const opened = await runner.open(await runner.serve({ accounts }), view);
      const { page, admin } = opened;
      for (const [state, count] of [
        ['one', 0],
        ['some', 8],
        ['many', 500],
      ] as const) {
        if (state === 'many' && index > 0) continue;
        await addPeople(accounts, count);
        await page.goto(`${admin.address}/accounts`);
        await page.locator('tbody tr').nth(count).waitFor();
        await keepPicture(page, `accounts-${state}-${name}`);
        await assertSound(opened, `accounts: ${state} ${name}`);
      }
      await page.goto(`${admin.address}/tokens`);
      await page.locator('.empty').waitFor();
      await keepPicture(page, `tokens-${name}`);
      await assertSound(opened, `tokens ${name}`);
    });
  }

  test('an account is made with a first password, changed and blocked; the last admin cannot be', async () => {
    const opened = await runner.open(await runner.serve());
    const { page, admin } = opened;
    await page.goto(`${admin.address}/accounts`);
    await page.getByRole('button', { name: 'Make an account' }).press('Enter');
    await page.getByLabel('Name').fill('Not A Name');
    await page.getByRole('button', { name: 'Make the account' }).press('Enter');
    await page.locator('.field .fault').getByText('must be 1 to 63').waitFor();
    opened.complaints.splice(0);
    await page.getByLabel('Name').fill('dora');
    await page.getByRole('button', { name: 'Make the account' }).press('Enter');
    await page.locator('.shown-once').waitFor();
    await assertSound(opened, 'a first password');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Change: dora' }).press('Enter');
    await page.getByLabel('Role').selectOption('auditor');
    await page.getByRole('button', { name: 'Change it' }).press('Enter');
    await page.getByRole('row', { name: /dora auditor/ }).waitFor();
    await page.getByRole('button', { name: 'Block: dora' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Block dora' }).press('Enter');
    await page.getByRole('row', { name: /dora.*blocked/ }).waitFor();
    assert.equal((await admin.dependencies.accounts.find('dora'))?.disabled, true);

    await page.getByRole('button', { name: 'Delete: admin' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete admin' }).press('Enter');
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await keepPicture(page, 'accounts-last-admin');
    assert.ok(await admin.dependencies.accounts.find('admin'));
  });

  test('a token of one’s own is made, shown this once and revoked', async () => {
    const opened = await runner.open(await runner.serve());
    const { page, admin } = opened;
    await page.goto(`${admin.address}/tokens`);
    await page.getByLabel('Name').fill('nightly');
    await page.getByLabel('Valid for how many days').fill('400');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.locator('.field .fault').first().waitFor();
    opened.complaints.splice(0);
    await page.getByLabel('Valid for how many days').fill('7');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.locator('.shown-once').waitFor();
    await keepPicture(page, 'tokens-shown-once');
    await assertSound(opened, 'a token that is shown');
    await page.getByRole('button', { name: 'Revoke the token nightly' }).click();
    await page.locator('.empty').waitFor();
    assert.equal((await admin.dependencies.tokens.list('admin')).length, 0);
  });
});
