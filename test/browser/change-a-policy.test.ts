// Change a policy safely, on the real parts: two officers in two browsers, a real PostgreSQL with the real audit log, and
// two whole gateways. One tries a rule and proposes it, the other tries it and approves, it holds on both gateways, and
// the page leads to the record, which stands in the log with its proof.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { buildConsole } from '../../control-plane/admin/console/build-console.ts';
import { readConsoleFiles } from '../../control-plane/admin/console/serve-console.ts';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { hashPassword } from '../../control-plane/admin/identity/password.ts';
import { prismaAccountStore } from '../../control-plane/admin/identity/prisma-account-store.ts';
import { startAdmin } from '../../control-plane/admin/start-admin.ts';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { findTarget } from '../../control-plane/gateway/route.ts';
import { gatewayRows } from '../../control-plane/resources/gateway-rows.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { proposalRows } from '../../control-plane/resources/proposal-rows.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import type { PrivacyPolicy } from '../../operator/api/v1alpha1/privacy-policy.ts';
import type { RunningAdmin } from '../admin/admin-harness.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { whole } from '../gateway/gateway-under-test.ts';
import {
  type GatewayOnPostgres,
  GONE_MS,
  serveModel,
  startGatewayOnPostgres,
} from '../gateway/gateways-on-postgres.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS, type View } from './console-harness.ts';

const runner = new ConsoleRunner();
const mail = `c${randomBytes(6).toString('hex')}@example.org`;
const password = `pass-${randomBytes(12).toString('hex')}`;
/** What somebody writes as their reason is text to everybody else. */
const REASON = '<img src=x onerror="document.title=1"> letters leave by mail';
let database: TemporaryDatabase;
let audit: DatabaseAuditLog;
let store: PostgresResourceStore;
let engine: ScriptedEngine;
let gateways: readonly GatewayOnPostgres[] = [];
let admin: RunningAdmin;

function policyOf(name: string): PrivacyPolicy {
  return {
    ...{ apiVersion: 'intramuros.dev/v1alpha1', kind: 'PrivacyPolicy', metadata: { name } },
    spec: { default: 'pseudonymise', keep: [], minScore: 0.5 },
  };
}

before(async () => {
  if (noBrowser !== false) return;
  database = await startTemporaryDatabase();
  audit = await openAuditLog({ database, secrets: memorySecrets(), producer: 'test' });
  await audit.start();
  store = new PostgresResourceStore({ database });
  store.start();
  engine = await startScriptedEngine();
  engine.answer(() => ({ headers: { 'content-type': 'application/json' }, pieces: [whole('ok')] }));
  await store.apply(policyOf('health'));
  await store.apply({
    ...policyOf('floor'),
    spec: { default: 'pseudonymise', entities: { FR_NIR: 'block' }, keep: [], minScore: 0.3 },
  });
  await serveModel(store, engine.url, 'health');
  await store.apply({
    ...{ apiVersion: 'intramuros.dev/v1alpha1', kind: 'Tenant', metadata: { name: 'cardiology' } },
    spec: { policyApproval: 'secondPerson', policy: 'floor', namespaces: ['default'] },
  });
  const options = { database, audit, surrogateKey: randomBytes(32) };
  gateways = [await startGatewayOnPostgres(options), await startGatewayOnPostgres(options)];
  admin = await serve();
  for (const name of ['ada', 'grace']) await makeOfficer(name);
  await runner.start();
});

after(async () => {
  await runner.stop();
  await admin?.stop();
  for (const gateway of gateways) await gateway.stop();
  await engine?.stop();
  store?.stop();
  await audit?.stop();
  await database?.stop();
});

async function serve(): Promise<RunningAdmin> {
  const dependencies = fakeDependencies();
  const { address, stop } = await startAdmin({
    ...dependencies,
    ...{ audit, records: audit.records, bundle: audit, resources: store },
    accounts: prismaAccountStore(database),
    proposals: proposalRows(database),
    tenantApprovals: async () =>
      (await store.list('Tenant')).items.map(({ metadata: { name }, spec: { policyApproval } }) => ({
        ...{ name, policyApproval },
      })),
    gateways: () => gatewayRows(database).live(GONE_MS),
    composePolicy: (tenant, model) => {
      const { policy } = findTarget({ tenant }, model, catalogOf());
      return { policy, sources: policy.sources.flatMap((name) => catalogOf().policy(name) ?? []) };
    },
    console: await readConsoleFiles(await buildConsole()),
    ...{ host: '127.0.0.1', port: 0 },
  });
  return { address, dependencies, password, stop };
}

function catalogOf() {
  const [first] = gateways;
  assert.ok(first);
  return first.catalog;
}

async function makeOfficer(name: string): Promise<void> {
  await prismaAccountStore(database).createIfAbsent({
    ...{ name, role: 'officer', source: 'local', passwordHash: await hashPassword(password), subject: undefined },
    ...{ tenant: undefined, mustChange: false, disabled: false, createdAt: new Date(), lastSignInAt: undefined },
  });
}

async function openAs(name: string, view?: View) {
  const opened = await runner.openStranger(admin, view);
  const { page } = opened;
  await page.fill('input[autocomplete=username]', name);
  await page.fill('input[type=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  return opened;
}

async function seenByEngine(): Promise<string[]> {
  const seen: string[] = [];
  for (const gateway of gateways) {
    assert.equal((await gateway.chat(`Write to ${mail}.`)).status, 200);
    seen.push(engine.calls.at(-1)?.body.messages[0]?.content as string);
  }
  return seen;
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });

describe('change a policy safely', { skip: noBrowser }, () => {
  test('try it, propose it, another officer approves it, applied 2/2, and it is on the record', async () => {
    const ada = await openAs('ada');
    await ada.page.goto(`${admin.address}/policies/health`);
    await ada.page.getByText('Generation 1, applied 2/2').waitFor();
    await ada.page.getByLabel('Try a text').fill(`Write to ${mail}.`);
    await ada.page
      .locator('.finding')
      .getByText(/^<EMAIL_1/)
      .waitFor();
    await ada.page.getByLabel('E-mail address').selectOption('mask');
    await ada.page.locator('.finding').getByText('<EMAIL>', { exact: true }).waitFor();
    await keepPicture(ada.page, 'policy-change-tried');
    await ada.page.getByRole('button', { name: 'Propose' }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByText('A tenant asks that a second person approves (cardiology)').waitFor();
    await dialog.getByText('surrogate → mask: stricter').waitFor();
    await dialog.getByText('EMAIL: mask').waitFor();
    await dialog.getByLabel('Why, for whoever approves').fill(REASON);
    await keepPicture(ada.page, 'policy-change-proposing');
    await dialog.getByRole('button', { name: 'Propose' }).click();
    await heading(ada.page, 'ada proposes to change health').waitFor();
    await ada.page.getByText('You proposed this: another officer decides on it.').waitFor();
    assert.equal(await ada.page.getByRole('button', { name: 'Approve' }).count(), 0, 'not their own');
    await ada.page.getByText(REASON).waitFor();
    assert.equal(await ada.page.locator('main img').count(), 0, 'a reason is text, whatever it holds');
    await keepPicture(ada.page, 'policy-change-own');
    await assertSound(ada, 'the proposal of whoever proposed');
    for (const seen of await seenByEngine()) assert.match(seen, /<EMAIL_1/, 'nothing holds before it is approved');

    const grace = await openAs('grace');
    await heading(grace.page, 'One thing needs you').waitFor();
    await grace.page.getByText('ada asks for a second person: a change of health').waitFor();
    await keepPicture(grace.page, 'overview-asked');
    await grace.page.goto(`${admin.address}/policies`);
    await heading(grace.page, 'One change waits for a second person').waitFor();
    await keepPicture(grace.page, 'policies-waiting');
    await assertSound(grace, 'the list with a proposal');
    await grace.page.getByRole('main').getByRole('link', { name: 'health', exact: true }).first().click();
    await heading(grace.page, 'ada proposes to change health').waitFor();
    await grace.page.getByLabel('Try a text').fill(`Write to ${mail}.`);
    await grace.page.locator('.finding').getByText('<EMAIL>', { exact: true }).waitFor();
    await keepPicture(grace.page, 'policy-change-deciding');
    await grace.page.getByRole('button', { name: 'Approve' }).click();
    const startedAtMs = performance.now();
    await grace.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await grace.page.getByText('applied on 2 of 2 gateways').waitFor();
    assert.ok(performance.now() - startedAtMs < 5000, 'seen to hold within seconds');
    for (const seen of await seenByEngine()) assert.match(seen, /<EMAIL>/);
    await heading(grace.page, 'health: changed, approved by grace').waitFor();
    await keepPicture(grace.page, 'policy-change-approved');
    await assertSound(grace, 'an approved proposal');
    // Whoever proposed sees it without asking.
    await heading(ada.page, 'health: changed, approved by grace').waitFor();

    await grace.page.getByRole('link', { name: 'On the record' }).last().click();
    await grace.page.waitForURL((url) => url.pathname.startsWith('/records/'));
    const receipt = new URL(grace.page.url()).pathname.split('/').at(-1) ?? '';
    const found = await audit.records.find(receipt);
    assert.deepEqual(found?.record.actor, { kind: 'account', id: 'grace' });
    assert.equal((found?.record['proposal'] as { step: string } | undefined)?.step, 'approve');
    await grace.page.locator('main pre', { hasText: '"step": "approve"' }).waitFor({ state: 'attached' });
    await keepPicture(grace.page, 'policy-change-record');
    assert.deepEqual([ada.complaints, grace.complaints], [[], []]);
  });

  test('the history names both, and a roll-back goes the same way', async () => {
    const { page, complaints } = await openAs('grace');
    await page.goto(`${admin.address}/policies/health`);
    await page.getByText('by ada, approved by grace').waitFor();
    await page.getByText('Compare').first().click();
    await keepPicture(page, 'policy-history');
    await page.getByRole('button', { name: 'Take generation 1 up again' }).click();
    await page.getByRole('button', { name: 'Propose' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Propose' }).click();
    await heading(page, 'grace proposes to change health').waitFor();
    await page.getByRole('button', { name: 'Withdraw' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
    await heading(page, 'health: withdrawn, nothing changed').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('who writes while somebody else changes the policy is told, and undoes nothing unseen', async () => {
    const { page, complaints } = await openAs('ada');
    await page.goto(`${admin.address}/policies/health`);
    await page.getByLabel('Person', { exact: true }).selectOption('block');
    await heading(page, 'health, changed and not applied').waitFor();
    const stored = await store.get('PrivacyPolicy', { name: 'health' });
    assert.ok(stored);
    await store.apply({ ...stored, spec: { ...stored.spec, minScore: 0.4 } });
    admin.dependencies.changes.tell('policies');
    await page.getByText('health was changed by somebody else while you wrote').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Propose' }).isDisabled(), true);
    await page.getByRole('button', { name: 'Take what holds now' }).click();
    await page.waitForFunction(() =>
      document.querySelector<HTMLTextAreaElement>('textarea.code')?.value.includes('0.4'),
    );
    assert.deepEqual(complaints, []);
  });

  for (const view of VIEWS) {
    test(`what holds for whom has nothing to complain of: ${view.language}-${view.theme}-${view.width}`, async () => {
      const name = `${view.language}-${view.theme}-${view.width}`;
      const opened = await openAs('ada', view);
      const { page } = opened;
      const { hash } = findTarget({ tenant: 'cardiology' }, 'm', catalogOf()).policy;
      await page.goto(`${admin.address}/effective-policy?tenant=cardiology&model=m`);
      await page.getByText(hash).waitFor();
      await keepPicture(page, `effective-${name}`);
      await assertSound(opened, 'what holds for whom');
      await page.goto(`${admin.address}/policies`);
      await page.locator('tbody tr').first().waitFor();
      await page.locator('details > summary').first().click();
      await page.locator('details a').first().click();
      await page.locator('.diff').first().waitFor();
      await keepPicture(page, `proposal-${name}`);
      await assertSound(opened, 'a proposal that is decided');
    });
  }
});
