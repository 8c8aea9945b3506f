// System and usage: what stands as it should and what does not, who used what; nobody yet says how to begin.

import { after, before, describe, test } from 'node:test';
import { fakeSystem } from '../../control-plane/admin/fake-dependencies.ts';
import type { SystemState } from '../../control-plane/admin/system/routes.ts';
import type { UsageRow } from '../../control-plane/admin/usage/routes.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

const usage = (count: number): UsageRow[] =>
  Array.from({ length: count }, (_, n) => ({
    at: new Date().toISOString(),
    model: `model-${n % 50}`,
    tenant: `tenant-${Math.floor(n / 50)}`,
    ...{ requests: 1000 + n, errors: n % 7, promptTokens: 90_000 + n, completionTokens: 21_000 },
    ...{ durationMs: 800_000, queueMs: 9000, firstTokenMs: 70_000, firstTokens: 900 },
  }));

const BROKEN: Partial<SystemState> = {
  warnings: [
    {
      code: 'plain_http',
      message: 'Both listeners speak plain HTTP on 0.0.0.0: whoever shares that network reads keys and passwords',
      remedy: 'Let only the proxy that speaks TLS reach them, or set INTRAMUROS_TLS_CERT and INTRAMUROS_TLS_KEY.',
    },
  ],
  witness: { state: 'failed', name: 'witness.example/w1', detail: 'it has seen another log of 12 records than this' },
  certificate: { state: 'absent' },
};

describe('system and usage', { skip: noBrowser }, () => {
  for (const [index, view] of VIEWS.entries()) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`have nothing to complain of: ${name}`, async () => {
      let system = fakeSystem();
      let rows: UsageRow[] = [];
      const served = await runner.serve({ system: async () => system, usage: { read: async () => rows } });
      const opened = await runner.open(served, view);
      const { page, admin } = opened;
      await page.goto(`${admin.address}/system`);
      await page.locator('tbody tr').first().waitFor();
      await keepPicture(page, `system-good-${name}`);
      system = fakeSystem(BROKEN);
      await page.reload();
      await page.locator('.notice.attention').waitFor();
      await keepPicture(page, `system-broken-${name}`);
      await assertSound(opened, 'system');
      await page.goto(`${admin.address}/usage`);
      await page.locator('.empty').waitFor();
      await keepPicture(page, `usage-empty-${name}`);
      rows = usage([500, 3, 12, 500][index] ?? 3);
      await page.goto(`${admin.address}/usage?hours=168`);
      await page.locator('tbody tr').first().waitFor();
      await keepPicture(page, `usage-${name}`);
      await assertSound(opened, 'usage');
    });
  }
});
