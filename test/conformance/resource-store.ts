// What every ResourceStore must do, as one table: it runs on the memory store, on PostgreSQL, and later on a real API
// server. It judges by the port alone and shares no code with any store.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { API_VERSION } from '../../operator/api/metadata.ts';
import type { ResourceStore, WatchEvent } from '../../operator/api/ports.ts';
import { ResourceError, type ResourceErrorReason } from '../../operator/api/resource-error.ts';
import type { Model, ModelSpec, ModelStatus } from '../../operator/api/v1alpha1/model.ts';
import type { PrivacyPolicy } from '../../operator/api/v1alpha1/privacy-policy.ts';

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: ResourceStore;
  /** Deleted resources that it remembers; undefined where tests cannot make it forget. */
  readonly tombstones: number | undefined;
}

const key = (name: string) => ({ namespace: 'default', name });

function manifest(name: string, spec: Partial<ModelSpec> = {}, metadata: Partial<Model['metadata']> = {}): Model {
  return {
    apiVersion: API_VERSION,
    kind: 'Model',
    metadata: { name, ...metadata },
    spec: { source: { uri: 'file:///weights/a.gguf' }, replicas: 1, ...spec },
  };
}

function policy(name: string): PrivacyPolicy {
  return {
    apiVersion: API_VERSION,
    kind: 'PrivacyPolicy',
    metadata: { name },
    spec: { default: 'mask', keep: [], minScore: 0.5 },
  };
}

const status = (readyReplicas: number): ModelStatus => ({ observedGeneration: 1, readyReplicas, endpoints: [] });

async function rejects(work: Promise<unknown>, reason: ResourceErrorReason): Promise<ResourceError> {
  let caught: unknown;
  await work.catch((error: unknown) => {
    caught = error;
  });
  assert.ok(caught instanceof ResourceError, `expected ${reason}, got ${String(caught)}`);
  assert.equal(caught.reason, reason);
  return caught;
}

/** Collects events until there are as many as wanted, bookmarks aside. */
async function collect(
  store: ResourceStore,
  resourceVersion: string,
  count: number,
  act: () => Promise<void> = async () => {},
) {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), 10_000);
  const events: Exclude<WatchEvent<'Model'>, { type: 'BOOKMARK' }>[] = [];
  let acted: Promise<void> | undefined;
  for await (const event of store.watch('Model', { resourceVersion, signal: ended.signal })) {
    // The first bookmark says that the replay is over and the watch is live.
    if (event.type === 'BOOKMARK') acted ??= act();
    else events.push(event);
    if (events.length >= count) break;
  }
  clearTimeout(timer);
  await acted;
  assert.equal(ended.signal.aborted, false, `only ${events.length} of ${count} events came`);
  return events;
}

const said = (events: readonly WatchEvent<'Model'>[]) =>
  events.map((event) => (event.type === 'BOOKMARK' ? event.type : `${event.type} ${event.resource.metadata.name}`));

export function resourceStoreTable(title: string, open: () => Promise<StoreUnderTest>): void {
  describe(`a resource store: ${title}`, () => {
    it('creates with what it sets itself: uid, generation 1, version, time, defaults, namespace', async () => {
      await using under = await open();
      const { replicas: _replicas, ...bare } = manifest('a').spec;
      const created = await under.store.apply({ ...manifest('a'), spec: { ...bare, scaling: {} } as ModelSpec });
      assert.equal(created.metadata.generation, 1);
      assert.equal(created.metadata.namespace, 'default');
      assert.match(created.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
      assert.match(created.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.deepEqual(created.spec.scaling, {
        ...{ min: 0, max: 1, target: 4, idleSeconds: 300 },
        coldStart: { maxQueued: 1000, maxWaitSeconds: 300 },
      });
      assert.deepEqual(await under.store.get('Model', key('a')), created);
    });

    it('answers undefined for what is not there', async () => {
      await using under = await open();
      assert.equal(await under.store.get('Model', key('none')), undefined);
      assert.equal(await under.store.delete('Model', key('none')), undefined);
    });

    it('counts generations for changes of the spec alone', async () => {
      await using under = await open();
      const first = await under.store.apply(manifest('a'));
      const labelled = await under.store.apply(manifest('a', {}, { labels: { team: 'x' } }));
      assert.equal(labelled.metadata.generation, 1);
      assert.notEqual(labelled.metadata.resourceVersion, first.metadata.resourceVersion);
      const scaled = await under.store.apply(manifest('a', { replicas: 2 }, { labels: { team: 'x' } }));
      assert.equal(scaled.metadata.generation, 2);
      assert.equal(scaled.metadata.uid, first.metadata.uid);
      assert.equal(scaled.metadata.creationTimestamp, first.metadata.creationTimestamp);
      const told = await under.store.patchStatus('Model', key('a'), status(1), scaled.metadata.resourceVersion ?? '');
      assert.equal(told.metadata.generation, 2);
    });

    it('writes nothing when nothing changes', async () => {
      await using under = await open();
      const first = await under.store.apply(manifest('a'));
      const again = await under.store.apply(manifest('a'));
      assert.deepEqual(again, first);
      const told = await under.store.patchStatus('Model', key('a'), status(1), first.metadata.resourceVersion ?? '');
      const same = await under.store.patchStatus('Model', key('a'), status(1), told.metadata.resourceVersion ?? '');
      assert.equal(same.metadata.resourceVersion, told.metadata.resourceVersion);
    });

    it('takes what it printed, and keeps the status that an apply does not own', async () => {
      await using under = await open();
      const first = await under.store.apply(manifest('a'));
      const told = await under.store.patchStatus('Model', key('a'), status(1), first.metadata.resourceVersion ?? '');
      const applied = await under.store.apply({ ...told, spec: { ...told.spec, replicas: 3 }, status: status(9) });
      assert.equal(applied.status?.readyReplicas, 1);
      assert.equal(applied.spec.replicas, 3);
    });

    it('drops labels and fields of the spec that are no longer written', async () => {
      await using under = await open();
      await under.store.apply(manifest('a', { contextTokens: 512 }, { labels: { team: 'x' } }));
      const bare = await under.store.apply(manifest('a'));
      assert.equal(bare.metadata.labels, undefined);
      assert.equal(bare.spec.contextTokens, undefined);
    });

    it('refuses a write under a version that is no longer the stored one', async () => {
      await using under = await open();
      const first = await under.store.apply(manifest('a'));
      const { resourceVersion = '' } = first.metadata;
      await under.store.apply(manifest('a', { replicas: 2 }));
      await rejects(under.store.apply(manifest('a', { replicas: 3 }, { resourceVersion })), 'conflict');
      await rejects(under.store.patchStatus('Model', key('a'), status(1), resourceVersion), 'conflict');
      await rejects(under.store.delete('Model', key('a'), { resourceVersion }), 'conflict');
      assert.equal((await under.store.get('Model', key('a')))?.spec.replicas, 2);
    });

    it('says that a named version or a status has nothing to be written to', async () => {
      await using under = await open();
      await rejects(under.store.apply(manifest('a', {}, { resourceVersion: '1' })), 'notFound');
      await rejects(under.store.patchStatus('Model', key('a'), status(1), '1'), 'notFound');
    });

    it('refuses an invalid resource with its problems and stores nothing', async () => {
      await using under = await open();
      const error = await rejects(under.store.apply(manifest('a', { replicas: 99 })), 'invalid');
      assert.deepEqual(
        error.problems.map(({ field }) => field),
        ['spec.replicas'],
      );
      assert.equal(await under.store.get('Model', key('a')), undefined);
    });

    it('stores nothing on a dry run, and answers what would be', async () => {
      await using under = await open();
      const would = await under.store.apply(manifest('a'), { dryRun: true });
      assert.equal(would.metadata.generation, 1);
      assert.equal(await under.store.get('Model', key('a')), undefined);
      await under.store.apply(manifest('a'));
      assert.equal((await under.store.apply(manifest('a', { replicas: 5 }), { dryRun: true })).metadata.generation, 2);
      assert.equal((await under.store.get('Model', key('a')))?.spec.replicas, 1);
    });

    it('lets exactly one of many writers under one version win', async () => {
      await using under = await open();
      const first = await under.store.apply(manifest('a'));
      const { resourceVersion = '' } = first.metadata;
      const writes = Array.from({ length: 20 }, (_, index) =>
        under.store.patchStatus('Model', key('a'), status(index), resourceVersion),
      );
      const results = await Promise.allSettled(writes);
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
      for (const result of results)
        if (result.status === 'rejected') assert.equal((result.reason as ResourceError).reason, 'conflict');
    });

    it('keeps kinds and namespaces apart', async () => {
      await using under = await open();
      await under.store.apply(manifest('a'));
      await under.store.apply(manifest('a', { replicas: 4 }, { namespace: 'other' }));
      await under.store.apply(policy('a'));
      assert.equal((await under.store.list('Model')).items.length, 2);
      const [only] = (await under.store.list('PrivacyPolicy')).items;
      assert.equal(only?.metadata.namespace, undefined);
      assert.equal((await under.store.get('Model', { namespace: 'other', name: 'a' }))?.spec.replicas, 4);
      await under.store.delete('Model', key('a'));
      assert.equal((await under.store.list('Model')).items.length, 1);
      assert.equal((await under.store.get('PrivacyPolicy', { name: 'a' }))?.spec.default, 'mask');
    });

    it('begins a deleted resource anew', async () => {
      await using under = await open();
      const first = await under.store.apply(manifest('a', { replicas: 2 }));
      const gone = await under.store.delete('Model', key('a'));
      assert.equal(gone?.metadata.uid, first.metadata.uid);
      assert.deepEqual((await under.store.list('Model')).items, []);
      const again = await under.store.apply(manifest('a'));
      assert.notEqual(again.metadata.uid, first.metadata.uid);
      assert.equal(again.metadata.generation, 1);
    });

    it('tells a watch of every later change, in order', async () => {
      await using under = await open();
      await under.store.apply(manifest('before'));
      const { resourceVersion } = await under.store.list('Model');
      const events = await collect(under.store, resourceVersion, 4, async () => {
        const made = await under.store.apply(manifest('a'));
        await pauseMs(100);
        await under.store.patchStatus('Model', key('a'), status(1), made.metadata.resourceVersion ?? '');
        await pauseMs(100);
        await under.store.apply(policy('not-a-model'));
        await under.store.delete('Model', key('a'));
        await under.store.apply(manifest('before', { replicas: 3 }));
      });
      assert.deepEqual(said(events), ['ADDED a', 'MODIFIED a', 'DELETED a', 'MODIFIED before']);
      assert.equal(events[1]?.resource.status?.readyReplicas, 1);
    });

    it('replays to a watch what it missed: latest states and deletions', async () => {
      await using under = await open();
      await under.store.apply(manifest('kept'));
      await under.store.apply(manifest('gone'));
      const { resourceVersion } = await under.store.list('Model');
      await under.store.apply(manifest('new'));
      await under.store.delete('Model', key('gone'));
      await under.store.apply(manifest('kept', { replicas: 2 }));
      await under.store.apply(manifest('kept', { replicas: 3 }));
      const events = await collect(under.store, resourceVersion, 3);
      assert.deepEqual(said(events), ['ADDED new', 'DELETED gone', 'MODIFIED kept']);
      assert.equal(events[2]?.resource.spec.replicas, 3);
      const resumed = await collect(under.store, events[1]?.resource.metadata.resourceVersion ?? '', 1);
      assert.deepEqual(said(resumed), ['MODIFIED kept']);
    });

    it('ends a watch without an error when asked', async () => {
      await using under = await open();
      const { resourceVersion } = await under.store.list('Model');
      const ended = new AbortController();
      setTimeout(() => ended.abort(), 100);
      const seen: string[] = [];
      for await (const event of under.store.watch('Model', { resourceVersion, signal: ended.signal }))
        seen.push(event.type);
      assert.ok(seen.every((type) => type === 'BOOKMARK'));
    });

    it('says that a version is not known: too old, of the future, or no version at all', async () => {
      await using under = await open();
      const { resourceVersion } = await under.store.list('Model');
      const signal = AbortSignal.timeout(5000);
      const drain = async (from: string) => {
        for await (const event of under.store.watch('Model', { resourceVersion: from, signal })) {
          if (event.type === 'BOOKMARK') return;
        }
      };
      await rejects(drain('999999999'), 'expired');
      await rejects(drain('yesterday'), 'expired');
      if (under.tombstones === undefined) return;
      for (let index = 0; index < under.tombstones + 2; index += 1) {
        await under.store.apply(manifest(`a${index}`));
        await under.store.delete('Model', key(`a${index}`));
      }
      const error = await rejects(drain(resourceVersion), 'expired');
      assert.equal(error.code, 410);
    });

    it('never lets a watch see a version before an earlier one, with many writers at once', async () => {
      await using under = await open();
      const { resourceVersion } = await under.store.list('Model');
      const events = await collect(under.store, resourceVersion, 40, async () => {
        await Promise.all(Array.from({ length: 40 }, (_, index) => under.store.apply(manifest(`m${index}`))));
      });
      const versions = events.map(({ resource }) => Number(resource.metadata.resourceVersion));
      assert.deepEqual(
        versions,
        [...versions].sort((a, b) => a - b),
      );
      assert.equal(new Set(versions).size, 40);
    });
  });
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
