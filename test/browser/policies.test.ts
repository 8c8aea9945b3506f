// Change a policy safely: an officer writes a rule, tries it on a text before anybody is under it, sees what changes,
// applies it, and finds it on the record and in the history. Others read and cannot change.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { fakeResources } from '../../control-plane/admin/fake-dependencies.ts';
import { hashPassword } from '../../control-plane/admin/identity/password.ts';
import type { ResourcePort } from '../../control-plane/admin/resources/routes.ts';
import { fail } from '../../control-plane/errors.ts';
import type { Kind } from '../../operator/api/resource.ts';
import type { PrivacyPolicy } from '../../operator/api/v1alpha1/privacy-policy.ts';
import type { RunningAdmin } from '../admin/admin-harness.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const mail = `c${randomBytes(6).toString('hex')}@example.org`;
const kept = fakeResources();
/** Instead of what is kept, where a test says so. */
let shown: 'kept' | 'never' | 'broken' | readonly PrivacyPolicy[] = 'kept';
const resources = {
  ...kept,
  list: async (kind: Kind) => {
    if (kind !== 'PrivacyPolicy' || shown === 'kept') return kept.list(kind);
    if (shown === 'broken') throw fail('database_unavailable', { detail: 'The database does not answer.' });
    if (shown === 'never') return new Promise<never>(() => {});
    return { items: shown, resourceVersion: '1' };
  },
} as ResourcePort;
let admin: RunningAdmin;

function policyOf(name: string, action: 'mask' | 'pseudonymise'): PrivacyPolicy {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'PrivacyPolicy',
    metadata: { name },
    spec: { default: 'pseudonymise', entities: { EMAIL: action }, keep: [], minScore: 0.5 },
  };
}

before(async () => {
  if (noBrowser !== false) return;
  await runner.start();
  await resources.apply(policyOf('health', 'pseudonymise'));
  await resources.apply(policyOf('health', 'mask'));
  admin = await runner.serve({ resources });
});
after(() => runner.stop());

async function openAsOfficer() {
  const password = randomBytes(12).toString('hex');
  const name = `officer-${randomBytes(3).toString('hex')}`;
  const passwordHash = await hashPassword(password);
  await admin.dependencies.accounts.createIfAbsent({
    ...{ name, role: 'officer', source: 'local', passwordHash, subject: undefined, tenant: undefined },
    ...{ mustChange: false, disabled: false, createdAt: new Date(), lastSignInAt: undefined },
  });
  const opened = await runner.openStranger(admin);
  await opened.page.fill('input[autocomplete=username]', name);
  await opened.page.fill('input[type=password]', password);
  await opened.page.keyboard.press('Enter');
  await opened.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  return { ...opened, name };
}

const HEADINGS = { en: '2 policies say what models may see', fr: '2 politiques disent ce que voient les modèles' };

describe('policies', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    test(`have nothing to complain of: ${view.language}-${view.theme}-${view.width}`, async () => {
      const opened = await runner.open(admin, view);
      const { page } = opened;
      const name = `${view.language}-${view.theme}-${view.width}`;
      await page.goto(`${admin.address}/policies`);
      await page.getByRole('heading', { level: 1, name: HEADINGS[view.language] }).waitFor();
      await keepPicture(page, `policies-${name}`);
      await assertSound(opened, 'list');
      await page.goto(`${admin.address}/policies/health`);
      await page.locator('textarea').first().fill(`Écrire à ${mail}.`);
      await page.locator('.finding').first().waitFor();
      await keepPicture(page, `policy-${name}`);
      await assertSound(opened, 'policy');
    });
  }

  for (const view of VIEWS) {
    test(`are shown in every state: ${view.language}-${view.theme}-${view.width}`, async (t) => {
      t.after(() => {
        shown = 'kept';
      });
      const name = `${view.language}-${view.theme}-${view.width}`;
      const opened = await runner.open(admin, view);
      const { page, complaints } = opened;
      const many = Array.from({ length: 500 }, (_, index) => policyOf(`policy-${index}`, 'mask'));
      for (const [state, policies, sign] of [
        ['empty', [], '.empty pre'],
        ['many', many, 'tbody tr:nth-child(501)'],
        ['loading', 'never', 'main p[role=status]:not(:empty)'],
        ['broken', 'broken', '[role=alert] button'],
      ] as const) {
        shown = policies;
        await page.goto(`${admin.address}/policies`);
        await page.locator(sign).first().waitFor({ timeout: 30_000 });
        await keepPicture(page, `policies-${state}-${name}`);
        // That the database is away is the one thing to complain of.
        const expected = complaints.filter((each) => state === 'broken' && /503/.test(each));
        for (const each of expected) complaints.splice(complaints.indexOf(each), 1);
        await assertSound(opened, state);
      }
    });
  }

  test('an officer tries a rule, applies it, and it is on the record', async () => {
    const { page, complaints, name } = await openAsOfficer();
    await page.goto(`${admin.address}/policies/health`);
    await page.getByLabel('Try a text').fill(`Write to ${mail}.`);
    await page.locator('.finding').getByText('<EMAIL>', { exact: true }).waitFor();
    await page.getByLabel('E-mail address').selectOption('block');
    await page.getByText('Nothing: the request would be refused.').waitFor();
    await page.getByRole('heading', { level: 1, name: 'health, changed and not applied' }).waitFor();
    const stored = async () =>
      (await resources.get('PrivacyPolicy', { name: 'health' })) as PrivacyPolicy & {
        metadata: { generation: number };
      };
    assert.equal((await stored()).spec.entities?.EMAIL, 'mask', 'nothing holds before it is applied');
    await page.getByRole('button', { name: 'Apply' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('EMAIL: block').waitFor();
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Generation 3', { exact: true }).waitFor();
    assert.equal((await stored()).spec.entities?.EMAIL, 'block');
    const drafts = admin.dependencies.audit.drafts.filter(({ action }) => action === 'policy.apply');
    assert.deepEqual(drafts[0]?.actor, { kind: 'account', id: name });
    assert.deepEqual(drafts[0]?.['object'], { kind: 'PrivacyPolicy', name: 'health' });
    assert.ok(!JSON.stringify(admin.dependencies.audit.drafts).includes(mail), 'what was tried is not recorded');
    assert.deepEqual(complaints, []);
  });

  test('an admin reads and cannot change; the built-in policy says why nobody can', async () => {
    const { page, complaints } = await runner.open(admin);
    await page.goto(`${admin.address}/policies/health`);
    await page.getByLabel('E-mail address').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Apply' }).count(), 0);
    assert.equal(await page.getByLabel('E-mail address').isDisabled(), true);
    await page.goto(`${admin.address}/policies/internal`);
    await page.getByText('The built-in policy cannot be changed').waitFor();
    assert.deepEqual(complaints, []);
  });
});
