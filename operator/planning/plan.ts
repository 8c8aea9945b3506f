// The pure middle of the reconcile pipe: from what is known of a Model to the workloads that should run and the status
// that should stand. The same function serves the controller, `intramuros plan` and a dry run. No clock, no I/O.
// Imports operator/api types and the planning room.
import { formatKey } from '../api/metadata.ts';
import type { ObservedWorkload, Workload, WorkloadProbe } from '../api/ports.ts';
import type { ModelStatus } from '../api/v1alpha1/model.ts';
import { adaptersPart, launchAdapters, pendingAdapters, sayOfAdapters } from './adapters.ts';
import { mergeConditions } from './conditions.ts';
import { type Fit, type FitQuestion, fit } from './fit.ts';
import { type Asked, judge } from './judge.ts';
import { revisionOf } from './revision.ts';
import { rollOut } from './rollout.ts';
import { currentReplicas } from './scale.ts';
import type { EngineNeeds, ModelWorld, VerifiedSource } from './world.ts';

export const PROBE: WorkloadProbe = { periodMs: 1000, hungMs: 3000, staleMs: 60_000 };

export interface ModelPlan {
  /** All that should run for the Model; what runs and is not here is drained. */
  readonly workloads: readonly Workload[];
  readonly status: ModelStatus;
}

export function planModel(seen: ModelWorld, now: Date): ModelPlan {
  const needs = adaptersPart(seen.needs, seen.adapters ?? []);
  const world: ModelWorld = needs === undefined ? seen : { ...seen, needs };
  const { model, workloads: observed } = world;
  const stored = model.status ?? {};
  const asked = ask(world);
  const rollout = rollOut({
    wanted: asked.wanted,
    observed,
    published: stored.endpoints ?? [],
    keepOld: asked.keepOld,
    replace: asked.replace,
  });
  const adapters = sayOfAdapters(world, asked.wanted, rollout.endpoints);
  const findings = judge(world, asked, rollout, adapters);
  const generation = model.metadata.generation ?? 1;
  const replicas = observed.flatMap((each) => each.replicas).filter(({ state }) => state !== 'waiting').length;
  const status: ModelStatus = {
    observedGeneration: generation,
    conditions: mergeConditions(stored.conditions ?? [], findings, generation, now),
    replicas,
    readyReplicas: rollout.endpoints.filter(({ ready, revision }) => ready && revision === asked.wanted?.revision)
      .length,
    ...(asked.wanted === undefined ? {} : { revision: asked.wanted.revision }),
    endpoints: [...rollout.endpoints],
    ...(world.source.state === 'verified' ? weightsOf(world.source) : {}),
    ...adapters.status,
    ...scalingOf(world),
    ...(world.needs === undefined ? {} : { plan: planOf(world.needs, world.memory.availableBytes, stored, asked.fit) }),
  };
  return { workloads: rollout.workloads, status };
}

/** What the current generation asks for, as far as the weights and the machine allow it. */
function ask(world: ModelWorld): Asked {
  const { model, source, needs, workloads, memory, promisedBytes } = world;
  const replicas = world.scaling?.wanted ?? currentReplicas(model);
  const none = { replicas, wanted: undefined, fit: undefined, replace: false };
  if (source.state === 'verifying') return { ...none, keepOld: true };
  // A file that is not the one that was pinned must not answer; one that only went missing is still in memory.
  if (source.state === 'failed') return { ...none, keepOld: source.reason !== 'WrongDigest' };
  if (needs === undefined || needs.refusal !== undefined || pendingAdapters(world)) return { ...none, keepOld: true };
  const owner = formatKey(model.metadata);
  const launch = {
    engine: needs.engine,
    weights: source.path,
    ...(model.spec.contextTokens === undefined ? {} : { contextTokens: model.spec.contextTokens }),
    slots: needs.slots,
    embeddingOnly: source.embeddingOnly,
    ...launchAdapters(world),
  };
  const revision = revisionOf(launch, source.identity);
  const key = `${owner}@${revision}`;
  const question = {
    needs,
    replicas,
    running: runningOf(workloads, key),
    memory,
    promisedBytes: promisedBytes + promisedTo(workloads),
    weights: { parameters: source.parameters, quantisation: source.quantisation },
  };
  let answer = steadyFit(question, model.status?.plan);
  const oldBytes = workloads
    .filter(({ workload }) => workload.key !== key)
    .reduce((sum, { workload, replicas: each }) => sum + workload.memoryBytes * each.length, 0);
  let replace = false;
  if (answer.finding.status === 'False' && answer.finding.reason === 'NotEnoughMemory' && oldBytes > 0) {
    const instead = fit({ ...question, memory: { ...memory, availableBytes: memory.availableBytes + oldBytes } });
    replace = instead.finding.status === 'True';
    if (replace) answer = instead;
  }
  const wanted: Workload = {
    key,
    owner,
    revision,
    replicas: answer.admitted,
    launch,
    gpus: 0,
    probe: PROBE,
    confinement: { listen: 'loopback' },
    memoryBytes: needs.replicaBytes,
  };
  const runs = answer.admitted > 0 || replicas === 0;
  return { replicas, wanted: runs ? wanted : undefined, fit: answer, keepOld: replicas > 0, replace };
}

function scalingOf({ model, scaling = model.status?.scaling }: ModelWorld): Pick<ModelStatus, 'scaling'> {
  return model.spec.scaling === undefined || scaling === undefined ? {} : { scaling };
}

/**
 * Free memory moves all the time, and a status that follows it would be written for ever: while the decision stays the
 * same and the figure is near, the stored figure is the one that is told.
 */
function steadyFit(question: FitQuestion, told: ModelStatus['plan']): Fit {
  const answer = fit(question);
  const before = told?.availableBytes;
  const { availableBytes } = question.memory;
  if (before === undefined || Math.abs(before - availableBytes) > 0.1 * Math.max(before, availableBytes)) return answer;
  const again = fit({ ...question, memory: { ...question.memory, availableBytes: before } });
  return again.admitted === answer.admitted ? again : answer;
}

/** Memory that processes were promised and have not taken yet: those that start, or will start again. */
export function promisedTo(workloads: readonly ObservedWorkload[]): number {
  return workloads.reduce((sum, { workload, replicas }) => {
    const coming = replicas.filter(({ state }) => state === 'starting' || state === 'waiting').length;
    return sum + coming * workload.memoryBytes;
  }, 0);
}

function runningOf(observed: readonly ObservedWorkload[], key: string): number {
  return (
    observed.find(({ workload }) => workload.key === key)?.replicas.filter(({ state }) => state !== 'draining')
      .length ?? 0
  );
}

function weightsOf(source: VerifiedSource): Pick<ModelStatus, 'weights' | 'answerSchema'> {
  return {
    weights: {
      architecture: source.architecture,
      parameters: source.parameters,
      quantisation: source.quantisation,
      bytes: source.weightsBytes,
      ...(source.digest === undefined ? {} : { digest: source.digest }),
    },
    ...(source.answerSchema === undefined ? {} : { answerSchema: { ...source.answerSchema } }),
  };
}

// Free memory moves all the time; the status holds the figure of the moment of decision, else it would be written for ever.
function planOf(
  needs: EngineNeeds,
  availableBytes: number,
  stored: ModelStatus,
  answer: Fit | undefined,
): NonNullable<ModelStatus['plan']> {
  const { refusal: _refusal, contextLimit: _limit, bytesAt: _bytesAt, ...parts } = needs;
  const before = stored.plan?.availableBytes;
  const near = before !== undefined && Math.abs(before - availableBytes) <= 0.1 * Math.max(before, availableBytes);
  const decided = stored.plan?.replicaBytes === needs.replicaBytes && answer?.finding.status === 'True';
  const seen = before !== undefined && (near || decided) ? before : availableBytes;
  return {
    ...parts,
    availableBytes: seen,
    ...(answer?.shortfallBytes === undefined ? {} : { shortfallBytes: answer.shortfallBytes }),
    ...(answer?.nearestChange === undefined ? {} : { nearestChange: answer.nearestChange }),
  };
}
