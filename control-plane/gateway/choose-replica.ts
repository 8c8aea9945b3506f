// Which engine process takes the request: the one with most free places, or the first that has one for us when it is our
// turn. Bounded in number and time, so that waiting never costs the gateway its memory: while replicas answer by our own
// bounds, while none does by what spec.scaling.coldStart says.

import { isDeepStrictEqual } from 'node:util';
import { type AppError, fail } from '../errors.ts';
import type { Replica, ServedModel } from './catalog.ts';
import type { Target } from './exchange.ts';
import type { Lane } from './fair-queue.ts';
import type { Seat } from './waiting-line.ts';

export interface SeatRequest {
  readonly lane: Lane;
  /** Replicas that are not asked again. */
  readonly tried: ReadonlySet<string>;
  /** How long it may wait while replicas answer. */
  readonly queueMs: number;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** Requests that may wait for each replica; those beyond are told to come back. */
const MAX_WAITING = 256;

/** The seat where one is free now; else the promise of one, which the caller may keep company. */
export type Seating = { readonly seat: Seat } | { readonly wait: Promise<Seat> };

/**
 * Throws, or the promise rejects with: `model_not_ready` when no replica is left or none came in time, `queue_full` and
 * `overloaded` when too many wait, `overloaded` when the budget is spent, and the signal's reason when the client leaves.
 */
export function chooseReplica(
  target: Pick<Target, 'model' | 'adapter' | 'adapterName'>,
  request: SeatRequest,
): Seating {
  const { model } = target;
  const { line, coldStart } = model;
  const { lane, tried, queueMs, signal } = request;
  const fits = (replica: Replica) => !tried.has(replica.url) && hasAdapter(replica, target);
  const asking = { lane, fits };
  const seat = line.tryTake(asking);
  if (seat !== undefined) return { seat };
  const replicas = model.replicas.filter(fits).length;
  if (replicas > 0) {
    const most = Math.max(MAX_WAITING * replicas, coldStart?.maxQueued ?? 0);
    if (line.waiting >= most) throw full();
    return {
      wait: waitFor(
        () => full(),
        queueMs,
        signal,
        (until) => line.take(asking, until),
      ),
    };
  }
  if (coldStart === undefined) throw notReady(model);
  if (line.waiting >= coldStart.maxQueued) throw queueFull(model);
  const tooLate = () => notReady({ ...model, reason: line.reason });
  return { wait: waitFor(tooLate, coldStart.maxWaitMs, signal, (until) => line.take(asking, until)) };
}

async function waitFor(
  tooLate: () => AppError,
  ms: number,
  client: AbortSignal,
  take: (until: AbortSignal) => Promise<Seat>,
): Promise<Seat> {
  const waiting = new AbortController();
  const leave = () => waiting.abort(client.reason);
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => waiting.abort(tooLate()), ms);
  try {
    return await take(waiting.signal);
  } finally {
    clearTimeout(timer);
    client.removeEventListener('abort', leave);
  }
}

/** During a rollout, replicas of one revision call an adapter by another number than those of the next. */
function hasAdapter(replica: Replica, { adapter, adapterName }: Pick<Target, 'adapter' | 'adapterName'>): boolean {
  if (adapterName === undefined) return true;
  const loaded = replica.adapters?.find(({ name }) => name === adapterName);
  return loaded !== undefined && (adapter === undefined || isDeepStrictEqual(loaded, adapter));
}

function full() {
  return fail('overloaded', {
    detail: 'Every place of this model is taken.',
    remedy: 'Try again in a few seconds, or give the model more replicas.',
    retryAfterS: 5,
  });
}

function queueFull({ name }: ServedModel) {
  return fail('queue_full', {
    param: 'model',
    detail: `The model ${name} is starting, and as many requests wait for it as may.`,
    remedy: 'Try again in a few seconds, or raise spec.scaling.coldStart.maxQueued.',
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
