// What the gateway counted as metric families: by the names of OpenTelemetry's GenAI conventions where they have one
// (dots become underscores, the unit ends the name), our own where they have none. Imports the gateway's meter and the
// admin room's metric shape.

import type { MetricFamily, Sample } from '../admin/health/metrics.ts';
import {
  DURATION_BUCKETS,
  FIRST_TOKEN_BUCKETS,
  type Histogram,
  type ModelSeries,
  TOKEN_BUCKETS,
  type UsageMeter,
} from '../gateway/usage-meter.ts';

/** `gen_ai.operation.name` of each endpoint. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'chat.completions': 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
};

export function gatewayMetrics(meter: Pick<UsageMeter, 'series' | 'refusals'>): MetricFamily[] {
  const series = meter.series();
  const family = (name: string, help: string, bounds: readonly number[], pick: (one: ModelSeries) => Histogram) => ({
    ...{ name, help, type: 'histogram' as const },
    samples: series.flatMap((one) => histogramSamples(labelsOf(one), bounds, pick(one))),
  });
  const tokens = (type: 'input' | 'output', pick: (one: ModelSeries) => Histogram) =>
    series.flatMap((one) => histogramSamples({ ...labelsOf(one), gen_ai_token_type: type }, TOKEN_BUCKETS, pick(one)));
  return [
    family(
      'gen_ai_server_request_duration_seconds',
      'From the first byte of a request to the last of its answer.',
      DURATION_BUCKETS,
      ({ duration }) => duration,
    ),
    family(
      'gen_ai_server_time_to_first_token_seconds',
      'From the first byte of a request to the first token of its answer.',
      FIRST_TOKEN_BUCKETS,
      ({ firstToken }) => firstToken,
    ),
    {
      name: 'gen_ai_client_token_usage',
      type: 'histogram',
      help: 'Tokens of requests (input) and of answers (output), as engines count them.',
      samples: [
        ...tokens('input', ({ promptTokens }) => promptTokens),
        ...tokens('output', ({ completionTokens }) => completionTokens),
      ],
    },
    family(
      'intramuros_gateway_queue_seconds',
      'How long requests waited for a place of an engine.',
      DURATION_BUCKETS,
      ({ queue }) => queue,
    ),
    {
      name: 'intramuros_gateway_requests',
      type: 'counter',
      help: 'Requests to models by what became of them.',
      samples: series.flatMap((one) =>
        [...one.codes].map(([code, value]) => ({ labels: { ...labelsOf(one), code }, value })),
      ),
    },
    {
      name: 'intramuros_gateway_refusals',
      type: 'counter',
      help: 'Requests that were refused before a model was found, by code.',
      samples: [...meter.refusals()].map(([code, value]) => ({ labels: { code }, value })),
    },
  ];
}

function labelsOf({ model, endpoint }: ModelSeries): Readonly<Record<string, string>> {
  return { gen_ai_operation_name: OPERATIONS[endpoint] ?? endpoint, gen_ai_request_model: model };
}

function histogramSamples(labels: Sample['labels'], bounds: readonly number[], histogram: Histogram): Sample[] {
  let below = 0;
  const buckets = [...bounds.map(String), '+Inf'].map((le, index) => {
    below += histogram.counts[index] ?? 0;
    return { suffix: '_bucket' as const, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_count', labels, value: histogram.count },
    { suffix: '_sum', labels, value: histogram.sum },
  ];
}
