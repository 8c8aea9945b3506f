import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Model } from '../api/v1alpha1/model.ts';
import { type ModelFindings, mergeConditions } from './conditions.ts';
import { fit, gib } from './fit.ts';
import { planModel } from './plan.ts';
import { type PlanFacts, planResources, renderPlan } from './plan-resources.ts';
import { revisionOf } from './revision.ts';
import type { EngineNeeds, ModelWorld, SourceState } from './world.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const needs: EngineNeeds = {
  engine: 'e',
  contextTokens: 4096,
  contextLimit: 8192,
  slots: 4,
  weightsBytes: 4 * GIB,
  cacheBytes: 1 * GIB,
  stateBytes: 0,
  computeBytes: 0,
  programBytes: GIB / 2,
  replicaBytes: 5.5 * GIB,
  bytesAt: (contextTokens) => (4.5 + contextTokens / 4096) * GIB,
};

const source: SourceState = {
  state: 'verified',
  path: '/weights/a.gguf',
  identity: 'i',
  digest: `sha256:${'0'.repeat(64)}`,
  architecture: 'llama',
  parameters: 7_000_000_000,
  quantisation: 'Q4_K',
  weightsBytes: 4 * GIB,
  embeddingOnly: false,
};

const model = (spec: Partial<Model['spec']> = {}): Model => ({
  apiVersion: 'intramuros.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'a', namespace: 'default', generation: 3 },
  spec: { source: { uri: 'file:///weights/a.gguf' }, replicas: 1, ...spec },
});

const world = (changes: Partial<ModelWorld> = {}): ModelWorld => ({
  model: model(),
  policyExists: true,
  source,
  needs,
  workloads: [],
  memory: { totalBytes: 16 * GIB, availableBytes: 12 * GIB },
  promisedBytes: 0,
  ...changes,
});

const now = new Date('2026-01-02T03:04:05.678Z');
const condition = (status: Model['status'], type: string) => status?.conditions?.find((each) => each.type === type);

describe('the fit', () => {
  const memory = { totalBytes: 16 * GIB, availableBytes: 12 * GIB };
  const rows = [
    { name: 'one of one', replicas: 1, running: 0, promised: 0, admitted: 1, status: 'True' },
    { name: 'two of two', replicas: 2, running: 0, promised: 0, admitted: 2, status: 'True' },
    { name: 'two of three', replicas: 3, running: 0, promised: 0, admitted: 2, status: 'False' },
    { name: 'what runs is not asked again', replicas: 3, running: 1, promised: 0, admitted: 3, status: 'True' },
    {
      name: 'what others were promised is not free',
      replicas: 2,
      running: 0,
      promised: 2 * GIB,
      admitted: 1,
      status: 'False',
    },
    { name: 'none', replicas: 1, running: 0, promised: 11 * GIB, admitted: 0, status: 'False' },
    { name: 'fewer than run', replicas: 1, running: 3, promised: 0, admitted: 1, status: 'True' },
  ];
  for (const { name, replicas, running, promised, admitted, status } of rows) {
    it(`admits ${name}`, () => {
      const answer = fit({ needs, replicas, running, memory, promisedBytes: promised });
      assert.equal(answer.admitted, admitted);
      assert.equal(answer.finding.status, status);
    });
  }

  it('says in numbers what is missing, and the context that would fit', () => {
    const { finding } = fit({
      needs,
      replicas: 1,
      running: 0,
      memory: { totalBytes: 8 * GIB, availableBytes: 5 * GIB },
      promisedBytes: 0,
    });
    assert.equal(finding.reason, 'NotEnoughMemory');
    assert.match(finding.message, /needs 5\.5 GiB .*but 5\.0 GiB of 8\.0 GiB are free: 512 MiB are missing/);
    // Weights and program take 4.5 GiB: half a GiB is left for conversations, half of what 4096 tokens need.
    assert.match(finding.remedy ?? '', /spec\.contextTokens to at most 2048/);
  });

  it('refuses a context beyond what the model was trained for, however much memory there is', () => {
    const { finding, admitted } = fit({
      needs: { ...needs, contextTokens: 9000 },
      replicas: 1,
      running: 0,
      memory,
      promisedBytes: 0,
    });
    assert.equal(admitted, 0);
    assert.equal(finding.reason, 'ContextTooLong');
    assert.match(finding.remedy ?? '', /8192/);
  });

  it('writes bytes as people read them', () => {
    assert.deepEqual(
      [gib(0), gib(1), gib(1.5 * MIB), gib(1023 * MIB), gib(GIB), gib(1.25 * GIB)],
      ['0 MiB', '1 MiB', '2 MiB', '1023 MiB', '1.0 GiB', '1.3 GiB'],
    );
  });
});

describe('a revision', () => {
  const launch = { engine: 'e', weights: '/a', slots: 4, embeddingOnly: false };
  it('changes with everything that a running process cannot change', () => {
    const all = [
      revisionOf(launch, 'i'),
      revisionOf({ ...launch, engine: 'f' }, 'i'),
      revisionOf({ ...launch, weights: '/b' }, 'i'),
      revisionOf({ ...launch, contextTokens: 1 }, 'i'),
      revisionOf({ ...launch, slots: 5 }, 'i'),
      revisionOf({ ...launch, embeddingOnly: true }, 'i'),
      revisionOf(launch, 'j'),
    ];
    assert.equal(new Set(all).size, all.length);
    assert.equal(revisionOf({ ...launch }, 'i'), all[0]);
  });

  it('stays when only replicas or the policy change', () => {
    const one = planModel(world(), now).status.revision;
    assert.equal(planModel(world({ model: model({ replicas: 2 }) }), now).status.revision, one);
    assert.equal(planModel(world({ model: model({ privacy: { policy: 'p' } }) }), now).status.revision, one);
  });
});

describe('conditions', () => {
  const finding = (status: 'True' | 'False') => ({ status, reason: 'R', message: 'm' });
  const findings = (status: 'True' | 'False'): ModelFindings => ({
    Ready: finding(status),
    SourceVerified: finding('True'),
    Fits: finding('True'),
    EngineReady: finding('True'),
    RolloutComplete: finding('True'),
  });

  it('move their transition time only when the status changes', () => {
    const first = mergeConditions([], findings('False'), 1, new Date('2026-01-01T00:00:00Z'));
    const same = mergeConditions(first, findings('False'), 2, new Date('2026-01-01T00:01:00Z'));
    const moved = mergeConditions(same, findings('True'), 2, new Date('2026-01-01T00:02:00Z'));
    assert.equal(same[0]?.lastTransitionTime, '2026-01-01T00:00:00Z');
    assert.equal(same[0]?.observedGeneration, 2);
    assert.equal(moved[0]?.lastTransitionTime, '2026-01-01T00:02:00Z');
    assert.equal(moved[1]?.lastTransitionTime, '2026-01-01T00:00:00Z');
  });
});

describe('a plan', () => {
  it('asks for one workload that says everything in the words of the domain', () => {
    const { workloads, status } = planModel(world({ model: model({ replicas: 2, contextTokens: 4096 }) }), now);
    assert.equal(workloads.length, 1);
    const [workload] = workloads;
    assert.deepEqual(workload?.launch, {
      engine: 'e',
      weights: '/weights/a.gguf',
      contextTokens: 4096,
      slots: 4,
      embeddingOnly: false,
    });
    assert.equal(workload?.replicas, 2);
    assert.equal(workload?.owner, 'default/a');
    assert.equal(workload?.key, `default/a@${status.revision}`);
    assert.equal(status.observedGeneration, 3);
    assert.equal(condition(status, 'Ready')?.lastTransitionTime, '2026-01-02T03:04:05Z');
    assert.deepEqual(status.weights, {
      architecture: 'llama',
      parameters: 7_000_000_000,
      quantisation: 'Q4_K',
      bytes: 4 * GIB,
      digest: source.state === 'verified' ? source.digest : '',
    });
    assert.equal(status.plan?.replicaBytes, 5.5 * GIB);
  });

  it('gives the engine a context only where the spec does', () => {
    assert.equal('contextTokens' in (planModel(world(), now).workloads[0]?.launch ?? {}), false);
  });

  it('is the same for the same world, and says the same of small moves of free memory', () => {
    const tight = world({ memory: { totalBytes: 8 * GIB, availableBytes: 3 * GIB } });
    const first = planModel(tight, now);
    assert.deepEqual(planModel(tight, now), first);
    const later = world({
      model: { ...model(), status: first.status },
      memory: { totalBytes: 8 * GIB, availableBytes: 3.1 * GIB },
    });
    assert.deepEqual(planModel(later, new Date('2026-01-02T04:00:00Z')).status, first.status);
    const freer = world({
      model: { ...model(), status: first.status },
      memory: { totalBytes: 8 * GIB, availableBytes: 4 * GIB },
    });
    assert.notDeepEqual(planModel(freer, now).status, first.status);
  });

  it('says what holds of each condition while the weights are checked', () => {
    const { status, workloads } = planModel(
      world({ source: { state: 'verifying', bytesDone: GIB, bytesTotal: 4 * GIB } }),
      now,
    );
    assert.deepEqual(workloads, []);
    assert.equal(condition(status, 'SourceVerified')?.status, 'Unknown');
    assert.match(condition(status, 'SourceVerified')?.message ?? '', /1\.0 GiB of 4\.0 GiB/);
    assert.equal(condition(status, 'Ready')?.status, 'False');
    assert.equal(condition(status, 'Ready')?.reason, 'Verifying');
  });

  it('carries the refusal of the engine', () => {
    const refusal = { reason: 'UnknownArchitecture', message: 'not known', remedy: 'use another' };
    const { status, workloads } = planModel(world({ needs: { ...needs, refusal } }), now);
    assert.deepEqual(workloads, []);
    assert.equal(condition(status, 'Fits')?.reason, 'UnknownArchitecture');
    assert.equal(condition(status, 'Ready')?.remedy, 'use another');
  });
});

describe('the plan of a set of resources', () => {
  const facts: PlanFacts = {
    source: () => source,
    needs: () => needs,
    memory: { totalBytes: 16 * GIB, availableBytes: 12 * GIB },
    policies: [],
  };
  const named = (name: string, spec: Partial<Model['spec']> = {}): Model => ({
    ...model(spec),
    metadata: { name, namespace: 'default' },
  });

  it('gives each Model what the ones before it left', () => {
    const plan = planResources([named('a'), named('b'), named('c')], facts, now);
    assert.deepEqual(
      plan.models.map(({ plan: { workloads } }) => workloads.length),
      [1, 1, 0],
    );
    assert.equal(plan.feasible, false);
    assert.equal(planResources([named('a'), named('b')], facts, now).feasible, true);
  });

  it('knows policies that are applied in the same file', () => {
    const wants = named('a', { privacy: { policy: 'strict' } });
    assert.equal(planResources([wants], facts, now).feasible, false);
    const policy = {
      apiVersion: 'intramuros.dev/v1alpha1',
      kind: 'PrivacyPolicy',
      metadata: { name: 'strict' },
      spec: { default: 'mask', keep: [], minScore: 0.5 },
    } as const;
    assert.equal(planResources([wants, { ...policy, spec: { ...policy.spec, keep: [] } }], facts, now).feasible, true);
  });

  it('reads as text', () => {
    const text = renderPlan(planResources([named('a', { replicas: 3 })], facts, now));
    assert.match(text, /^Model default\/a$/m);
    assert.match(text, /weights {5}llama, Q4_K, 4\.0 GiB/);
    assert.match(text, /replicas {4}2 of 3 would start/);
    assert.match(text, /Fits: False, NotEnoughMemory\. .* Set spec\.replicas to 2/);
    assert.match(text, /12\.0 GiB of 16\.0 GiB are free/);
  });
});
