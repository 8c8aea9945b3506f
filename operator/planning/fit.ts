// Does it fit? A simple answer in bytes: what one replica needs against what the machine has left. Replicas that run
// already have their memory and are not asked again. Imports operator/api types and
// nearest-change.
import type { Finding } from '../api/conditions.ts';
import { type ChangeQuestion, type NearestChange, nearestChange, quantisationThatFits } from './nearest-change.ts';
import type { EngineNeeds, MachineMemory } from './world.ts';

export interface FitQuestion {
  readonly needs: EngineNeeds;
  /** Replicas wanted. */
  readonly replicas: number;
  /** Replicas of this revision that run already. */
  readonly running: number;
  readonly memory: MachineMemory;
  readonly promisedBytes: number;
  /** Where they are known, another quantisation is among the changes proposed. */
  readonly weights?: ChangeQuestion['weights'];
}

export interface Fit {
  /** Replicas that may run now, of those wanted. */
  readonly admitted: number;
  readonly finding: Finding;
  /** Memory that is missing for the replicas that do not fit. */
  readonly shortfallBytes?: number;
  /** The least change with which it would fit; left out where only more memory helps. */
  readonly nearestChange?: NearestChange;
}

export function fit(question: FitQuestion): Fit {
  const { needs, replicas, running, memory, promisedBytes, weights } = question;
  const free = Math.max(0, memory.availableBytes - promisedBytes);
  const more = Math.max(0, replicas - running);
  const room = Math.min(more, Math.floor(free / needs.replicaBytes));
  const admitted = Math.min(replicas, running) + room;
  const change: ChangeQuestion = {
    needs,
    replicas,
    admitted,
    // Those that run give their memory back when the spec changes.
    bytes: free + running * needs.replicaBytes,
    ...(weights === undefined ? {} : { weights }),
  };
  if (needs.contextLimit !== undefined && needs.contextTokens > needs.contextLimit)
    return contextTooLong(change, needs.contextLimit);
  if (room === more) {
    const message = `One replica needs ${gib(needs.replicaBytes)} (${breakdown(needs)}).`;
    return { admitted, finding: { status: 'True', reason: 'EnoughMemory', message } };
  }
  const shortfallBytes = more * needs.replicaBytes - free;
  const nearest = nearestChange(change);
  return {
    admitted,
    finding: {
      status: 'False',
      reason: 'NotEnoughMemory',
      message: `${more} more ${more === 1 ? 'replica needs' : 'replicas need'} ${gib(more * needs.replicaBytes)} (${breakdown(needs)} each), but ${gib(free)} of ${gib(memory.totalBytes)} are free: ${gib(shortfallBytes)} are missing.`,
      remedy: remedyFor(change, nearest, shortfallBytes),
    },
    shortfallBytes,
    ...(nearest === undefined ? {} : { nearestChange: nearest }),
  };
}

/** What was trained for fewer tokens answers nonsense beyond them: no amount of memory helps. */
function contextTooLong(change: ChangeQuestion, limit: number): Fit {
  const { needs, replicas, bytes } = change;
  const affordable = (needs.bytesAt?.(limit) ?? 0) * replicas <= bytes;
  const nearest = affordable
    ? { contextTokens: limit }
    : nearestChange({ ...change, admitted: 0, needs: { ...needs, contextTokens: limit } });
  const tokens = nearest?.contextTokens ?? limit;
  return {
    admitted: 0,
    finding: {
      status: 'False',
      reason: 'ContextTooLong',
      message: `spec.contextTokens asks for ${needs.contextTokens} tokens, but the model was trained for ${limit}.`,
      remedy: affordable
        ? `Set spec.contextTokens to at most ${limit}, or leave it out.`
        : `Set spec.contextTokens to at most ${tokens}: memory does not hold ${limit} either.`,
    },
    ...(nearest === undefined ? {} : { nearestChange: nearest }),
  };
}

function remedyFor(change: ChangeQuestion, nearest: NearestChange | undefined, shortfallBytes: number): string {
  const freed = `free ${gib(shortfallBytes)} (stop another Model by spec.replicas: 0)`;
  const smaller = quantisationThatFits(change);
  const weights = smaller === undefined ? '' : `, use weights quantised as ${smaller}`;
  if (nearest === undefined || nearest.quantisation !== undefined) {
    const other = smaller === undefined ? '' : `, or use weights quantised as ${smaller}`;
    return `No smaller spec.replicas or spec.contextTokens fits: ${freed}${other}.`;
  }
  const settings = [
    ...(nearest.replicas === undefined ? [] : [`spec.replicas to ${nearest.replicas}`]),
    ...(nearest.contextTokens === undefined ? [] : [`spec.contextTokens to at most ${nearest.contextTokens}`]),
  ];
  return `Set ${settings.join(' and ')}${weights}, or ${freed}.`;
}

/** The parts of one replica's memory, those that are there. */
export function breakdown(needs: EngineNeeds): string {
  const experts = needs.expertBytes === undefined ? '' : ` with ${gib(needs.expertBytes)} of experts`;
  const parts: (readonly [string, number | undefined])[] = [
    [`weights ${gib(needs.weightsBytes)}${experts}`, needs.weightsBytes],
    [`adapters ${gib(needs.adaptersBytes ?? 0)}`, needs.adaptersBytes],
    [`attention cache ${gib(needs.cacheBytes)}`, needs.cacheBytes],
    [`recurrent state ${gib(needs.stateBytes)}`, needs.stateBytes],
    [`compute buffers ${gib(needs.computeBytes)}`, needs.computeBytes],
    [`program ${gib(needs.programBytes)}`, needs.programBytes],
  ];
  return parts.flatMap(([text, bytes]) => (bytes === undefined || bytes === 0 ? [] : [text])).join(', ');
}

/** Bytes as people read them. */
export function gib(bytes: number): string {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
