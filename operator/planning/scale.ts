// How many replicas a Model wants: from what its gateways hold now, and from the most that would have done within
// idleSeconds. Up at once, down only when for that long fewer would have done: so it does not swing, and the last
// replica ends when no request came. The same function on one machine and in a cluster. Pure: time comes as arguments,
// and only time that was watched counts, so that a clock that jumps, or an hour in which no gateway reported, takes
// no replica away. Imports operator/api types and schedules.
import { DEFAULT_REPLICAS, type Model } from '../api/v1alpha1/model.ts';
import { MAX_DECISIONS, type ScalingDecision, type ScalingSpec, type ScalingStatus } from '../api/v1alpha1/scaling.ts';
import { type Bounds, boundsAt } from './schedules.ts';

/** What all gateways together hold of a Model. */
export interface Demand {
  readonly waiting: number;
  /** The most that were in work at a time since the last report. */
  readonly inFlight: number;
  /** How long the first of those that wait has waited. */
  readonly oldestMs: number;
}

interface Peak {
  readonly replicas: number;
  /** In time watched. */
  readonly atMs: number;
}

/** What is remembered of the demand: bounded by the number of replicas, whatever happens. */
export interface ScaleMemory {
  readonly watchedMs: number;
  /** The clock at the last look. */
  readonly lookedAtMs: number;
  /** Replicas that were needed, newest last, each more than those after it: the first is the most of the window. */
  readonly peaks: readonly Peak[];
}

export interface ScaleQuestion {
  readonly spec: ScalingSpec;
  /** Absent at the first look. */
  readonly memory: ScaleMemory | undefined;
  /** Absent while no gateway reports: then nothing is known, which is not the same as none. */
  readonly demand: Demand | undefined;
  /** Replicas wanted so far. */
  readonly current: number;
  /** A replica is on its way up: it has had no chance to be of use yet. */
  readonly loading: boolean;
  /** Any clock that runs evenly. */
  readonly nowMs: number;
  /** For the schedules. */
  readonly now: Date;
}

export interface ScaleAnswer {
  readonly wanted: number;
  readonly bounds: Bounds;
  readonly memory: ScaleMemory;
  /** Why it is another number than before. */
  readonly change?: Pick<ScalingDecision, 'reason' | 'message'>;
}

/** More than this between two looks was not watched. */
const MAX_STEP_MS = 30_000;

export function decideScale(question: ScaleQuestion): ScaleAnswer {
  const { spec, demand, current, loading, now } = question;
  const bounds = boundsAt(spec, now);
  const needed = demand === undefined ? current : Math.ceil((demand.waiting + demand.inFlight) / spec.target);
  const seen = clamp(Math.max(needed, loading ? current : 0), bounds);
  const memory = remember(question, seen);
  const most = memory.peaks[0]?.replicas ?? seen;
  const wanted = clamp(most, bounds);
  if (wanted === current) return { wanted, bounds, memory };
  return { wanted, bounds, memory, change: explain(question, wanted, needed, bounds) };
}

/** At the first look what is wanted already counts as needed until now: a controller that starts takes nothing away. */
function remember({ memory, spec, demand, current, nowMs }: ScaleQuestion, seen: number): ScaleMemory {
  const before = memory ?? { watchedMs: 0, lookedAtMs: nowMs, peaks: [{ replicas: current, atMs: 0 }] };
  const step = demand === undefined ? 0 : Math.min(Math.max(0, nowMs - before.lookedAtMs), MAX_STEP_MS);
  const watchedMs = before.watchedMs + step;
  const since = watchedMs - spec.idleSeconds * 1000;
  const kept = before.peaks.filter(({ replicas, atMs }) => replicas > seen && atMs > since);
  return { watchedMs, lookedAtMs: nowMs, peaks: [...kept, { replicas: seen, atMs: watchedMs }] };
}

function clamp(replicas: number, { min, max }: Bounds): number {
  return Math.min(Math.max(replicas, min), max);
}

function explain(
  { spec, demand, current }: ScaleQuestion,
  wanted: number,
  needed: number,
  bounds: Bounds,
): Pick<ScalingDecision, 'reason' | 'message'> {
  const { min, max, scheduled } = bounds;
  const byBound = scheduled ? 'Schedule' : 'Bounds';
  const whose = scheduled ? 'a schedule' : 'spec.scaling';
  if (wanted < current && current > max) return { reason: byBound, message: `At most ${max}, as ${whose} says.` };
  if (wanted > current && needed >= wanted) {
    const { waiting = 0, inFlight = 0 } = demand ?? {};
    const bounded = needed > max ? `, but at most ${max}` : '';
    return {
      reason: 'Requests',
      message: `${waiting} waiting and ${inFlight} in work, ${spec.target} for each replica: ${needed}${bounded}.`,
    };
  }
  if (wanted > current && wanted === min) return { reason: byBound, message: `At least ${min}, as ${whose} says.` };
  if (wanted > current) return { reason: 'Requests', message: `Needed within the last ${spec.idleSeconds} s.` };
  return wanted === 0
    ? { reason: 'Idle', message: `No request for ${spec.idleSeconds} s.` }
    : { reason: 'FewerRequests', message: `For ${spec.idleSeconds} s no more than ${wanted} would have been needed.` };
}

/** What the status says: the last decisions, newest first, and what waits while no replica answers. */
export function scalingStatus(
  stored: ScalingStatus | undefined,
  answer: ScaleAnswer,
  { current, waiting, now }: { current: number; waiting: Demand | undefined; now: Date },
): ScalingStatus {
  const { wanted, bounds, change } = answer;
  const decisions = stored?.decisions ?? [];
  const time = `${now.toISOString().slice(0, 19)}Z`;
  return {
    wanted,
    min: bounds.min,
    max: bounds.max,
    ...(waiting === undefined || waiting.waiting === 0
      ? {}
      : { coldStart: { queued: waiting.waiting, oldestSeconds: Math.floor(waiting.oldestMs / 1000) } }),
    ...(bounds.problem === undefined ? {} : { problem: bounds.problem }),
    decisions:
      change === undefined
        ? decisions
        : [{ time, from: current, to: wanted, ...change }, ...decisions].slice(0, MAX_DECISIONS),
  };
}

/** Replicas wanted so far: what was decided last, else what runs. */
export function currentReplicas({ spec, status }: Model): number {
  if (spec.scaling === undefined) return spec.replicas ?? DEFAULT_REPLICAS;
  return status?.scaling?.wanted ?? status?.replicas ?? spec.scaling.min;
}

/** Whether someone stopped the Model on purpose. */
export function isStopped({ spec }: Pick<Model, 'spec'>): boolean {
  return spec.replicas === 0;
}
