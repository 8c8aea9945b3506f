// The pure middle of the reconcile pipe: from what is known of a Model to the workloads that should run and the status
// that should stand. The same function serves the controller, `intramuros plan` and a dry run. No clock, no I/O.
// Imports operator/api types and the planning room.
import type { Finding } from '../api/conditions.ts';
import { formatKey } from '../api/metadata.ts';
import type { ObservedWorkload, Workload, WorkloadProbe } from '../api/ports.ts';
import type { ModelStatus } from '../api/v1alpha1/model.ts';
import { type ModelFindings, mergeConditions } from './conditions.ts';
import { type Fit, type FitQuestion, fit, gib } from './fit.ts';
import { revisionOf } from './revision.ts';
import { type Rollout, rollOut } from './rollout.ts';
import type { EngineNeeds, ModelWorld, VerifiedSource } from './world.ts';

export const PROBE: WorkloadProbe = { periodMs: 1000, hungMs: 3000, staleMs: 60_000 };

export interface ModelPlan {
  /** All that should run for the Model; what runs and is not here is drained. */
  readonly workloads: readonly Workload[];
  readonly status: ModelStatus;
}

export function planModel(world: ModelWorld, now: Date): ModelPlan {
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
  const findings = judge(world, asked, rollout);
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
    ...(world.needs === undefined ? {} : { plan: planOf(world.needs, world.memory.availableBytes, stored, asked.fit) }),
  };
  return { workloads: rollout.workloads, status };
}

interface Asked {
  readonly wanted: Workload | undefined;
  readonly fit: Fit | undefined;
  readonly keepOld: boolean;
  readonly replace: boolean;
}

/** What the current generation asks for, as far as the weights and the machine allow it. */
function ask(world: ModelWorld): Asked {
  const { model, source, needs, workloads, memory, promisedBytes } = world;
  if (source.state === 'verifying') return { wanted: undefined, fit: undefined, keepOld: true, replace: false };
  // A file that is not the one that was pinned must not answer; one that only went missing is still in memory.
  if (source.state === 'failed')
    return { wanted: undefined, fit: undefined, keepOld: source.reason !== 'WrongDigest', replace: false };
  if (needs === undefined || needs.refusal !== undefined)
    return { wanted: undefined, fit: undefined, keepOld: true, replace: false };
  const owner = formatKey(model.metadata);
  const launch = {
    engine: needs.engine,
    weights: source.path,
    ...(model.spec.contextTokens === undefined ? {} : { contextTokens: model.spec.contextTokens }),
    slots: needs.slots,
    embeddingOnly: source.embeddingOnly,
  };
  const revision = revisionOf(launch, source.identity);
  const key = `${owner}@${revision}`;
  const replicas = model.spec.replicas;
  const question = { needs, replicas, running: runningOf(workloads, key), memory, promisedBytes };
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
  return { wanted: runs ? wanted : undefined, fit: answer, keepOld: replicas > 0, replace };
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

function runningOf(observed: readonly ObservedWorkload[], key: string): number {
  return (
    observed.find(({ workload }) => workload.key === key)?.replicas.filter(({ state }) => state !== 'draining')
      .length ?? 0
  );
}

function judge(world: ModelWorld, asked: Asked, rollout: Rollout): ModelFindings {
  const sourceVerified = judgeSource(world);
  const fits = judgeFit(world, asked.fit);
  const engineReady = judgeEngine(world, asked);
  const rolloutComplete = judgeRollout(world, asked, rollout);
  const ready = judgeReady(world, asked, rollout, [sourceVerified, fits, engineReady]);
  return {
    Ready: ready,
    SourceVerified: sourceVerified,
    Fits: fits,
    EngineReady: engineReady,
    RolloutComplete: rolloutComplete,
  };
}

function judgeSource({ model, source }: ModelWorld): Finding {
  if (source.state === 'failed')
    return { status: 'False', reason: source.reason, message: source.message, remedy: source.remedy };
  if (source.state === 'verifying') {
    const progress = source.bytesTotal > 0 ? `, ${gib(source.bytesDone)} of ${gib(source.bytesTotal)} read` : '';
    return { status: 'Unknown', reason: 'Verifying', message: `The weights are being checked${progress}.` };
  }
  return model.spec.source.digest === undefined
    ? {
        status: 'True',
        reason: 'HeaderRead',
        message: 'The weights are complete; no digest is pinned in spec.source.digest.',
      }
    : { status: 'True', reason: 'DigestMatches', message: 'The weights match spec.source.digest.' };
}

function judgeFit({ needs, source }: ModelWorld, answer: Fit | undefined): Finding {
  if (answer !== undefined) return answer.finding;
  if (needs?.refusal !== undefined) return { status: 'False', ...needs.refusal };
  const message =
    source.state === 'failed' ? 'Not known: the weights cannot be used.' : 'Not known before the weights were checked.';
  return { status: 'Unknown', reason: 'SourceNotVerified', message };
}

function judgeEngine({ model, source, workloads }: ModelWorld, { wanted }: Asked): Finding {
  if (model.spec.replicas === 0)
    return {
      status: 'False',
      reason: 'Stopped',
      message: 'spec.replicas is 0.',
      remedy: 'Set spec.replicas to 1 or more.',
    };
  if (wanted === undefined && source.state === 'verifying')
    return { status: 'Unknown', reason: 'NotStarted', message: 'Engines start once the weights are checked.' };
  if (wanted === undefined)
    return {
      status: 'False',
      reason: 'NotStarted',
      message: 'No engine process was started: see the other conditions.',
      remedy: 'Follow the remedy of the condition that is False.',
    };
  const replicas = (workloads.find(({ workload }) => workload.key === wanted.key)?.replicas ?? []).filter(
    ({ state }) => state !== 'draining',
  );
  const answering = replicas.filter(({ state }) => state === 'ready').length;
  if (answering > 0) {
    return {
      status: 'True',
      reason: 'CompletionAnswered',
      message: `${answering} of ${model.spec.replicas} engine processes answered a completion of one token.`,
    };
  }
  const failed = replicas.find(({ failure }) => failure !== undefined)?.failure;
  if (failed !== undefined) return { status: 'False', ...failed };
  return {
    status: 'Unknown',
    reason: 'Starting',
    message: 'The engine loads the weights; it has not answered a completion yet.',
  };
}

function judgeRollout({ model, workloads }: ModelWorld, { wanted, replace }: Asked, rollout: Rollout): Finding {
  const { replicas } = model.spec;
  if (replicas === 0) {
    const live = workloads.some((each) => each.replicas.length > 0);
    return live
      ? { status: 'Unknown', reason: 'Draining', message: 'The engine processes finish what they have.' }
      : { status: 'True', reason: 'Stopped', message: 'No engine process runs, as spec.replicas asks.' };
  }
  if (wanted === undefined)
    return {
      status: 'False',
      reason: 'NotStarted',
      message: 'The current generation runs nowhere: see the other conditions.',
      remedy: 'Follow the remedy of the condition that is False.',
    };
  if (rollout.complete && wanted.replicas === replicas) {
    return {
      status: 'True',
      reason: 'AllReplicasCurrent',
      message: `All ${replicas} replicas run revision ${wanted.revision} and answer.`,
    };
  }
  const current = workloads.find(({ workload }) => workload.key === wanted.key)?.replicas ?? [];
  const failed = current.find(({ failure, state }) => failure !== undefined && state !== 'ready')?.failure;
  if (failed !== undefined) return { status: 'False', ...failed };
  if (wanted.replicas < replicas) {
    return {
      status: 'False',
      reason: 'NotEnoughMemory',
      message: `${wanted.replicas} of ${replicas} replicas fit.`,
      remedy: 'Follow the remedy of the condition Fits.',
    };
  }
  const how = replace
    ? 'The old processes end first, because memory does not hold both'
    : 'New processes start before the old ones end';
  return {
    status: 'Unknown',
    reason: 'Progressing',
    message: `${how}; ${current.filter(({ state }) => state === 'ready').length} of ${replicas} answer.`,
  };
}

/** True only when a gateway that reads this very status finds an endpoint of the current generation that answered. */
function judgeReady(world: ModelWorld, asked: Asked, rollout: Rollout, parts: readonly Finding[]): Finding {
  if (!world.policyExists) return policyMissing(world);
  if (world.model.spec.replicas === 0)
    return {
      status: 'False',
      reason: 'Stopped',
      message: 'spec.replicas is 0.',
      remedy: 'Set spec.replicas to 1 or more.',
    };
  // A replica too many for the memory does not make the others useless: Fits says so, Ready does not.
  const blocking = parts.find((part, index) => part.status === 'False' && !(index === 1 && asked.wanted !== undefined));
  if (blocking !== undefined) return blocking;
  const unknown = parts.find(
    (part, index) => part.status === 'Unknown' && !(index === 1 && asked.wanted !== undefined),
  );
  if (unknown !== undefined) return { ...unknown, status: 'False', remedy: 'Wait: this is work in progress.' };
  const serving = rollout.endpoints.filter(({ ready, revision }) => ready && revision === asked.wanted?.revision);
  if (serving.length === 0) {
    return {
      status: 'False',
      reason: 'RolloutInProgress',
      message: 'The previous revision still serves; the current one does not answer in full yet.',
      remedy: 'Wait, or see the condition RolloutComplete.',
    };
  }
  return {
    status: 'True',
    reason: 'Serving',
    message: `${serving.length} of ${world.model.spec.replicas} replicas of the current generation answered a completion.`,
  };
}

function policyMissing({ model }: ModelWorld): Finding {
  const name = model.spec.privacy?.policy ?? '';
  return {
    status: 'False',
    reason: 'PolicyNotFound',
    message: `The PrivacyPolicy "${name}" that spec.privacy.policy names does not exist; requests are refused.`,
    remedy: 'Apply a PrivacyPolicy of that name, or change spec.privacy.policy.',
  };
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
  const { engine, contextTokens, slots, weightsBytes, stateBytes, overheadBytes, replicaBytes } = needs;
  const before = stored.plan?.availableBytes;
  const near = before !== undefined && Math.abs(before - availableBytes) <= 0.1 * Math.max(before, availableBytes);
  const decided = stored.plan?.replicaBytes === replicaBytes && answer?.finding.status === 'True';
  const seen = before !== undefined && (near || decided) ? before : availableBytes;
  return { engine, contextTokens, slots, weightsBytes, stateBytes, overheadBytes, replicaBytes, availableBytes: seen };
}
