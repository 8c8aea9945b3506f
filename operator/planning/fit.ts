// Does it fit? A simple answer in bytes: what one replica needs against what the machine has left. Replicas that run
// already have their memory and are not asked again. Imports operator/api types.
import type { Finding } from '../api/conditions.ts';
import type { EngineNeeds, MachineMemory } from './world.ts';

export interface FitQuestion {
  readonly needs: EngineNeeds;
  /** Replicas wanted. */
  readonly replicas: number;
  /** Replicas of this revision that run already. */
  readonly running: number;
  readonly memory: MachineMemory;
  readonly promisedBytes: number;
}

export interface Fit {
  /** Replicas that may run now, of those wanted. */
  readonly admitted: number;
  readonly finding: Finding;
}

export function fit({ needs, replicas, running, memory, promisedBytes }: FitQuestion): Fit {
  if (needs.contextLimit !== undefined && needs.contextTokens > needs.contextLimit)
    return contextTooLong(needs, needs.contextLimit);
  const free = Math.max(0, memory.availableBytes - promisedBytes);
  const more = Math.max(0, replicas - running);
  const room = Math.min(more, Math.floor(free / needs.replicaBytes));
  const admitted = Math.min(replicas, running) + room;
  if (room === more) {
    const message = `One replica needs ${gib(needs.replicaBytes)} (${breakdown(needs)}).`;
    return { admitted, finding: { status: 'True', reason: 'EnoughMemory', message } };
  }
  return {
    admitted,
    finding: {
      status: 'False',
      reason: 'NotEnoughMemory',
      message: `${more} more ${more === 1 ? 'replica needs' : 'replicas need'} ${gib(more * needs.replicaBytes)} (${breakdown(needs)} each), but ${gib(free)} of ${gib(memory.totalBytes)} are free: ${gib(more * needs.replicaBytes - free)} are missing.`,
      remedy: remedyFor(needs, admitted, free),
    },
  };
}

function contextTooLong(needs: EngineNeeds, limit: number): Fit {
  return {
    admitted: 0,
    finding: {
      status: 'False',
      reason: 'ContextTooLong',
      message: `spec.contextTokens asks for ${needs.contextTokens} tokens, but the model was trained for ${limit}.`,
      remedy: `Set spec.contextTokens to at most ${limit}, or leave it out.`,
    },
  };
}

function remedyFor(needs: EngineNeeds, admitted: number, free: number): string {
  const fixed = needs.weightsBytes + (needs.adaptersBytes ?? 0) + needs.overheadBytes;
  const affordable = Math.floor((needs.contextTokens * (free - fixed)) / Math.max(1, needs.stateBytes));
  const others = 'stop another Model (spec.replicas: 0), or use a smaller quantisation of the weights';
  if (admitted > 0) return `Set spec.replicas to ${admitted}, or ${others}.`;
  if (needs.stateBytes > 0 && free > fixed && affordable >= 64)
    return `Set spec.contextTokens to at most ${affordable}, or ${others}.`;
  return `Free memory on the machine: ${others}.`;
}

export function breakdown({ weightsBytes, adaptersBytes = 0, stateBytes, overheadBytes }: EngineNeeds): string {
  const adapters = adaptersBytes === 0 ? '' : `, adapters ${gib(adaptersBytes)}`;
  return `weights ${gib(weightsBytes)}${adapters}, conversations ${gib(stateBytes)}, program ${gib(overheadBytes)}`;
}

/** Bytes as people read them. */
export function gib(bytes: number): string {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
