// The few numbers the worker counts, in Prometheus' text format; counts only, no values. Imports nothing.

export interface Counters {
  promptTokens: number;
  generatedTokens: number;
  /** Requests by HTTP status; 499 for callers that left. */
  readonly requests: Map<number, number>;
}

export function createCounters(): Counters {
  return { promptTokens: 0, generatedTokens: 0, requests: new Map() };
}

export function renderMetrics(counters: Counters, running: number, waiting: number): string {
  const lines = [
    '# TYPE intramuros_engine_prompt_tokens_total counter',
    `intramuros_engine_prompt_tokens_total ${counters.promptTokens}`,
    '# TYPE intramuros_engine_generated_tokens_total counter',
    `intramuros_engine_generated_tokens_total ${counters.generatedTokens}`,
    '# TYPE intramuros_engine_requests_running gauge',
    `intramuros_engine_requests_running ${running}`,
    '# TYPE intramuros_engine_requests_waiting gauge',
    `intramuros_engine_requests_waiting ${waiting}`,
    '# TYPE intramuros_engine_requests_total counter',
  ];
  for (const [status, count] of counters.requests) {
    lines.push(`intramuros_engine_requests_total{status="${status}"} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}
