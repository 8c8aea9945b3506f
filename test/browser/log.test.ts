// Searching the log in the console: a purpose first, filters in the address, a list of any length, and what is said when
// there is nothing, when it fails, and when a record was changed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { memoryLogSearch } from '../../control-plane/admin/log/memory-log-search.ts';
import type { LogSearcher } from '../../control-plane/admin/log/search-routes.ts';
import type { LoggedRecord } from '../../control-plane/admin/records/records.ts';
import { fail } from '../../control-plane/errors.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, type OpenConsole, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const receiptOf = (index: number) => `imr_${String(index).padStart(26, '0')}`;

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

const TENANTS = ['cardiology', 'radiology', 'research'] as const;

function recordOf(index: number): LoggedRecord {
  const receipt = receiptOf(index);
  const time = new Date(Date.parse('2026-11-20T08:00:00Z') + index * 61_000).toISOString();
  const key = `0190c5f0-0000-7000-8000-00000000000${(index >> 1) % 4}`;
  const tenant = TENANTS[(index >> 1) % 3] ?? '-';
  const base = { receipt, time, tenant, actor: { kind: 'key', id: key }, action: 'chat.completions' };
  const code = index % 18 === 1 ? 'engine_failed' : 'answered';
  if (index % 2 === 1) return { ...base, kind: 'outcome', intent: receiptOf(index - 1), outcome: { ok: true, code } };
  const policy = { name: 'internal+floor', hash: 'sha256:0' };
  return {
    ...base,
    kind: 'intent',
    model: { name: 'clinical-extraction' },
    policy,
    redactions: { PERSON: 2, FR_NIR: 1 },
  };
}

/** A log of as many records as `count` says, in which the newest outcome was changed and the one before is gone. */
function searcherOf(count: () => number): LogSearcher {
  const search = memoryLogSearch(() => Array.from({ length: count() }, (_, index) => recordOf(index)));
  const states = { 1: 'changed', 3: 'gone' } as const;
  return {
    ...search,
    page: async (options) => {
      const page = await search.page(options);
      const hits = page.hits.map((hit) => {
        const state = states[(count() - hit.index) as keyof typeof states] ?? 'intact';
        return state === 'gone' ? { ...hit, state, facts: undefined, code: undefined } : { ...hit, state };
      });
      return { ...page, hits };
    },
  };
}

async function sayPurpose({ page }: OpenConsole, confirm: string): Promise<void> {
  await page.getByRole('dialog').waitFor();
  await page.getByRole('dialog').getByRole('radio').nth(1).check();
  await page.getByRole('dialog').getByRole('textbox').fill('CASE-12');
  await page.getByRole('button', { name: confirm }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

describe('searching the log', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`has nothing to complain of in any state: ${name}`, async () => {
      let count = 0;
      let fails = false;
      const search = searcherOf(() => count);
      const logSearch: LogSearcher = {
        ...search,
        page: async (options) => {
          if (fails) throw fail('database_unavailable', { detail: 'The database does not answer.', retryAfterS: 2 });
          return search.page(options);
        },
      };
      const opened = await runner.open(await runner.serve({ logSearch }), view);
      const { page, admin, complaints } = opened;
      await page.goto(`${admin.address}/records`);
      await page.getByRole('dialog').waitFor();
      await keepPicture(page, `log-purpose-${name}`);
      await assertSound(opened, `purpose ${name}`);
      await sayPurpose(opened, view.language === 'fr' ? 'Consigner et rechercher' : 'Put on record and search');
      await page.locator('.empty pre').waitFor();
      await assertSound(opened, `no record ${name}`);
      count = 500;
      await page.goto(`${admin.address}/records`);
      await page.locator('tbody tr').nth(8).waitFor();
      await keepPicture(page, `log-${name}`);
      await assertSound(opened, `500 records ${name}`);
      await page.goto(`${admin.address}/records?tenant=radiology&code=nothing`);
      await page.locator('.empty').waitFor();
      await page.locator('summary').last().click();
      await keepPicture(page, `log-nothing-${name}`);
      await assertSound(opened, `nothing found ${name}`);
      fails = true;
      await page.goto(`${admin.address}/records?tenant=research`);
      await page.getByRole('alert').waitFor();
      const failures = complaints.splice(0);
      assert.ok(failures.length > 0 && failures.every((each) => each.includes('503')), 'it was told that it fails');
      await keepPicture(page, `log-failed-${name}`);
      await assertSound(opened, `a failure ${name}`);
    });
  }

  test('a purpose is asked once; filters are in the address, by keyboard; changed and removed records say so', async () => {
    const admin = await runner.serve({ logSearch: searcherOf(() => 500) });
    const opened = await runner.open(admin);
    const { page } = opened;
    await page.goto(`${admin.address}/records`);
    await sayPurpose(opened, 'Put on record and search');
    await page.getByText('changed since').waitFor();
    await page.locator('tbody').getByText('gone', { exact: true }).waitFor();
    await page.getByLabel('Result', { exact: true }).fill('engine_failed');
    await page.keyboard.press('Enter');
    await page.waitForURL(/code=engine_failed/);
    await page.getByText('28 records, all of them here').waitFor();
    const { audit } = admin.dependencies;
    const searches = audit.drafts.filter(({ action, search }) => action === 'log.search' && search !== undefined);
    assert.deepEqual(searches.at(-1)?.['purpose'], { kind: 'incident', reference: 'CASE-12' });
    assert.match(JSON.stringify(searches.at(-1)?.['search']), /"code":"engine_failed"/);
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.waitForURL((url) => url.search === '');
    await page.locator('tbody tr').nth(8).waitFor();
    assert.deepEqual(opened.complaints, []);
  });

  test('a list of thousands keeps few rows in the page and goes on as it is scrolled; a receipt leads to its record', async () => {
    const opened = await runner.open(await runner.serve({ logSearch: searcherOf(() => 4_000) }));
    const { page, admin } = opened;
    await page.goto(`${admin.address}/records`);
    await sayPurpose(opened, 'Put on record and search');
    await page.locator('tbody tr').nth(8).waitFor();
    const rows = page.locator('.record-rows');
    let most = 0;
    for (let at = 0; at < 40; at += 1) {
      await rows.evaluate((place) => place.scrollBy(0, 2_400));
      most = Math.max(most, await page.locator('tbody tr').count());
      if ((await page.getByText('1,200 records so far').count()) > 0) break;
      await page.waitForTimeout(50);
    }
    await page.getByText(/[1-4],\d00 records so far/).waitFor();
    assert.ok(most < 80, `${most} rows in the page`);
    const link = page.locator('td.receipt a').nth(20);
    const receipt = await link.textContent();
    await link.click();
    await page.waitForURL(new RegExp(`/records/${receipt}`));
  });
});
