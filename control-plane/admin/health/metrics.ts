// Counts in OpenMetrics text: how many requests, models and records there are, never whose. The names of routes are
// patterns from our own table, so nothing that a caller writes becomes a label. Imports nothing of ours.

export type RequestCounter = (route: string, status: number) => void;

export interface RequestCounts {
  readonly count: RequestCounter;
  samples(): readonly Sample[];
}

export interface Sample {
  /** Of a histogram: which of its lines. */
  readonly suffix?: '_bucket' | '_count' | '_sum';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  /** Without the suffix `_total`, which the text adds for counters. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const METRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export function createRequestCounts(): RequestCounts {
  const counts = new Map<string, { route: string; status: string; value: number }>();
  return {
    count(route, status) {
      const statusClass = `${Math.floor(status / 100)}xx`;
      const key = `${route} ${statusClass}`;
      const entry = counts.get(key) ?? { route, status: statusClass, value: 0 };
      entry.value += 1;
      counts.set(key, entry);
    },
    samples: () => [...counts.values()].map(({ route, status, value }) => ({ labels: { route, status }, value })),
  };
}

export function renderMetrics(families: readonly MetricFamily[]): string {
  const lines = families.flatMap(({ name, type, help, samples }) => [
    `# TYPE ${name} ${type}`,
    `# HELP ${name} ${escapeText(help)}`,
    ...samples.map(
      ({ labels, value, suffix = '' }) =>
        `${name}${type === 'counter' ? '_total' : suffix}${renderLabels(labels)} ${value}`,
    ),
  ]);
  return `${lines.join('\n')}\n# EOF\n`;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeText(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
