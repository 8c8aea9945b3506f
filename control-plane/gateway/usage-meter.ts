// Counts what passes the gateway, for /metrics and for the usage view: how many, how long, how many tokens; by model,
// tenant, endpoint and code, which are names of our own resources and tables. A request costs a few additions; nothing
// of what it holds is kept. Names beyond a bound are counted together. Imports types only.

import type { EndpointName } from '../wire/endpoint.ts';
import type { EndedRequest, RequestNote } from './request-line.ts';

/** Seconds, as OpenTelemetry's GenAI conventions lay them out. */
export const DURATION_BUCKETS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
export const FIRST_TOKEN_BUCKETS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
export const TOKEN_BUCKETS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];

export interface Histogram {
  /** Of each bucket alone, in order; the last is for what lies beyond all. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Of one model and endpoint. */
export interface ModelSeries {
  readonly model: string;
  readonly endpoint: EndpointName;
  readonly duration: Histogram;
  readonly firstToken: Histogram;
  readonly queue: Histogram;
  readonly promptTokens: Histogram;
  readonly completionTokens: Histogram;
  readonly codes: Map<string, number>;
}

/** What one tenant had of one model since it was taken last. */
export interface UsageDelta {
  readonly model: string;
  readonly tenant: string;
  requests: number;
  errors: number;
  promptTokens: number;
  completionTokens: number;
  durationMs: number;
  queueMs: number;
  firstTokenMs: number;
  /** Requests of which the first token was seen. */
  firstTokens: number;
}

export interface UsageMeter {
  count(note: RequestNote, ended: EndedRequest): void;
  /** Since the start; for /metrics. */
  series(): readonly ModelSeries[];
  /** Requests that were refused before their model was known, by code. */
  refusals(): ReadonlyMap<string, number>;
  /** What was counted since the last call. */
  take(): readonly UsageDelta[];
}

const MAX_SERIES = 500;
const OTHER = 'other';

export function createUsageMeter(): UsageMeter {
  const series = new Map<string, ModelSeries>();
  const refused = new Map<string, number>();
  let deltas = new Map<string, UsageDelta>();

  function seriesOf(model: string, endpoint: EndpointName): ModelSeries {
    const known = series.get(`${endpoint} ${model}`);
    if (known !== undefined) return known;
    const name = series.size < MAX_SERIES ? model : OTHER;
    const made = series.get(`${endpoint} ${name}`) ?? emptySeries(name, endpoint);
    series.set(`${endpoint} ${name}`, made);
    return made;
  }

  function deltaOf(model: string, tenant: string): UsageDelta {
    const key = `${tenant} ${model}`;
    const known = deltas.get(key);
    if (known !== undefined) return known;
    const isRoom = deltas.size < MAX_SERIES;
    const made = isRoom ? emptyDelta(model, tenant) : (deltas.get(`${OTHER} ${OTHER}`) ?? emptyDelta(OTHER, OTHER));
    deltas.set(isRoom ? key : `${OTHER} ${OTHER}`, made);
    return made;
  }

  return {
    count(note, { ms }) {
      const { endpoint, model, tenant, code = 'client_left', promptTokens, completionTokens } = note;
      if (endpoint === 'health' || endpoint === 'models') return;
      if (model === undefined || endpoint === 'unknown') {
        refused.set(code, (refused.get(code) ?? 0) + 1);
        return;
      }
      const own = seriesOf(model, endpoint);
      own.codes.set(code, (own.codes.get(code) ?? 0) + 1);
      observe(own.duration, DURATION_BUCKETS, ms / 1000);
      if (note.queueMs !== undefined) observe(own.queue, DURATION_BUCKETS, note.queueMs / 1000);
      if (note.firstByteMs !== undefined) observe(own.firstToken, FIRST_TOKEN_BUCKETS, note.firstByteMs / 1000);
      if (promptTokens !== undefined) observe(own.promptTokens, TOKEN_BUCKETS, promptTokens);
      if (completionTokens !== undefined) observe(own.completionTokens, TOKEN_BUCKETS, completionTokens);
      addTo(deltaOf(model, tenant ?? '-'), note, ms);
    },
    series: () => [...new Set(series.values())],
    refusals: () => refused,
    take() {
      const taken = [...deltas.values()];
      deltas = new Map();
      return taken;
    },
  };
}

function addTo(delta: UsageDelta, note: RequestNote, ms: number): void {
  delta.requests += 1;
  if (note.code !== 'answered') delta.errors += 1;
  delta.promptTokens += note.promptTokens ?? 0;
  delta.completionTokens += note.completionTokens ?? 0;
  delta.durationMs += Math.round(ms);
  delta.queueMs += Math.round(note.queueMs ?? 0);
  if (note.firstByteMs === undefined) return;
  delta.firstTokenMs += Math.round(note.firstByteMs);
  delta.firstTokens += 1;
}

function observe(histogram: Histogram, bounds: readonly number[], value: number): void {
  let at = 0;
  while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
  histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
  histogram.sum += value;
  histogram.count += 1;
}

function emptySeries(model: string, endpoint: EndpointName): ModelSeries {
  const empty = (bounds: readonly number[]): Histogram => ({
    counts: Array.from({ length: bounds.length + 1 }, () => 0),
    sum: 0,
    count: 0,
  });
  return {
    model,
    endpoint,
    duration: empty(DURATION_BUCKETS),
    firstToken: empty(FIRST_TOKEN_BUCKETS),
    queue: empty(DURATION_BUCKETS),
    promptTokens: empty(TOKEN_BUCKETS),
    completionTokens: empty(TOKEN_BUCKETS),
    codes: new Map(),
  };
}

function emptyDelta(model: string, tenant: string): UsageDelta {
  const times = { durationMs: 0, queueMs: 0, firstTokenMs: 0, firstTokens: 0 };
  return { model, tenant, requests: 0, errors: 0, promptTokens: 0, completionTokens: 0, ...times };
}
