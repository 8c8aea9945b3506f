// The log and one record of it: in each view, with nothing and with many, and a record that does not exist.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LoggedRecord, RecordReader } from '../../control-plane/admin/records/records.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const receiptOf = (index: number) => `imr_${String(index).padStart(26, '0')}`;

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

function recordOf(index: number): LoggedRecord {
  const receipt = receiptOf(index);
  const base = { receipt, time: '2026-11-25T08:00:00Z', tenant: 'default', actor: { kind: 'key', id: 'app' } };
  if (index % 2 === 1)
    return {
      ...base,
      kind: 'outcome',
      action: 'chat.completions',
      intent: receiptOf(index - 1),
      outcome: { code: 'answered' },
    };
  return { ...base, kind: 'intent', action: 'chat.completions', model: { name: 'extraction' } };
}

function readerOf(count: () => number): RecordReader {
  return {
    find: async (receipt) => {
      const index = Number(receipt.slice(4));
      if (index >= count()) return undefined;
      const proof = { index, text: 'c2sp.org/tlog-proof@v1\nindex 7\n' };
      return { record: recordOf(index), outcome: index % 2 === 0 ? recordOf(index + 1) : undefined, proof };
    },
    last: async ({ limit, before: from = '0' }) => {
      const start = Number(from);
      const records = Array.from({ length: Math.min(limit, count() - start) }, (_, at) => recordOf(start + at));
      return { records, next: start + limit < count() ? String(start + limit) : undefined };
    },
  };
}

describe('the log', { skip: noBrowser }, () => {
  for (const [index, view] of VIEWS.entries()) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`has nothing to complain of: ${name}`, async () => {
      let count = 0;
      const opened = await runner.open(await runner.serve({ records: readerOf(() => count) }), view);
      const { page, admin } = opened;
      await page.goto(`${admin.address}/records`);
      await page.locator('.empty').waitFor();
      await assertSound(opened, `no record ${name}`);
      count = index < 2 ? 500 : 6;
      await page.goto(`${admin.address}/records`);
      await page.locator('tbody tr').first().waitFor();
      await keepPicture(page, `log-${name}`);
      await assertSound(opened, `records ${name}`);
      await page.goto(`${admin.address}/records/${receiptOf(0)}`);
      await page.getByText('tlog-proof@v1').waitFor();
      await keepPicture(page, `record-${name}`);
      await assertSound(opened, `a record ${name}`);
    });
  }

  test('goes on page by page, and a record is one click away', async () => {
    const { page, admin } = await runner.open(await runner.serve({ records: readerOf(() => 500) }));
    await page.goto(`${admin.address}/records`);
    await page.locator('tbody tr').first().waitFor();
    const before = await page.locator('tbody tr').count();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.locator('tbody tr').nth(before).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 2 * before);
    await page.getByRole('link', { name: receiptOf(2) }).click();
    await page.getByRole('heading', { name: 'Record: Request' }).waitFor();
  });

  test('says what to do when no record has the receipt', async () => {
    const { page, admin } = await runner.open(await runner.serve({ records: readerOf(() => 1) }));
    await page.goto(`${admin.address}/records/${receiptOf(9)}`);
    await page.getByRole('alert').getByText('No record has this receipt.').waitFor();
  });
});
