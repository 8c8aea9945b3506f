import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INTERNAL_POLICY } from '../policy/effective-policy.ts';
import { tenantsByName } from '../policy/tenant-facts.ts';
import type { Replica, ServedModel } from './catalog.ts';
import { lineOf } from './fake-line.ts';
import { createPlaces } from './places.ts';
import { findTarget } from './route.ts';

const digest = (of: string) => `sha256:${of.repeat(64)}`;
const letters = { name: 'letters', id: 1, scale: 0.5, digest: digest('a') };

function replica(url: string, adapters?: Replica['adapters']): Replica {
  return { url, revision: 'r', places: createPlaces(1), ...(adapters === undefined ? {} : { adapters }) };
}

function catalogOf(model: Partial<ServedModel>) {
  const whole: ServedModel = {
    ...{ namespace: 'default', name: 'm', generation: 1, weightsDigest: undefined, policyName: 'internal' },
    ...{ answerSchema: undefined, ready: true, reason: undefined, createdAtS: 0, replicas: [] },
    line: lineOf(model.replicas ?? []),
    ...model,
  };
  return {
    model: (tenant: string, name: string) => (tenant === 'default' && name === 'm' ? whole : undefined),
    policy: () => INTERNAL_POLICY,
    tenant: (name: string) => tenantsByName([]).get(name),
  };
}

test('a name with an adapter leads to the replicas that have it loaded, under their number for it', () => {
  const replicas = [replica('1'), replica('2', [letters]), replica('3', [{ ...letters, name: 'other' }, letters])];
  const catalog = catalogOf({ adapters: [{ name: 'letters', ready: true }], replicas });
  const target = findTarget({ tenant: 'default' }, 'm:letters', catalog);
  assert.equal(target.name, 'm:letters');
  assert.deepEqual(target.adapter, letters);
  assert.deepEqual(
    target.model.replicas.map(({ url }) => url),
    ['2', '3'],
  );
  const base = findTarget({ tenant: 'default' }, 'm', catalog);
  assert.equal(base.adapter, undefined);
  assert.equal(base.model.replicas.length, 3);
});

test('replicas that call it by another number, or have it in another version, are left to the next attempt', () => {
  const [renumbered, stronger, newer] = [
    { ...letters, id: 0 },
    { ...letters, scale: 1 },
    { ...letters, digest: digest('b') },
  ];
  for (const other of [renumbered, stronger, newer]) {
    const replicas = [replica('1', [letters]), replica('2', [other])];
    const { model } = findTarget(
      { tenant: 'default' },
      'm:letters',
      catalogOf({ adapters: [{ name: 'letters', ready: true }], replicas }),
    );
    assert.deepEqual(
      model.replicas.map(({ url }) => url),
      ['1'],
    );
  }
});

test('an adapter that the spec does not name is not found, though a process may still hold it', () => {
  const catalog = catalogOf({ adapters: [{ name: 'other', ready: true }], replicas: [replica('1', [letters])] });
  for (const name of ['m:letters', 'm:', 'm:other:letters', 'x:other', 'm:constructor']) {
    assert.throws(
      () => findTarget({ tenant: 'default' }, name, catalog),
      (error: { code?: string; remedy?: string }) =>
        error.code === 'model_not_found' && error.remedy === 'GET /v1/models lists those that there are.',
      name,
    );
  }
  assert.throws(() => findTarget({ tenant: 'other' }, 'm:other', catalog), { code: 'model_not_found' });
});

test('an adapter that cannot be used is refused in the words of its status, not answered by the model without it', () => {
  const adapters = [{ name: 'letters', ready: false, message: 'The file does not exist.' }];
  assert.throws(
    () => findTarget({ tenant: 'default' }, 'm:letters', catalogOf({ adapters, replicas: [replica('1', [letters])] })),
    (error: { code?: string; detail?: string }) =>
      error.code === 'model_not_ready' &&
      error.detail === 'The adapter letters of m is not ready: The file does not exist.',
  );
  const pending = [{ name: 'letters', ready: false, pending: true }];
  assert.throws(
    () => findTarget({ tenant: 'default' }, 'm:letters', catalogOf({ adapters: pending, replicas: [replica('1')] })),
    {
      code: 'model_not_ready',
    },
  );
  const coldStart = { maxQueued: 1, maxWaitMs: 1 };
  assert.equal(
    findTarget({ tenant: 'default' }, 'm:letters', catalogOf({ adapters: pending, coldStart })).adapterName,
    'letters',
  );
  assert.throws(() => findTarget({ tenant: 'default' }, 'm:letters', catalogOf({ adapters, coldStart })), {
    code: 'model_not_ready',
  });
  const ready = [{ name: 'letters', ready: true }];
  assert.throws(
    () => findTarget({ tenant: 'default' }, 'm:letters', catalogOf({ adapters: ready, replicas: [replica('1')] })),
    {
      code: 'model_not_ready',
    },
  );
});
