// spec.adapters under the whole operator: what is loaded, what is told of an adapter that cannot be used, and changes of
// the list while requests run. Faults of files on the engine double, effects on real processes of the bundled engine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MemoryResourceStore } from '../../operator/api/memory-resource-store.ts';
import type { AdapterStatus, EndpointAdapter } from '../../operator/api/v1alpha1/adapters.ts';
import type { ModelEndpoint, ModelSpec } from '../../operator/api/v1alpha1/model.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import { type AdapterFixtureOptions, adapterFixture } from '../fixtures/adapters.ts';
import { type FixtureOptions, ggufFixture } from '../fixtures/gguf.ts';
import { eventually, openStage, type Stage } from './stage.ts';

const LLAMA: FixtureOptions = { shape: 'llama' };
const GOOD: AdapterFixtureOptions = { base: LLAMA, kind: 'random' };

type Adapters = NonNullable<ModelSpec['adapters']>;

function digestOf(path: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

const named = (...names: readonly string[]): Adapters =>
  names.map((name) => ({ name, scale: 1, source: { uri: `file://${name}.gguf` } }));

function put(stage: Stage, name: string, from: string): string {
  const path = join(stage.models, `${name}.gguf`);
  copyFileSync(from, `${path}.new`);
  renameSync(`${path}.new`, path);
  return path;
}

async function apply(stage: Stage, adapters: Adapters, replicas = 1): Promise<void> {
  await stage.apply('a', { source: { uri: 'file://a.gguf' }, replicas, adapters });
}

/** What is wrong with a file, which `spoil` makes, and what must be said of it. */
interface Fault {
  readonly name: string;
  readonly reason: string;
  readonly spoil: (stage: Stage, name: string) => void;
  readonly digest?: string;
}

const FAULTS: readonly Fault[] = [
  { name: 'a file that is not there', reason: 'MissingFile', spoil: () => undefined },
  {
    name: 'a file that ends early',
    reason: 'CorruptFile',
    spoil: (stage, name) => truncateSync(put(stage, name, adapterFixture(GOOD)), 2000),
  },
  {
    name: 'a file of something else',
    reason: 'CorruptFile',
    spoil: (stage, name) => writeFileSync(join(stage.models, `${name}.gguf`), 'weights, allegedly'.repeat(10)),
  },
  {
    name: 'weights in place of an adapter',
    reason: 'NotAnAdapter',
    spoil: (stage, name) => put(stage, name, ggufFixture(LLAMA)),
  },
  {
    name: 'an adapter of another kind',
    reason: 'NotAnAdapter',
    spoil: (stage, name) => put(stage, name, adapterFixture({ ...GOOD, fault: 'another type' })),
  },
  {
    name: 'an adapter that changes nothing',
    reason: 'NotAnAdapter',
    spoil: (stage, name) => put(stage, name, adapterFixture({ ...GOOD, fault: 'no tensors' })),
  },
  {
    name: 'an adapter with a tensor that is no factor',
    reason: 'NotAnAdapter',
    spoil: (stage, name) => put(stage, name, adapterFixture({ ...GOOD, fault: 'a tensor of its own' })),
  },
  {
    name: 'an adapter of another architecture',
    reason: 'OtherArchitecture',
    spoil: (stage, name) => put(stage, name, adapterFixture({ ...GOOD, architecture: 'qwen3' })),
  },
  {
    name: 'an adapter for a wider model',
    reason: 'OtherShape',
    spoil: (stage, name) =>
      put(stage, name, adapterFixture({ kind: 'random', base: { shape: 'llama', embedding: 128 } })),
  },
  {
    name: 'an adapter for a deeper model',
    reason: 'OtherShape',
    spoil: (stage, name) => put(stage, name, adapterFixture({ kind: 'random', base: { shape: 'llama', layers: 3 } })),
  },
  {
    name: 'an adapter with its factors turned round',
    reason: 'OtherShape',
    spoil: (stage, name) => put(stage, name, adapterFixture({ ...GOOD, fault: 'transposed' })),
  },
  {
    name: 'an adapter with a factor missing',
    reason: 'OtherShape',
    spoil: (stage, name) => put(stage, name, adapterFixture({ ...GOOD, fault: 'no second factor' })),
  },
  {
    name: 'an adapter that is not the pinned one',
    reason: 'WrongDigest',
    digest: `sha256:${'0'.repeat(64)}`,
    spoil: (stage, name) => put(stage, name, adapterFixture(GOOD)),
  },
];

describe('an adapter that cannot be used', () => {
  it('is told with reason and remedy, each its own, while the model and its one good adapter serve', async () => {
    await using stage = await openStage();
    put(stage, 'a', ggufFixture(LLAMA));
    put(stage, 'good', adapterFixture(GOOD));
    const bad = FAULTS.map(({ spoil, digest }, at) => {
      const name = `bad-${at}`;
      spoil(stage, name);
      return { name, scale: 1, source: { uri: `file://${name}.gguf`, ...(digest && { digest }) } };
    });
    await apply(stage, [...bad, ...named('good')]);
    await stage.until('a', 'Ready', 'True');
    const condition = await stage.until('a', 'AdaptersReady', 'False', { reason: FAULTS[0]?.reason ?? '' });
    assert.ok((condition.remedy ?? '').length > 10);
    assert.ok(!condition.message.includes(stage.folder), 'no path of the machine');
    const { status } = await stage.model('a');
    assert.equal(status?.adaptersReady, `1/${FAULTS.length + 1}`);
    for (const [at, { name, reason }] of FAULTS.entries()) {
      const told: AdapterStatus | undefined = status?.adapters?.[at];
      assert.deepEqual([told?.ready, told?.reason], [false, reason], name);
      assert.ok((told?.message ?? '').length > 10 && condition.message.includes(`Adapter bad-${at}: `), name);
    }
    assert.deepEqual(
      status?.endpoints?.[0]?.adapters?.map((each) => each.name),
      ['good'],
    );
  });

  it('for weights that make vectors is refused by name, and the vectors are served', async () => {
    await using stage = await openStage({ engines: [chooseEngine({})] });
    put(stage, 'a', ggufFixture({ shape: 'bert' }));
    put(stage, 'good', adapterFixture(GOOD));
    await apply(stage, named('good'));
    await stage.until('a', 'Ready', 'True', { withinMs: 60_000 });
    await stage.until('a', 'AdaptersReady', 'False', { reason: 'ModelTakesNone' });
  });

  it('is loaded as soon as its file is right, and its replacement serves under its own digest', async () => {
    await using stage = await openStage({ resyncMs: 100 });
    put(stage, 'a', ggufFixture(LLAMA));
    await apply(stage, named('late'));
    await stage.until('a', 'AdaptersReady', 'False', { reason: 'MissingFile' });
    await stage.until('a', 'Ready', 'True');
    const served = async () => (await stage.model('a')).status?.endpoints?.[0]?.adapters?.[0]?.digest;
    for (const seed of [1, 2]) {
      const path = put(stage, 'late', adapterFixture({ ...GOOD, seed }));
      await eventually(
        async () => ((await served()) === digestOf(path) ? true : undefined),
        30_000,
        () => 'the new bytes are not served',
      );
      await stage.until('a', 'AdaptersReady', 'True', { reason: 'AllLoaded' });
    }
    rmSync(join(stage.models, 'late.gguf'));
    await stage.until('a', 'AdaptersReady', 'False', { reason: 'MissingFile' });
    await stage.until('a', 'Ready', 'True');
  });
});

describe('adapters of a Model', () => {
  it('count in its memory, and come back when the product is started again', async () => {
    const store = new MemoryResourceStore();
    let uri = '';
    {
      await using stage = await openStage({ store });
      uri = put(stage, 'a', ggufFixture(LLAMA));
      const path = adapterFixture(GOOD);
      const source = { uri: `file://${path}`, digest: digestOf(path) };
      await stage.apply('a', {
        source: { uri: `file://${ggufFixture(LLAMA)}` },
        adapters: [{ name: 'x', scale: 1, source }],
      });
      await stage.until('a', 'AdaptersReady', 'True', { reason: 'AllLoaded' });
      const { status } = await stage.model('a');
      const [adapter] = status?.adapters ?? [];
      assert.equal(adapter?.bytes, readFileSync(path).length);
      assert.deepEqual([adapter?.rank, adapter?.digest], [4, source.digest]);
      assert.equal(status?.plan?.adaptersBytes, adapter?.bytes);
    }
    assert.ok(uri !== '');
    await using again = await openStage({ store });
    await again.until('a', 'AdaptersReady', 'True', { reason: 'AllLoaded' });
    assert.equal((await again.model('a')).status?.endpoints?.[0]?.adapters?.[0]?.name, 'x');
  });

  it('are not said to be loaded once the product has stopped', async () => {
    const stage = await openStage();
    put(stage, 'a', ggufFixture(LLAMA));
    put(stage, 'x', adapterFixture(GOOD));
    await apply(stage, named('x'));
    await stage.until('a', 'AdaptersReady', 'True');
    await stage[Symbol.asyncDispose]();
    assert.equal((await stage.condition('a', 'AdaptersReady'))?.reason, 'ProductStopped');
    assert.equal((await stage.model('a')).status?.adaptersReady, '0/1');
  });

  it('are added, reordered and taken away without losing a request or answering one with another', async () => {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz';
    const base: FixtureOptions = { shape: 'script', answer: alphabet };
    const recitals: Readonly<Record<string, string>> = { '': alphabet, two: 'abefijmnqruvyz', three: 'abghmnstyz' };
    await using stage = await openStage({ engines: [chooseEngine({})] });
    put(stage, 'a', ggufFixture(base));
    put(stage, 'two', adapterFixture({ base, kind: 'skip', by: 2 }));
    put(stage, 'three', adapterFixture({ base, kind: 'skip', by: 3 }));
    await apply(stage, named('two'));
    await stage.until('a', 'AdaptersReady', 'True', { withinMs: 60_000 });
    await using traffic = await sendTraffic(stage, recitals);
    for (const list of [named('two', 'three'), named('three', 'two'), named('two')]) {
      await apply(stage, list);
      await stage.until('a', 'AdaptersReady', 'True', { reason: 'AllLoaded', withinMs: 60_000 });
      await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent', withinMs: 60_000 });
      await traffic.round();
    }
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    assert.ok(
      Object.keys(recitals).every((name) => traffic.answered.has(name)),
      [...traffic.answered].join(),
    );
  });
});

interface Traffic extends AsyncDisposable {
  readonly failures: unknown[];
  /** Adapters that answered; the empty name is the model itself. */
  readonly answered: ReadonlySet<string>;
  /** Resolves after every name that is offered was asked once more. */
  round(): Promise<void>;
  stop(): Promise<void>;
}

/** Asks, one after the other, for each adapter that an endpoint of the stored status has, as a gateway would. */
async function sendTraffic(stage: Stage, recitals: Readonly<Record<string, string>>): Promise<Traffic> {
  const watching = new AbortController();
  const stopped = new AbortController();
  let endpoints: readonly ModelEndpoint[] = [];
  const onModels = (models: readonly { status?: { endpoints?: ModelEndpoint[] | undefined } | undefined }[]) => {
    endpoints = (models[0]?.status?.endpoints ?? []).filter(({ ready }) => ready);
  };
  await watchAll(stage.store, 'Model', onModels, { signal: watching.signal });
  const failures: unknown[] = [];
  const answered = new Set<string>();
  let rounds = 0;
  const ask = async (url: string, adapter: EndpointAdapter | undefined) => {
    const lora = adapter === undefined ? [{ id: 0, scale: 0 }] : [{ id: adapter.id, scale: adapter.scale }];
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.bearer}`, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'recite' }], temperature: 0, lora }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const { choices } = JSON.parse(text) as { choices: { message: { content: string } }[] };
    assert.equal(choices[0]?.message.content, recitals[adapter?.name ?? '']);
    answered.add(adapter?.name ?? '');
  };
  const run = async () => {
    while (!stopped.signal.aborted) {
      try {
        const [endpoint] = endpoints;
        assert.ok(endpoint !== undefined, 'no endpoint is ready');
        for (const adapter of [undefined, ...(endpoint.adapters ?? [])]) await ask(endpoint.url, adapter);
      } catch (error) {
        failures.push(error);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      rounds += 1;
    }
  };
  const running = [run(), run()];
  const stop = async () => {
    stopped.abort();
    await Promise.all(running);
    watching.abort();
  };
  const round = async () => {
    const wanted = rounds + 4;
    await eventually(
      () => (rounds >= wanted ? true : undefined),
      30_000,
      () => 'no requests are sent',
    );
  };
  return { failures, answered, round, stop, [Symbol.asyncDispose]: stop };
}
