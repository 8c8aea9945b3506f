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
  const replicas = model.replicas.filter(({ url }) => !tried.has(url)).toSorted((a, b) => load(a) - load(b));
  if (replicas.length === 0) throw notReady(model);
  for (const replica of replicas) {
    const release = replica.places.tryTake();
    if (release !== undefined) return { replica, release };
  }
  if (replicas.every(({ places }) => places.waiting >= MAX_WAITING)) throw full();
  return waitFor(replicas, queueMs, signal);
}

/** Waits at all of them; takes the first place that is freed and gives up the others. */
async function waitFor(replicas: readonly Replica[], queueMs: number, client: AbortSignal): Promise<Seat> {
  const waiting = new AbortController();
  const leave = () => waiting.abort(client.reason);
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => waiting.abort(full()), queueMs);
  let seated = false;
  const seats = replicas.map(async (replica): Promise<Seat> => {
    const release = await replica.places.take(waiting.signal);
    // Two may free a place in the same turn: the second is not ours to keep.
    if (seated) release();
    seated = true;
    return { replica, release };
  });
  try {
    return await Promise.any(seats);
  } catch {
    throw waiting.signal.reason;
  } finally {
    clearTimeout(timer);
    client.removeEventListener('abort', leave);
    waiting.abort();
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
