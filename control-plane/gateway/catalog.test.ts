import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { Catalog } from './catalog.ts';
import { listModels } from './list-models.ts';

async function startCatalog(first: readonly Model[]) {
  let take: (models: readonly Model[]) => void = () => undefined;
  const catalog = new Catalog({
    watchModels: async (onSnapshot) => {
      take = onSnapshot;
      onSnapshot(first);
    },
    watchPolicies: async (onSnapshot) => onSnapshot([]),
    watchTenants: async (onSnapshot) => onSnapshot([]),
  });
  await catalog.start();
  return { catalog, take: (models: readonly Model[]) => take(models) };
}

function modelOf(
  name: string,
  slots?: number,
  { namespace = 'default', ready = true, created = '2026-01-01' } = {},
): Model {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name, namespace, creationTimestamp: `${created}T00:00:00Z` },
    spec: { source: { uri: 'bundled://m' }, replicas: 1 },
    status: slots === undefined ? {} : { endpoints: [{ url: `http://${name}`, revision: 'r', ready, slots }] },
  };
}

test('places outlive a snapshot, and a new number of slots', async () => {
  const { catalog, take } = await startCatalog([modelOf('m', 2)]);
  const places = () => catalog.model('default', 'm')?.replicas[0]?.places;
  const release = places()?.tryTake();
  take([modelOf('m', 2)]);
  assert.equal(places()?.busy, 1);
  take([modelOf('m', 1)]);
  assert.equal(places()?.busy, 1);
  assert.equal(places()?.tryTake(), undefined);
  take([]);
  assert.equal(catalog.model('default', 'm'), undefined);
  take([modelOf('m', 1)]);
  assert.equal(places()?.busy, 1, 'it went and came back, the request is still in flight');
  release?.();
  assert.equal(places()?.busy, 0);
});

test('an endpoint that is not ready is no replica, and a policy that is not there is none', async () => {
  const { catalog } = await startCatalog([modelOf('m', 2, { ready: false })]);
  assert.deepEqual(catalog.model('default', 'm')?.replicas, []);
  assert.equal(catalog.policy('internal')?.name, 'internal');
  assert.equal(catalog.policy('gone'), undefined);
});

test('the list of models holds those of the own tenant, oldest first; a name that cannot be read is not found', async () => {
  const { catalog } = await startCatalog([
    modelOf('b', 1, { created: '2026-01-02' }),
    modelOf('a', 1),
    modelOf('theirs', 1, { namespace: 'other' }),
  ]);
  const list = listModels('/v1/models', { tenant: 'default' }, catalog) as { data: { id: string; object: string }[] };
  assert.deepEqual(
    list.data.map(({ id, object }) => [id, object]),
    [
      ['a', 'model'],
      ['b', 'model'],
    ],
  );
  assert.deepEqual((listModels('/v1/models/a', { tenant: 'default' }, catalog) as { id: string }).id, 'a');
  for (const name of ['theirs', 'gone', '', '%E0%A4%A', '..%2Fother%2Ftheirs']) {
    assert.throws(() => listModels(`/v1/models/${name}`, { tenant: 'default' }, catalog), { code: 'model_not_found' });
  }
});
