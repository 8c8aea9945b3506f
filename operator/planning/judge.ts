// What is said of a Model: one finding a condition, each failure with its remedy, and their sum Ready. Pure.
import type { Failure, Finding } from '../api/conditions.ts';
import type { Workload } from '../api/ports.ts';
import { type AdapterFindings, pendingAdapters } from './adapters.ts';
import type { ModelFindings } from './conditions.ts';
import { type Fit, gib } from './fit.ts';
import type { Rollout } from './rollout.ts';
import type { ModelWorld } from './world.ts';

/** What the current generation comes to. */
export interface Asked {
  /** Replicas that are wanted, by spec.replicas or by what spec.scaling came to. */
  readonly replicas: number;
  readonly wanted: Workload | undefined;
  readonly fit: Fit | undefined;
  readonly keepOld: boolean;
  readonly replace: boolean;
}

export function judge(world: ModelWorld, asked: Asked, rollout: Rollout, adapters: AdapterFindings): ModelFindings {
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
    ...(adapters.finding === undefined ? {} : { AdaptersReady: adapters.finding }),
    RolloutComplete: rolloutComplete,
  };
}

function judgeSource({ model, source }: ModelWorld): Finding {
  if (source.state === 'failed') return failure(source);
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
  if (needs?.refusal !== undefined) return failure(needs.refusal);
  const message =
    source.state === 'failed' ? 'Not known: the weights cannot be used.' : 'Not known before the weights were checked.';
  return { status: 'Unknown', reason: 'SourceNotVerified', message };
}

function judgeEngine(world: ModelWorld, { wanted, replicas: asked }: Asked): Finding {
  const { model, source, workloads } = world;
  if (asked === 0) return noneAsked(model);
  if (wanted === undefined && (source.state === 'verifying' || pendingAdapters(world))) {
    return { status: 'Unknown', reason: 'NotStarted', message: 'Engines start once the files are checked.' };
  }
  if (wanted === undefined) return notStarted('No engine process was started: see the other conditions.');
  const replicas = (workloads.find(({ workload }) => workload.key === wanted.key)?.replicas ?? []).filter(
    ({ state }) => state !== 'draining',
  );
  const answering = replicas.filter(({ state }) => state === 'ready').length;
  if (answering > 0) {
    return {
      status: 'True',
      reason: 'CompletionAnswered',
      message: `${answering} of ${asked} engine processes answered a completion of one token.`,
    };
  }
  const failed = replicas.find(({ failure }) => failure !== undefined)?.failure;
  if (failed !== undefined) return failure(failed);
  return {
    status: 'Unknown',
    reason: 'Starting',
    message: 'The engine loads the weights; it has not answered a completion yet.',
  };
}

function judgeRollout({ model, workloads }: ModelWorld, asked: Asked, rollout: Rollout): Finding {
  const { wanted, replace, replicas } = asked;
  if (replicas === 0) {
    const live = workloads.some((each) => each.replicas.length > 0);
    return live
      ? { status: 'Unknown', reason: 'Draining', message: 'The engine processes finish what they have.' }
      : {
          status: 'True',
          reason: noneAsked(model).reason,
          message: `No engine process runs, as ${model.spec.scaling === undefined ? 'spec.replicas asks' : 'no request asks for one'}.`,
        };
  }
  if (wanted === undefined) return notStarted('The current generation runs nowhere: see the other conditions.');
  if (rollout.complete && wanted.replicas === replicas) {
    return {
      status: 'True',
      reason: 'AllReplicasCurrent',
      message: `All ${replicas} replicas run revision ${wanted.revision} and answer.`,
    };
  }
  const current = workloads.find(({ workload }) => workload.key === wanted.key)?.replicas ?? [];
  const failed = current.find(({ failure, state }) => failure !== undefined && state !== 'ready')?.failure;
  if (failed !== undefined) return failure(failed);
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
  if (asked.replicas === 0) {
    // One that sleeps must not promise to wake up when its weights cannot be used.
    const [source] = parts;
    const sleeps = world.model.spec.scaling !== undefined;
    return sleeps && source?.status === 'False' ? source : noneAsked(world.model);
  }
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
    message: `${serving.length} of ${asked.replicas} replicas of the current generation answered a completion.`,
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

function noneAsked({ spec }: ModelWorld['model']): Finding {
  return spec.scaling === undefined ? STOPPED : SLEEPING;
}

const SLEEPING: Finding = {
  status: 'False',
  reason: 'ScaledToZero',
  message: 'No replica runs, because no request came.',
  remedy: 'Send a request: it waits while the first replica starts. Set spec.scaling.min to 1 to keep one ready.',
};

const STOPPED: Finding = {
  status: 'False',
  reason: 'Stopped',
  message: 'spec.replicas is 0.',
  remedy: 'Set spec.replicas to 1 or more.',
};

function notStarted(message: string): Finding {
  return {
    status: 'False',
    reason: 'NotStarted',
    message,
    remedy: 'Follow the remedy of the condition that is False.',
  };
}

function failure({ reason, message, remedy }: Failure): Finding {
  return { status: 'False', reason, message, remedy };
}
