// No field without effect: every field of every spec, taken from the CRDs, is changed alone and must change what is run
// or what is redacted. A field that is added without a row here fails, and so does one that is ignored.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { tenantsAsking } from '../../control-plane/admin/proposals/second-person.ts';
import { admitTenant } from '../../control-plane/gateway/authenticate.ts';
import { Catalog } from '../../control-plane/gateway/catalog.ts';
import { listModels } from '../../control-plane/gateway/list-models.ts';
import { createRateLimit } from '../../control-plane/gateway/rate-limit.ts';
import { findTarget } from '../../control-plane/gateway/route.ts';
import { DATA_CLASSES } from '../../control-plane/policy/data-class.ts';
import { effectivePolicy } from '../../control-plane/policy/effective-policy.ts';
import { ENTITY_TYPES } from '../../control-plane/redaction/entities.ts';
import { toCrd } from '../../operator/api/crd.ts';
import { KINDS, type Kind, type ResourceByKind, validateResource } from '../../operator/api/resource.ts';
import { TENANT_CLASSES } from '../../operator/api/v1alpha1/tenant.ts';
import { needsOf } from '../../operator/controller/needs.ts';
import { planResources } from '../../operator/planning/plan-resources.ts';
import { decideScale, type ScaleMemory } from '../../operator/planning/scale.ts';
import type { WantedAdapter } from '../../operator/planning/world.ts';
import { DigestCache } from '../../operator/runtime/local/digest-cache.ts';
import { inspectSource } from '../../operator/runtime/local/inspect-source.ts';
import { inspectAdapterSource } from '../../operator/runtime/local/local-adapters.ts';
import { adapterFixture } from '../fixtures/adapters.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { scriptedEngine } from '../runtime/scripted-engine.ts';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
}

function leavesOf(kind: Kind): string[] {
  const { spec } = toCrd(KINDS[kind]) as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: Node } } } }[] };
  };
  const walk = (node: Node, path: string): string[] => {
    const properties = node.properties ?? node.items?.properties;
    return properties === undefined
      ? [path]
      : Object.entries(properties).flatMap(([name, child]) => walk(child, `${path}.${name}`));
  };
  const root = spec.versions[0]?.schema.openAPIV3Schema.properties.spec;
  return root === undefined ? [] : walk(root, 'spec');
}

function accepted<K extends Kind>(kind: K, spec: unknown): ResourceByKind[K] {
  const validation = validateResource({ apiVersion: 'intramuros.dev/v1alpha1', kind, metadata: { name: 'a' }, spec });
  assert.ok(validation.ok, JSON.stringify(validation));
  return validation.resource as ResourceByKind[K];
}

/** What a day of requests makes of spec.scaling, and how long they may wait while nothing runs. */
async function aDayOf({ spec }: ResourceByKind['Model']): Promise<unknown> {
  const { scaling } = spec;
  if (scaling === undefined) return undefined;
  let current = 0;
  let memory: ScaleMemory | undefined;
  const wanted: number[] = [];
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    const now = new Date(Date.UTC(2026, 0, 7, 0, minute));
    const demand = { waiting: minute % 60 === 0 ? (minute / 60) % 12 : 0, inFlight: 0, oldestMs: 0 };
    for (const second of [0, 30]) {
      const nowMs = now.getTime() + second * 1000;
      const answer = decideScale({ spec: scaling, memory, demand, current, loading: false, nowMs, now });
      ({ memory, wanted: current } = answer);
    }
    wanted.push(current);
  }
  const model = { ...accepted('Model', spec), spec };
  const catalog = new Catalog({
    watchModels: async (onSnapshot) => onSnapshot([model]),
    watchPolicies: async (onSnapshot) => onSnapshot([]),
    watchTenants: async (onSnapshot) => onSnapshot([]),
  });
  await catalog.start();
  return { wanted, coldStart: catalog.model('default', 'a')?.coldStart };
}

/** What would run for the Model, looked at with the real reader of weights. */
async function whatRuns(spec: unknown): Promise<unknown> {
  const model = accepted('Model', spec);
  const inspection = {
    folders: { modelsFolder: '/nonexistent', bundledModels: {} },
    digests: new DigestCache(),
    signal: AbortSignal.timeout(10_000),
  };
  const inspected = await inspectSource(model.spec.source, inspection);
  const adapters: WantedAdapter[] = [];
  for (const { name, scale, source } of model.spec.adapters ?? []) {
    const weights = inspected.state === 'verified' ? inspected.path : '';
    const file = await inspectAdapterSource({ source, weights, embeddingOnly: false }, inspection);
    adapters.push({ name, scale, file });
  }
  const needs =
    inspected.state === 'verified' ? needsOf([scriptedEngine()], inspected.facts, model.spec, 4) : undefined;
  const memory = { totalBytes: 2 ** 40, availableBytes: 2 ** 40 };
  const facts = { source: () => inspected, needs: () => needs, adapters: () => adapters, memory, policies: [] };
  const [planned] = planResources([model], facts, new Date(0)).models;
  const ready = planned?.plan.status.conditions?.find(({ type }) => type === 'Ready');
  return {
    workloads: planned?.plan.workloads,
    policyRefused: ready?.reason === 'PolicyNotFound',
    day: await aDayOf(model),
  };
}

describe('every field of a Model', () => {
  const weights = ggufFixture({ shape: 'llama' });
  const other = ggufFixture({ shape: 'llama', seed: 2 });
  const digestOfOther = `sha256:${createHash('sha256').update(readFileSync(other)).digest('hex')}`;
  const source = { uri: `file://${weights}` };
  const base = { shape: 'llama' } as const;
  const otherAdapter = adapterFixture({ base, kind: 'random', seed: 2 });
  const adapter = { name: 'a', source: { uri: `file://${adapterFixture({ base, kind: 'random' })}` } };
  const office = { from: '08:00', to: '18:00', timeZone: 'UTC', min: 2, max: 4 };
  const scaling = { max: 3, target: 4, schedules: [office] };
  const withSchedule = (given: object) => ({ source, scaling: { ...scaling, schedules: [{ ...office, ...given }] } });
  const changes: Readonly<Record<string, unknown>> = {
    'spec.source.uri': { source: { uri: `file://${other}` } },
    'spec.source.digest': { source: { ...source, digest: digestOfOther } },
    'spec.replicas': { source, replicas: 2 },
    'spec.contextTokens': { source, contextTokens: 128 },
    'spec.adapters.name': { source, adapters: [{ ...adapter, name: 'b' }] },
    'spec.adapters.source.uri': { source, adapters: [{ ...adapter, source: { uri: `file://${otherAdapter}` } }] },
    'spec.adapters.source.digest': {
      source,
      adapters: [{ ...adapter, source: { ...adapter.source, digest: digestOfOther } }],
    },
    'spec.adapters.scale': { source, adapters: [{ ...adapter, scale: 0.5 }] },
    'spec.privacy.policy': { source, privacy: { policy: 'strict' } },
    'spec.scaling.min': { source, scaling: { ...scaling, min: 1 } },
    'spec.scaling.max': { source, scaling: { ...scaling, max: 2 } },
    'spec.scaling.target': { source, scaling: { ...scaling, target: 2 } },
    'spec.scaling.idleSeconds': { source, scaling: { ...scaling, idleSeconds: 1200 } },
    'spec.scaling.schedules.days': withSchedule({ days: ['Sun'] }),
    'spec.scaling.schedules.from': withSchedule({ from: '05:00' }),
    'spec.scaling.schedules.to': withSchedule({ to: '20:00' }),
    'spec.scaling.schedules.timeZone': withSchedule({ timeZone: 'Asia/Tokyo' }),
    'spec.scaling.schedules.min': withSchedule({ min: 3 }),
    'spec.scaling.schedules.max': withSchedule({ max: 7 }),
    'spec.scaling.coldStart.maxQueued': { source, scaling: { ...scaling, coldStart: { maxQueued: 7 } } },
    'spec.scaling.coldStart.maxWaitSeconds': { source, scaling: { ...scaling, coldStart: { maxWaitSeconds: 7 } } },
  };

  it('has a row in this test', () => assert.deepEqual(leavesOf('Model').sort(), Object.keys(changes).sort()));

  for (const [field, spec] of Object.entries(changes)) {
    it(`changes what runs: ${field}`, async () => {
      const unchanged = field.startsWith('spec.adapters')
        ? { source, adapters: [adapter] }
        : field.startsWith('spec.scaling')
          ? { source, scaling }
          : { source };
      assert.notDeepEqual(await whatRuns(spec), await whatRuns(unchanged));
    });
  }
});

describe('every field of a PrivacyPolicy', () => {
  const whatHolds = (spec: unknown) => {
    const policy = effectivePolicy([{ name: 'a', spec: accepted('PrivacyPolicy', spec).spec }]);
    return {
      actions: ENTITY_TYPES.map((type) => policy.action(type)),
      keep: [...policy.keep],
      minScore: policy.minScore,
    };
  };
  const changes: Readonly<Record<string, unknown>> = {
    'spec.default': { default: 'block' },
    'spec.keep': { keep: ['year'] },
    'spec.minScore': { minScore: 0.9 },
    ...Object.fromEntries(ENTITY_TYPES.map((type) => [`spec.entities.${type}`, { entities: { [type]: 'mask' } }])),
  };

  it('has a row in this test', () => assert.deepEqual(leavesOf('PrivacyPolicy').sort(), Object.keys(changes).sort()));

  for (const [field, spec] of Object.entries(changes)) {
    it(`changes what is redacted: ${field}`, () => assert.notDeepEqual(whatHolds(spec), whatHolds({})));
  }
});

describe('every field of a Tenant', () => {
  const inNamespace = (namespace: string): ResourceByKind['Model'] => {
    const model = accepted('Model', { source: { uri: 'bundled://clinical-extraction' } });
    return { ...model, metadata: { name: 'm', namespace } };
  };
  const strict = { ...accepted('PrivacyPolicy', { default: 'mask' }), metadata: { name: 'strict' } };
  const whatHolds = async (spec: unknown) => {
    const tenant = accepted('Tenant', spec);
    const catalog = new Catalog({
      watchModels: async (onSnapshot) => onSnapshot([inNamespace('a'), inNamespace('lab')]),
      watchPolicies: async (onSnapshot) => onSnapshot([strict]),
      watchTenants: async (onSnapshot) => onSnapshot([tenant]),
    });
    await catalog.start();
    const key = { keyId: 'k', keyName: 'k', tenant: 'a', dataClass: 'public' } as const;
    const caller = admitTenant(key, catalog);
    const rateLimit = createRateLimit(5);
    const passes = (spent: number) => {
      rateLimit.spend(caller, spent, 0);
      return rateLimit.take(caller, 0) === undefined;
    };
    return {
      models: (listModels('/v1/models', caller, catalog) as { data: { id: string }[] }).data.map(({ id }) => id),
      target: await Promise.resolve()
        .then(() => findTarget(caller, 'm', catalog))
        .then(
          ({ model, policy }) => [model.namespace, policy.hash],
          (error: { code: string }) => error.code,
        ),
      dataClass: caller.dataClass,
      passes: [0, 0, 0, 1000, 0].map(passes),
      asking: tenantsAsking('PrivacyPolicy', [{ name: 'a', policyApproval: tenant.spec.policyApproval }]),
    };
  };
  const changes: Readonly<Record<string, unknown>> = {
    'spec.namespaces': { namespaces: ['lab'] },
    'spec.policy': { policy: 'strict' },
    'spec.requestsPerMinute': { requestsPerMinute: 2 },
    'spec.tokensPerMinute': { tokensPerMinute: 100 },
    'spec.entitlements.models': { entitlements: { models: ['other'] } },
    'spec.entitlements.leastClass': { entitlements: { leastClass: 'restricted' } },
    'spec.policyApproval': { policyApproval: 'secondPerson' },
  };

  it('has a row in this test', () => assert.deepEqual(leavesOf('Tenant').sort(), Object.keys(changes).sort()));

  for (const [field, spec] of Object.entries(changes)) {
    it(`changes what its keys may do, or who decides: ${field}`, async () =>
      assert.notDeepEqual(await whatHolds(spec), await whatHolds({})));
  }

  it('names the classes of data that the gateway knows', () => assert.deepEqual(TENANT_CLASSES, DATA_CLASSES));
});
