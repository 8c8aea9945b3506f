// Random histories of one Model: edits, crashes, hangs, files that come and go, memory that runs short. The simulated
// machine below knows the truth; the planner only sees observations, one reconcile at a time. Whatever happens: Ready
// never claims what nothing serves, nothing that gateways still see is taken away, and all settles.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { ObservedReplica, ObservedWorkload, Workload } from '../api/ports.ts';
import type { Model } from '../api/v1alpha1/model.ts';
import { planModel } from './plan.ts';
import type { EngineNeeds, ModelWorld, SourceState } from './world.ts';

const RUNS = process.env['INTRAMUROS_TEST_LONG'] === '1' ? 5000 : 500;
const MIB = 2 ** 20;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('advance' as const), which: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('crash' as const), which: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('hang' as const), which: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('replicas' as const), count: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('context' as const), tokens: fc.constantFrom(256, 512, 1024) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('file' as const),
      state: fc.constantFrom('x', 'y', 'missing', 'wrong', 'verifying'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('memory' as const), mib: fc.constantFrom(50, 150, 250, 1000) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('policy' as const), exists: fc.boolean() }) },
  { weight: 6, arbitrary: fc.constant({ type: 'reconcile' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface SimulatedReplica {
  index: number;
  state: ObservedReplica['state'];
  url: string;
  served: boolean;
}

class Simulation {
  model: Model = {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: 'a', namespace: 'default', generation: 1 },
    spec: { source: { uri: 'file:///a.gguf' }, replicas: 1 },
  };
  groups = new Map<string, { workload: Workload; replicas: SimulatedReplica[] }>();
  file = 'x';
  memoryMib = 1000;
  policyExists = true;
  writes = 0;
  #ports = 0;
  #clock = 0;

  edit(spec: Partial<Model['spec']>): void {
    this.model = {
      ...this.model,
      metadata: { ...this.model.metadata, generation: (this.model.metadata.generation ?? 0) + 1 },
      spec: { ...this.model.spec, ...spec },
    };
  }

  world(): ModelWorld {
    const source = this.source();
    const used = this.replicas().filter(({ state }) => state !== 'waiting').length * 100;
    return {
      model: this.model,
      policyExists: this.policyExists,
      source,
      ...(source.state === 'verified' ? { needs: this.needs() } : {}),
      workloads: this.observed(),
      memory: { totalBytes: 1000 * MIB, availableBytes: Math.max(0, this.memoryMib - used) * MIB },
      promisedBytes: 0,
    };
  }

  source(): SourceState {
    if (this.file === 'verifying') return { state: 'verifying', bytesDone: 1, bytesTotal: 2 };
    if (this.file === 'missing')
      return { state: 'failed', reason: 'MissingFile', message: 'missing', remedy: 'put it there' };
    if (this.file === 'wrong')
      return { state: 'failed', reason: 'WrongDigest', message: 'wrong', remedy: 'copy it again' };
    return {
      state: 'verified',
      path: '/a.gguf',
      identity: this.file,
      architecture: 'llama',
      parameters: 1,
      quantisation: 'F32',
      weightsBytes: 1,
      embeddingOnly: false,
    };
  }

  needs(): EngineNeeds {
    return {
      engine: 'e',
      contextTokens: this.model.spec.contextTokens ?? 512,
      slots: 4,
      weightsBytes: 60 * MIB,
      cacheBytes: 20 * MIB,
      stateBytes: 0,
      computeBytes: 0,
      programBytes: 20 * MIB,
      replicaBytes: 100 * MIB,
    };
  }

  observed(): ObservedWorkload[] {
    return [...this.groups.values()].map(({ workload, replicas }) => ({
      workload,
      replicas: replicas.map(({ index, state, url, served }) => ({
        index,
        state,
        restarts: 0,
        ...(served ? { url } : {}),
        ...(state === 'waiting'
          ? { failure: { reason: 'EngineCrashed', message: 'crashed', remedy: 'see the log' } }
          : {}),
      })),
    }));
  }

  replicas(): SimulatedReplica[] {
    return [...this.groups.values()].flatMap((group) => group.replicas);
  }

  /** The truth: replicas that would answer now with what the current generation asks for. */
  servingCurrent(): Set<string> {
    const source = this.source();
    const urls = [...this.groups.values()]
      .filter(
        ({ workload }) =>
          workload.launch.contextTokens === this.model.spec.contextTokens &&
          workload.revision === this.revisionByFile.get(`${this.file} ${this.model.spec.contextTokens}`),
      )
      .flatMap(({ replicas }) => replicas.filter(({ state }) => state === 'ready').map(({ url }) => url));
    return new Set(source.state === 'verified' ? urls : []);
  }

  readonly revisionByFile = new Map<string, string>();

  reconcile(): void {
    this.#clock += 1000;
    const plan = planModel(this.world(), new Date(this.#clock));
    const published = new Set((this.model.status?.endpoints ?? []).map(({ url }) => url));
    for (const workload of plan.workloads) {
      if (!this.groups.has(workload.key))
        this.revisionByFile.set(`${this.file} ${this.model.spec.contextTokens}`, workload.revision);
    }
    this.#apply(plan.workloads, published);
    if (JSON.stringify(plan.status) !== JSON.stringify(this.model.status)) this.writes += 1;
    this.model = { ...this.model, status: plan.status };
    this.#check();
  }

  #apply(workloads: readonly Workload[], published: ReadonlySet<string>): void {
    const wanted = new Map(workloads.map((workload) => [workload.key, workload]));
    for (const [key, group] of this.groups) {
      const count = wanted.get(key)?.replicas ?? 0;
      for (const replica of group.replicas.filter(({ index, state }) => index >= count && state !== 'draining')) {
        assert.ok(
          !(published.has(replica.url) && replica.state === 'ready'),
          'a replica that gateways still see was taken away',
        );
        replica.state = 'draining';
      }
    }
    for (const workload of workloads) {
      const group = this.groups.get(workload.key) ?? { workload, replicas: [] };
      group.workload = workload;
      this.groups.set(workload.key, group);
      for (let index = 0; index < workload.replicas; index += 1) {
        if (group.replicas.some((replica) => replica.index === index && replica.state !== 'draining')) continue;
        this.#ports += 1;
        group.replicas.push({ index, state: 'starting', url: `http://127.0.0.1:${this.#ports}`, served: false });
      }
    }
  }

  #check(): void {
    const { status, metadata, spec } = this.model;
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    assert.equal(status?.observedGeneration, metadata.generation);
    for (const { status: value, remedy, type, reason } of status?.conditions ?? []) {
      if (value === 'False') assert.ok((remedy ?? '').length > 3, `${type} ${reason} has no remedy`);
    }
    for (const { url, ready: claimed } of status?.endpoints ?? []) {
      if (claimed)
        assert.ok(
          this.replicas().some((replica) => replica.url === url && replica.state === 'ready'),
          'a dead endpoint is published',
        );
    }
    if (ready?.status !== 'True') return;
    assert.ok((spec.replicas ?? 1) > 0);
    const current = this.servingCurrent();
    assert.ok(
      (status?.endpoints ?? []).some(({ url }) => current.has(url)),
      'Ready is claimed, but no endpoint serves the current generation',
    );
  }

  advance(which: number): void {
    const all = [...this.groups.entries()].flatMap(([key, group]) =>
      group.replicas.map((replica) => ({ key, group, replica })),
    );
    const picked = all[which % Math.max(1, all.length)];
    if (picked === undefined) return;
    const { key, group, replica } = picked;
    if (replica.state === 'draining') group.replicas.splice(group.replicas.indexOf(replica), 1);
    else if (replica.state === 'waiting') replica.state = 'starting';
    else {
      replica.state = 'ready';
      replica.served = true;
    }
    if (group.replicas.length === 0) this.groups.delete(key);
  }

  fail(which: number, state: 'waiting' | 'busy'): void {
    const live = this.replicas().filter((replica) => replica.state === 'ready' || replica.state === 'starting');
    const replica = live[which % Math.max(1, live.length)];
    if (replica === undefined || (state === 'busy' && !replica.served)) return;
    replica.state = state;
    if (state === 'busy') return;
    this.#ports += 1;
    replica.url = `http://127.0.0.1:${this.#ports}`;
    replica.served = false;
  }

  take(step: Step): void {
    if (step.type === 'advance') this.advance(step.which);
    else if (step.type === 'crash') this.fail(step.which, 'waiting');
    else if (step.type === 'hang') this.fail(step.which, 'busy');
    else if (step.type === 'replicas') this.edit({ replicas: step.count });
    else if (step.type === 'context') this.edit({ contextTokens: step.tokens });
    else if (step.type === 'file') this.file = step.state;
    else if (step.type === 'memory') this.memoryMib = step.mib;
    else if (step.type === 'policy') this.policyExists = step.exists;
    else this.reconcile();
  }
}

describe('a plan, over random histories', () => {
  it(`never lies in Ready, never takes away what is still published, and settles (${RUNS} histories)`, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const simulation = new Simulation();
        for (const each of steps) {
          simulation.take(each);
          if (each.type !== 'reconcile' && each.type !== 'advance') continue;
          simulation.reconcile();
        }
        simulation.file = 'y';
        simulation.memoryMib = 1000;
        simulation.policyExists = true;
        simulation.edit({ replicas: 2 });
        for (let round = 0; round < 60; round += 1) {
          for (let which = 0; which < 12; which += 1) simulation.advance(which);
          simulation.reconcile();
        }
        const { status } = simulation.model;
        assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
        assert.equal(status?.conditions?.find(({ type }) => type === 'RolloutComplete')?.status, 'True');
        assert.equal(status?.endpoints?.length, 2);
        assert.equal(simulation.replicas().length, 2, 'what is not needed is gone');
        const { writes } = simulation;
        simulation.reconcile();
        simulation.reconcile();
        assert.equal(simulation.writes, writes, 'nothing is written at rest');
      }),
      { numRuns: RUNS, seed: 20_261_125 },
    );
  });
});
