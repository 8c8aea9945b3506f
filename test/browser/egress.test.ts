// What left the company: nothing, in a sentence that says what it rests on; and something, call by call.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { memoryLogSearch } from '../../control-plane/admin/log/memory-log-search.ts';
import type { LoggedRecord } from '../../control-plane/admin/records/records.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, type OpenConsole, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

function intentOf(index: number, kind: 'local' | 'provider'): LoggedRecord {
  return {
    ...{ receipt: `imr_${String(index).padStart(26, '0')}`, kind: 'intent', time: new Date().toISOString() },
    ...{ tenant: 'default', actor: { kind: 'key', id: 'app' }, action: 'chat.completions', model: { name: 'm' } },
    target: kind === 'local' ? { kind, revision: 'r0' } : { kind, name: 'central' },
  };
}

async function sayPurpose({ page }: OpenConsole, confirm: string): Promise<void> {
  await page.getByRole('dialog').getByRole('radio').first().check();
  await page.getByRole('dialog').getByRole('textbox').fill('CASE-1');
  await page.getByRole('button', { name: confirm }).click();
}

describe('what left the company', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`is nothing, and says so: ${name}`, async () => {
      const logSearch = memoryLogSearch(() => [intentOf(0, 'local'), intentOf(1, 'local')]);
      const opened = await runner.open(await runner.serve({ logSearch }), view);
      const { page, admin } = opened;
      await page.goto(`${admin.address}/egress`);
      await sayPurpose(opened, view.language === 'fr' ? 'Consigner et rechercher' : 'Put on record and search');
      const said = view.language === 'fr' ? /^Rien n’est sorti en / : /^Nothing left in /;
      await page.getByRole('heading', { level: 1, name: said }).waitFor();
      await keepPicture(page, `egress-nothing-${name}`);
      await assertSound(opened, `nothing left ${name}`);
    });
  }

  test('is shown call by call, and the changes and reads are one click away', async () => {
    const logSearch = memoryLogSearch(() => [intentOf(0, 'local'), intentOf(1, 'provider')]);
    const opened = await runner.open(await runner.serve({ logSearch }));
    const { page, admin } = opened;
    await page.goto(`${admin.address}/egress`);
    await sayPurpose(opened, 'Put on record and search');
    await page.getByRole('heading', { level: 1, name: /^One call left in / }).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 1);
    await keepPicture(page, 'egress-one');
    await assertSound(opened, 'one call left');
    await page.getByRole('link', { name: 'Changes and reads' }).click();
    await page.waitForURL(/records\?kind=change/);
    assert.equal(await page.getByRole('link', { name: 'Changes and reads' }).getAttribute('data-status'), 'active');
  });
});
