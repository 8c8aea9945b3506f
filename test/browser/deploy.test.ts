// Will it fit? The plan before the click, the nearest change that fits, form and YAML as one value, and what is wrong
// named field by field without a request that is refused.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fakeResources } from '../../control-plane/admin/fake-dependencies.ts';
import type { Planner } from '../../control-plane/admin/resources/plan-routes.ts';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const GIB = 2 ** 30;

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

/** Fits with up to 4096 tokens of context, as a machine with too little memory would say. */
const plan: Planner = async ([resource]) => {
  const { spec, metadata } = resource as Model;
  const fits = (spec.contextTokens ?? 32_768) <= 4096;
  const told = fits
    ? { status: 'True', reason: 'EnoughMemory', message: 'One replica needs 3 GiB.' }
    : {
        status: 'False',
        reason: 'NotEnoughMemory',
        message: 'One replica needs 9 GiB, but 4 GiB are free.',
        remedy: 'Set spec.contextTokens to at most 4096.',
      };
  const condition = { type: 'Fits', ...told, lastTransitionTime: '2026-11-25T08:00:00Z' } as const;
  const status = {
    conditions: [condition] as never,
    plan: {
      weightsBytes: 2 * GIB,
      cacheBytes: (fits ? 1 : 7) * GIB,
      replicaBytes: (fits ? 3 : 9) * GIB,
      availableBytes: 4 * GIB,
      ...(fits ? {} : { shortfallBytes: 5 * GIB, nearestChange: { contextTokens: 4096 } }),
    },
  };
  return { text: '', feasible: fits, plans: [{ key: `default/${metadata.name}`, status }] };
};

describe('deploying', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    test(`has nothing to complain of: ${view.language}-${view.theme}-${view.width}`, async () => {
      const opened = await runner.open(await runner.serve({ plan }), view);
      await opened.page.goto(`${opened.admin.address}/deploy`);
      await opened.page.getByText('9 GiB').or(opened.page.getByText('9 Gio')).first().waitFor();
      await keepPicture(opened.page, `deploy-${view.language}-${view.theme}-${view.width}`);
      await assertSound(opened, 'deploy');
    });
  }

  test('shows what does not fit and the nearest change, takes it, and deploys', async () => {
    const resources = fakeResources();
    const { page, admin, complaints } = await runner.open(await runner.serve({ plan, resources }));
    await page.goto(`${admin.address}/deploy`);
    await page.getByText('It does not fit as written.').waitFor();
    await page.getByRole('button', { name: 'Use this' }).click();
    await page.getByText('It fits.').waitFor();
    assert.equal(await page.getByLabel('Context, tokens').inputValue(), '4096');
    assert.match(await page.getByLabel('The same as YAML').inputValue(), /contextTokens: 4096/);
    await page.getByRole('button', { name: 'Deploy', exact: true }).click();
    await page.waitForURL((url) => url.pathname === '/models/default/contracts');
    const stored = (await resources.get('Model', { namespace: 'default', name: 'contracts' })) as Model;
    assert.equal(stored.spec.contextTokens, 4096);
    assert.deepEqual(complaints, []);
  });

  test('names each field that is wrong with its remedy, and keeps the button shut', async () => {
    const { page, admin, complaints } = await runner.open(await runner.serve({ plan }));
    await page.goto(`${admin.address}/deploy`);
    const wrong = { Name: 'Not A Name', Source: 'ftp://x', 'Context, tokens': 'many', Replicas: '99' };
    for (const [label, value] of Object.entries(wrong)) await page.getByLabel(label).fill(value);
    for (const label of Object.keys(wrong)) {
      await page.locator('[aria-invalid=true]').and(page.getByLabel(label)).waitFor();
    }
    assert.equal(await page.getByRole('button', { name: 'Deploy', exact: true }).isDisabled(), true);
    await page.getByLabel('The same as YAML').fill('a: [1');
    await page.getByText(/line 1/).waitFor();
    assert.deepEqual(complaints, []);
  });
});
