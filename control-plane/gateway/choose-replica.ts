// Which engine process takes the request: the one with most free places, or the first that frees one within the queue
// budget. Bounded, so that waiting never costs the gateway its memory.

import { fail } from '../errors.ts';
import type { Replica, ServedModel } from './catalog.ts';
import type { Release } from './places.ts';

export interface Seat {
  readonly replica: Replica;
  readonly release: Release;
}

/** Requests that may wait at one replica; those beyond are told to come back. */
const MAX_WAITING = 256;

/**
 * Throws `model_not_ready` when no replica is left, `overloaded` when the queue is full or the budget is spent, and the
 * signal's reason when the client leaves.
 */
export async function chooseReplica(
  model: ServedModel,
  tried: ReadonlySet<string>,
  queueMs: number,
  signal: AbortSignal,
): Promise<Seat> {
  const replicas = model.replicas.filter(({ url }) => !tried.has(url));
  const best = replicas.toSorted((a, b) => load(a) - load(b))[0];
  if (best === undefined) throw notReady(model);
  const free = best.places.tryTake();
  if (free !== undefined) return { replica: best, release: free };
  if (best.places.waiting >= MAX_WAITING) throw full();
  const budget = AbortSignal.timeout(queueMs);
  try {
    return { replica: best, release: await best.places.take(AbortSignal.any([signal, budget])) };
  } catch (error) {
    if (signal.aborted || !budget.aborted) throw error;
    throw full();
  }
}

function load({ places }: Replica): number {
  return (places.busy + places.waiting) / places.size;
}

function full() {
  return fail('overloaded', {
    detail: 'Every place of this model is taken.',
    remedy: 'Try again in a few seconds, or give the model more replicas.',
    retryAfterS: 5,
  });
}

function notReady(model: ServedModel) {
  return fail('model_not_ready', {
    param: 'model',
    detail: `The model ${model.name} is not ready${model.reason === undefined ? '' : `: ${model.reason}`}`.replace(
      /[^.]$/,
      '$&.',
    ),
    remedy: `"intramuros get model ${model.name}" shows its conditions.`,
    retryAfterS: 5,
  });
}
