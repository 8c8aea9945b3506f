import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as check, integer, property, record } from 'fast-check';
import { fit } from './fit.ts';
import { nearestChange } from './nearest-change.ts';
import { planResources, renderPlan } from './plan-resources.ts';
import type { EngineNeeds } from './world.ts';

const GIB = 2 ** 30;

/** 4 GiB of weights, half a GiB of everything else, and a cache of 1 GiB for 4096 tokens. */
function needsFor(contextTokens: number): EngineNeeds {
  const bytesAt = (tokens: number) => (4.5 + tokens / 4096) * GIB;
  return {
    engine: 'e',
    contextTokens,
    contextLimit: 32_768,
    slots: 4,
    weightsBytes: 4 * GIB,
    cacheBytes: (contextTokens / 4096) * GIB,
    stateBytes: 0,
    computeBytes: GIB / 4,
    programBytes: GIB / 4,
    replicaBytes: bytesAt(contextTokens),
    bytesAt,
  };
}

const weights = { parameters: 4 * GIB, quantisation: 'Q8_0' };

describe('the nearest change that fits', () => {
  it('is fewer replicas where that keeps more than a shorter context would', () => {
    const question = { needs: needsFor(4096), replicas: 3, admitted: 2, bytes: 14 * GIB };
    assert.deepEqual(nearestChange(question), { replicas: 2 });
  });

  it('is a shorter context where that keeps more than fewer replicas would', () => {
    const question = { needs: needsFor(16_384), replicas: 2, admitted: 1, bytes: 16 * GIB };
    assert.deepEqual(nearestChange(question), { contextTokens: 14_336 });
  });

  it('is both where neither alone is enough', () => {
    const question = { needs: needsFor(16_384), replicas: 3, admitted: 0, bytes: 6.5 * GIB };
    assert.deepEqual(nearestChange(question), { replicas: 1, contextTokens: 8192 });
  });

  it('is a smaller quantisation where no setting helps, and the largest one that fits', () => {
    const question = { needs: needsFor(4096), replicas: 1, admitted: 0, bytes: 4.4 * GIB, weights };
    assert.deepEqual(nearestChange(question), { quantisation: 'Q5_K_M' });
  });

  it('is none where even that is too large', () => {
    const question = { needs: needsFor(4096), replicas: 1, admitted: 0, bytes: GIB, weights };
    assert.equal(nearestChange(question), undefined);
  });

  it('always fits when it is followed, and a step more would not', () => {
    const inputs = {
      tokens: integer({ min: 256, max: 32_768 }),
      replicas: integer({ min: 1, max: 8 }),
      free: integer({ min: 1, max: 64 * 1024 }),
    };
    check(
      property(record(inputs), ({ tokens, replicas, free }) => {
        const memory = { totalBytes: 64 * GIB, availableBytes: free * 2 ** 20 };
        const ask = (needs: EngineNeeds, count: number) =>
          fit({ needs, replicas: count, running: 0, memory, promisedBytes: 0, weights });
        const answer = ask(needsFor(tokens), replicas);
        if (answer.finding.status === 'True') return assert.equal(answer.nearestChange, undefined);
        assert.ok((answer.shortfallBytes ?? 0) > 0);
        const change = answer.nearestChange;
        if (change === undefined || change.quantisation !== undefined) {
          assert.equal(
            ask(needsFor(256), 1).finding.status === 'True' && tokens > 512,
            false,
            'a setting would have done',
          );
          return;
        }
        const contextTokens = change.contextTokens ?? tokens;
        const count = change.replicas ?? replicas;
        assert.equal(ask(needsFor(contextTokens), count).finding.status, 'True');
        if (change.replicas !== undefined && change.contextTokens === undefined)
          assert.equal(ask(needsFor(tokens), count + 1).finding.status, 'False');
        if (change.contextTokens !== undefined && contextTokens + 256 < tokens)
          assert.equal(ask(needsFor(contextTokens + 256), count).finding.status, 'False');
      }),
      { numRuns: 1000 },
    );
  });

  it('for a context beyond training is the trained one, or what memory holds of it', () => {
    const ask = (availableBytes: number) =>
      fit({
        needs: needsFor(65_536),
        replicas: 1,
        running: 0,
        memory: { totalBytes: 64 * GIB, availableBytes },
        promisedBytes: 0,
      });
    const roomy = ask(64 * GIB);
    assert.deepEqual([roomy.admitted, roomy.finding.reason], [0, 'ContextTooLong']);
    assert.deepEqual(roomy.nearestChange, { contextTokens: 32_768 });
    const tight = ask(8.5 * GIB);
    assert.deepEqual(tight.nearestChange, { contextTokens: 16_384 });
    assert.match(tight.finding.remedy ?? '', /at most 16384: memory does not hold 32768 either/);
  });

  it('is told in the words of the spec, with the bytes that would have to be freed instead', () => {
    const memory = { totalBytes: 16 * GIB, availableBytes: 5 * GIB };
    const { finding } = fit({ needs: needsFor(4096), replicas: 1, running: 0, memory, promisedBytes: 0, weights });
    assert.match(
      finding.message,
      /weights 4\.0 GiB, attention cache 1\.0 GiB, compute buffers 256 MiB, program 256 MiB/,
    );
    assert.match(finding.message, /512 MiB are missing/);
    assert.match(
      finding.remedy ?? '',
      /^Set spec\.contextTokens to at most 2048, use weights quantised as Q6_K, or free 512 MiB/,
    );
  });

  it('stands in the status beside the named parts and what is missing, and in the plan that people read', () => {
    const model = {
      apiVersion: 'intramuros.dev/v1alpha1',
      kind: 'Model',
      metadata: { name: 'a', namespace: 'default' },
      spec: { source: { uri: 'file:///a.gguf' }, replicas: 1 },
    } as const;
    const source = {
      state: 'verified',
      path: '/a.gguf',
      identity: 'i',
      architecture: 'llama',
      ...weights,
      weightsBytes: 4 * GIB,
      embeddingOnly: false,
    } as const;
    const facts = {
      source: () => source,
      needs: () => ({ ...needsFor(4096), expertBytes: 3 * GIB, activeBytes: 2 * GIB }),
      memory: { totalBytes: 16 * GIB, availableBytes: 5 * GIB },
      policies: [],
    };
    const planned = planResources([model], facts, new Date(0));
    const plan = planned.models[0]?.plan.status.plan;
    assert.ok(plan !== undefined);
    const { cacheBytes = 0, stateBytes = 0, computeBytes = 0, programBytes = 0 } = plan;
    assert.equal((plan.weightsBytes ?? 0) + cacheBytes + stateBytes + computeBytes + programBytes, plan.replicaBytes);
    assert.deepEqual([plan.expertBytes, plan.activeBytes], [3 * GIB, 2 * GIB], 'all experts count; some are read');
    assert.deepEqual([plan.shortfallBytes, plan.nearestChange], [GIB / 2, { contextTokens: 2048 }]);
    assert.ok(!('bytesAt' in plan), 'a status holds data');
    assert.equal(planned.models[0]?.plan.workloads.length, 0, 'refused before the start');
    assert.match(renderPlan(planned), /weights 4\.0 GiB with 3\.0 GiB of experts, attention cache 1\.0 GiB/);
  });
});
