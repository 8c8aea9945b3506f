// Tenants and keys, in each of their states and views: a key is made, shown once, used by its line, replaced and revoked;
// a tenant is set up by the admin and ruled by the officer, and what is wrong is told at its field.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fakeResources } from '../../control-plane/admin/fake-dependencies.ts';
import type { ApiKeyRow, KeyService } from '../../control-plane/admin/keys/key-service.ts';
import type { Tenant, TenantSpec } from '../../operator/api/v1alpha1/tenant.ts';
import { signedInAs } from '../admin/admin-harness.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, type OpenConsole, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

function tenantOf(name: string, spec: Partial<TenantSpec> = {}): Tenant {
  const apiVersion = 'intramuros.dev/v1alpha1';
  return { apiVersion, kind: 'Tenant', metadata: { name }, spec: { policyApproval: 'none', ...spec } };
}

function rowOf(at: number, changes: Partial<ApiKeyRow> = {}): ApiKeyRow {
  return {
    ...{ id: `id-${at}`, name: `app-${at}`, tenant: 'cardiology', dataClass: 'confidential' },
    ...{ prefix: `im_${String(at).padStart(8, '0')}`, createdBy: 'admin', models: [], replacedBy: undefined },
    ...{ createdAt: new Date(), expiresAt: undefined, revokedAt: undefined, lastUsedAt: undefined },
    ...{ requestsPerMinute: undefined, tokensPerMinute: undefined },
    ...changes,
  };
}

const soon = new Date(Date.now() + 86_400_000);
const USUAL: readonly ApiKeyRow[] = [
  rowOf(1, { name: 'discharge-letters', models: ['clinical-extraction', 'clinical-extraction:letters'] }),
  rowOf(2, { requestsPerMinute: 600, tokensPerMinute: 1_000_000, expiresAt: soon, lastUsedAt: new Date() }),
  rowOf(3, { expiresAt: soon, replacedBy: 'im_00000001' }),
  rowOf(4, { revokedAt: new Date() }),
];
const STATES: Readonly<Record<string, { readonly tenants: readonly Tenant[]; readonly keys: readonly ApiKeyRow[] }>> = {
  empty: { tenants: [], keys: [] },
  usual: {
    tenants: [
      tenantOf('cardiology', { policy: 'internal', requestsPerMinute: 1200, policyApproval: 'secondPerson' }),
      tenantOf('legal', { namespaces: ['legal', 'shared'], entitlements: { leastClass: 'restricted' } }),
    ],
    keys: USUAL,
  },
  many: {
    tenants: Array.from({ length: 500 }, (_, at) => tenantOf(`tenant-${at}`)),
    keys: Array.from({ length: 500 }, (_, at) => rowOf(at)),
  },
};

describe('tenants and keys', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`have nothing to complain of in any state: ${name}`, async () => {
      let state: { readonly tenants: readonly Tenant[]; readonly keys: readonly ApiKeyRow[] } | undefined;
      const resources = {
        ...fakeResources(),
        list: async (kind: string) => ({
          items: kind === 'Tenant' ? (state?.tenants ?? []) : [],
          resourceVersion: '1',
        }),
      } as unknown as ReturnType<typeof fakeResources>;
      const keys = {
        list: async ({ limit }: { limit: number }) => {
          if (state === undefined) throw new Error('the database is away');
          return state.keys.slice(0, limit);
        },
      } as unknown as KeyService;
      const opened = await runner.open(await runner.serve({ resources, keys }), view);
      for (const [key, those] of Object.entries(STATES)) {
        state = those;
        // Five hundred rows once: the two tables are built alike.
        for (const path of key === 'many' ? ['/keys'] : ['/tenants', '/keys']) {
          await opened.page.goto(opened.admin.address + path);
          const wanted = key === 'empty' ? '.empty' : 'tbody tr';
          await opened.page.locator(wanted).first().waitFor();
          await keepPicture(opened.page, `${path.slice(1)}-${key}-${name}`);
          await assertSound(opened, `${path} ${key} ${name}`);
        }
      }
    });
  }

  test('a key is made, shown this once, replaced and revoked, each by keyboard and with its consequence on the button', async () => {
    const opened = await runner.open(await runner.serve());
    const { page } = opened;
    await page.goto(`${opened.admin.address}/keys`);
    await page.getByRole('button', { name: 'Make a key' }).press('Enter');
    await page.getByLabel('What uses it').fill('a b');
    await page.getByRole('button', { name: 'Make the key' }).press('Enter');
    await page.locator('.field .fault').getByText('must be 1 to 63 letters').waitFor();
    await keepPicture(page, 'keys-new-wrong');
    await page.getByLabel('What uses it').fill('letters');
    await page.getByLabel('Valid for how many days').fill('many');
    // That the name was wrong is expected; nothing else may be complained of.
    opened.complaints.splice(0);
    await page.getByRole('button', { name: 'Make the key' }).press('Enter');
    await page.locator('.field .fault').getByText('must be a moment').waitFor();
    opened.complaints.splice(0);
    await page.getByLabel('Valid for how many days').fill('30');
    await page.getByLabel('Requests a minute').fill('60');
    await page.getByRole('button', { name: 'Make the key' }).press('Enter');
    const shown = page.locator('.shown-once');
    await shown.waitFor();
    const text = (await shown.textContent()) ?? '';
    assert.match(text, /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/);
    await keepPicture(page, 'keys-shown-once');
    await assertSound(opened, 'a key that is shown');
    await page.reload();
    await page.getByRole('rowheader', { name: 'letters' }).waitFor();
    assert.ok(!(await page.content()).includes(text.slice(12)), 'the key is shown again');

    await page.getByRole('button', { name: 'Replace the key letters' }).press('Enter');
    await page.getByRole('button', { name: 'Make the new key' }).press('Enter');
    await shown.waitFor();
    await page.getByText('replaced, valid until').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Revoke the key letters' }).first().press('Enter');
    const revoke = page.getByRole('dialog').getByRole('button', { name: 'Revoke the key of letters' });
    await keepPicture(page, 'keys-revoke');
    await assertSound(opened, 'the question before the end of a key');
    await revoke.press('Enter');
    await page.getByText('revoked').first().waitFor();
  });

  test('the admin sets a tenant up, the officer rules it, and each is told whose field a field is', async () => {
    const opened = await runner.open(await runner.serve());
    const { page, admin } = opened;
    await page.goto(`${admin.address}/new-tenant`);
    await page.getByLabel('Name', { exact: true }).fill('Lab A');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.field .fault').first().waitFor();
    opened.complaints.splice(0);
    await page.getByLabel('Name', { exact: true }).fill('lab');
    await page.getByLabel('Requests a minute').fill('ten');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.field .fault').getByText('must be an integer').waitFor();
    opened.complaints.splice(0);
    await page.getByLabel('Requests a minute').fill('10');
    assert.equal(await page.getByLabel('Floor policy').isDisabled(), true);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'The tenant lab' }).waitFor();
    await keepPicture(page, 'tenant-admin');
    await assertSound(opened, 'a tenant as the admin sees it');

    const officer = await openAs(opened, 'officer');
    await officer.goto(`${admin.address}/tenants/lab`);
    await officer.getByLabel('Data class at least').selectOption('restricted');
    assert.equal(await officer.getByLabel('Requests a minute').isDisabled(), true);
    await officer.getByRole('button', { name: 'Save' }).click();
    await page.waitForFunction(() => document.querySelector<HTMLSelectElement>('select:disabled') !== null);
    const kept = await admin.dependencies.resources.get('Tenant', { name: 'lab' });
    assert.deepEqual([kept?.spec.entitlements?.leastClass, kept?.spec.requestsPerMinute], ['restricted', 10]);
  });
});

/** Another person, in a browser of their own. */
async function openAs({ page, admin }: OpenConsole, role: 'officer') {
  const browser = await signedInAs(admin, role);
  const context = await page.context().browser()?.newContext();
  if (context === undefined) throw new Error('the browser is gone');
  const { hostname: domain } = new URL(admin.address);
  const cookies = [...browser.cookies].map(([name, value]) => ({ name, value, domain, path: '/' }));
  await context.addCookies(cookies);
  return context.newPage();
}
