// The overview and the models, in each of their states and views: nothing that a name or a message holds becomes
// markup, what is wrong comes first with its remedy, and without models the page gives the command that makes one.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ResourcePort } from '../../control-plane/admin/resources/routes.ts';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const time = '2026-11-25T08:00:00Z';

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

function modelOf(name: string, ready: boolean, message = 'It answers.'): Model {
  const failing = { reason: 'OutOfMemory', message, remedy: 'Use a smaller file.', lastTransitionTime: time } as const;
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name, namespace: 'default', generation: 2 },
    spec: { source: { uri: 'bundled://clinical-extraction' }, replicas: 1 },
    status: {
      observedGeneration: 2,
      readyReplicas: ready ? 1 : 0,
      conditions: ready
        ? [{ type: 'Ready', status: 'True', reason: 'Answers', message, lastTransitionTime: time }]
        : [
            { type: 'Fits', status: 'False', ...failing },
            { type: 'Ready', status: 'False', ...failing, reason: 'NotUp', message: 'Not up.' },
          ],
    },
  };
}

function resourcesOf(...models: Model[]): ResourcePort {
  return { list: async () => ({ items: models, resourceVersion: '1' }) } as unknown as ResourcePort;
}

const STATES: Readonly<Record<string, readonly Model[]>> = {
  empty: [],
  usual: [modelOf('extraction', true), modelOf('contracts', false, 'Out of memory while loading.')],
  many: Array.from({ length: 500 }, (_, index) => modelOf(`model-${index}`, index % 9 !== 0)),
};

describe('overview and models', { skip: noBrowser }, () => {
  for (const [index, view] of VIEWS.entries()) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`have nothing to complain of in any state: ${name}`, async () => {
      let models: readonly Model[] = [];
      const resources = { list: async () => ({ items: models, resourceVersion: '1' }) } as unknown as ResourcePort;
      const opened = await runner.open(await runner.serve({ resources }), view);
      for (const [state, those] of Object.entries(STATES)) {
        // Five hundred rows at both widths, on one screen: the overview shows the same table.
        if (state === 'many' && index > 1) continue;
        models = those;
        for (const path of state === 'many' ? ['/models'] : ['/', '/models']) {
          await opened.page.goto(opened.admin.address + path);
          await opened.page.getByRole('heading', { level: 1 }).waitFor();
          await opened.page
            .locator(state === 'empty' ? '.empty' : 'tbody tr')
            .first()
            .waitFor();
          await keepPicture(opened.page, `${path === '/' ? 'overview' : 'models'}-${state}-${name}`);
          await assertSound(opened, `${path} ${state} ${name}`);
        }
      }
    });
  }

  test('what is wrong comes first, with cause and remedy, and the title says so', async () => {
    const opened = await runner.open(await runner.serve({ resources: resourcesOf(...(STATES['usual'] ?? [])) }));
    const { page } = opened;
    await page.getByRole('heading', { level: 1, name: 'One thing needs you' }).waitFor();
    const alert = page.getByRole('alert');
    await alert.getByText('Out of memory while loading. Use a smaller file.').waitFor();
  });

  test('nothing that a name, message or policy holds becomes markup', async () => {
    const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    const opened = await runner.open(
      await runner.serve({ resources: resourcesOf(modelOf('contracts', false, hostile)) }),
    );
    await opened.page.getByText(hostile).first().waitFor();
    assert.equal(await opened.page.locator('main img, main script').count(), 0);
    assert.deepEqual(opened.complaints, []);
  });

  test('a failure says what to do, and the retry brings the models', async () => {
    let broken = true;
    const resources = {
      list: async () => {
        if (broken) throw new Error('the database is away');
        return { items: [modelOf('extraction', true)], resourceVersion: '1' };
      },
    } as unknown as ResourcePort;
    const { page } = await runner.open(await runner.serve({ resources }));
    const retry = page.getByRole('button', { name: 'Try again' });
    await retry.waitFor({ timeout: 30_000 });
    broken = false;
    await retry.click();
    await page.getByRole('rowheader', { name: 'extraction' }).waitFor();
  });
});
