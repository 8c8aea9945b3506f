// Who sits where: the machine, what is free, and its models; nothing there says how to begin.

import { after, before, describe, test } from 'node:test';
import type { ResourcePort } from '../../control-plane/admin/resources/routes.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();

before(async () => {
  if (noBrowser === false) await runner.start();
});
after(() => runner.stop());

function seats(count: number): ResourcePort {
  const items = Array.from({ length: count }, (_, index) => ({
    kind: 'Model',
    metadata: { namespace: 'default', name: `model-${index}`, generation: 1 },
    spec: { source: { uri: 'bundled://clinical-extraction' } },
    status: { replicas: 1, plan: { replicaBytes: 256 * 2 ** 20 } },
  }));
  return { list: async () => ({ items, resourceVersion: '1' }) } as unknown as ResourcePort;
}

describe('nodes', { skip: noBrowser }, () => {
  for (const [index, view] of VIEWS.entries()) {
    const count = [0, 3, 500, 1][index] ?? 1;
    test(`have nothing to complain of: ${count} models, ${view.language}-${view.theme}-${view.width}`, async () => {
      const opened = await runner.open(await runner.serve({ resources: seats(count) }), view);
      await opened.page.goto(`${opened.admin.address}/nodes`);
      await opened.page.getByRole('heading', { name: 'here' }).waitFor();
      await keepPicture(opened.page, `nodes-${count}-${view.language}-${view.theme}-${view.width}`);
      await assertSound(opened, 'nodes');
    });
  }
});
