// One model on its screen: what is wrong with its remedy, the plan, scaling decisions, revisions, and going back to one.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fakeResources } from '../../control-plane/admin/fake-dependencies.ts';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const time = '2026-11-25T08:00:00Z';
const MIB = 1024 * 1024;

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

function modelOf(name: string, replicas: number, labels: Readonly<Record<string, string>> = {}): Model {
  const remedy = 'Set spec.replicas to 1, or stop another Model.';
  const failing = { status: 'False', reason: 'NotEnoughMemory', message: '300 MiB are missing.', remedy } as const;
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name, namespace: 'default', labels },
    spec: { source: { uri: 'bundled://clinical-extraction' }, replicas },
    status: {
      observedGeneration: 1,
      conditions: [
        { type: 'SourceVerified', status: 'True', reason: 'Verified', message: 'As pinned.', lastTransitionTime: time },
        { type: 'Fits', ...failing, lastTransitionTime: time },
        { type: 'Ready', ...failing, lastTransitionTime: time },
      ],
      weights: {
        architecture: 'llama',
        parameters: 4_350_000,
        quantisation: 'Q8_0',
        digest: `sha256:${'a'.repeat(64)}`,
      },
      plan: {
        engine: 'llama-worker',
        contextTokens: 4096,
        slots: 4,
        weightsBytes: 5 * MIB,
        cacheBytes: 80 * MIB,
        computeBytes: 12 * MIB,
        programBytes: 160 * MIB,
        replicaBytes: 257 * MIB,
      },
      scaling: {
        wanted: 1,
        min: 0,
        max: 2,
        coldStart: { queued: 3, oldestSeconds: 4 },
        decisions: [
          { time, from: 0, to: 1, reason: 'Requests', message: 'Three requests wait for the first replica.' },
        ],
      },
    },
  };
}

async function serveModel(labels: Readonly<Record<string, string>> = {}) {
  const resources = fakeResources();
  await resources.apply(modelOf('contracts', 1, labels));
  await resources.apply(modelOf('contracts', 2, labels));
  return { admin: await runner.serve({ resources }), resources };
}

const PATH = '/models/default/contracts';

describe('a model', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    test(`has nothing to complain of: ${view.language}-${view.theme}-${view.width}`, async () => {
      const { admin } = await serveModel();
      const opened = await runner.open(admin, view);
      await opened.page.goto(admin.address + PATH);
      await opened.page.getByText('Three requests wait for the first replica.').waitFor();
      await keepPicture(opened.page, `model-${view.language}-${view.theme}-${view.width}`);
      await assertSound(opened, PATH);
    });
  }

  test('shows what a condition says as text, whatever it holds', async () => {
    const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script> are missing.';
    const model = modelOf('contracts', 1);
    const conditions = (model.status?.conditions ?? []).map((each) => ({ ...each, message: hostile, remedy: hostile }));
    const resources = fakeResources();
    await resources.apply({ ...model, status: { ...model.status, conditions } });
    const opened = await runner.open(await runner.serve({ resources }));
    const { page } = opened;
    await page.goto(opened.admin.address + PATH);
    await page.getByText(hostile).first().waitFor();
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.match(await page.title(), / · Intramuros$/);
    assert.deepEqual(opened.complaints, []);
  });

  test('goes back to what was asked for before, after showing the change', async () => {
    const { admin, resources } = await serveModel();
    const { page } = await runner.open(admin);
    await page.goto(admin.address + PATH);
    await page.getByText('Compare').click();
    await page.getByText('- replicas: 2').first().waitFor();
    await page.getByText('+ replicas: 1').first().waitFor();
    await page.getByRole('button', { name: 'Go back to generation 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go back to generation 1' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const stored = (await resources.get('Model', { namespace: 'default', name: 'contracts' })) as Model;
    assert.equal(stored.spec.replicas, 1);
  });

  test('that Argo CD keeps cannot be changed here, and says so', async () => {
    const { admin } = await serveModel({ 'argocd.argoproj.io/instance': 'models' });
    const { page } = await runner.open(admin);
    await page.goto(admin.address + PATH);
    await page.getByText('Argo CD keeps this resource').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Delete' }).count(), 0);
    await page.getByText('Compare').click();
    assert.equal(await page.getByRole('button', { name: /Go back/ }).count(), 0);
  });

  test('is deleted only after the button said what that means', async () => {
    const { admin, resources } = await serveModel();
    const { page } = await runner.open(admin);
    await page.goto(admin.address + PATH);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete contracts' }).click();
    await page.waitForURL((url) => url.pathname === '/models');
    assert.equal(await resources.get('Model', { namespace: 'default', name: 'contracts' }), undefined);
  });
});
