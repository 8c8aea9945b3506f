// What this process costs: memory, open descriptors, and how late its event loop turns. Numbers only. A scrape reads
// the last closed window of the delay and resets nothing, so that two scrapers see the same. Imports metrics.ts.

import { readdir } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricFamily, Sample } from './metrics.ts';

export interface ProcessMetrics {
  families(): Promise<readonly MetricFamily[]>;
  stop(): void;
}

const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;
const QUANTILES = [0.5, 0.99, 1] as const;

export function startProcessMetrics(): ProcessMetrics {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let window: readonly Sample[] = [];
  const turn = setInterval(() => {
    window = samplesOf(delays);
    delays.reset();
  }, WINDOW_MS);
  turn.unref();
  return {
    async families() {
      const { rss, heapUsed, external } = process.memoryUsage();
      return [
        gauge('intramuros_resident_memory_bytes', 'Memory that this process holds.', rss),
        gauge(
          'intramuros_heap_used_bytes',
          'JavaScript objects, garbage that is not collected yet among them.',
          heapUsed,
        ),
        gauge('intramuros_external_memory_bytes', 'Buffers outside the heap of JavaScript.', external),
        ...(await descriptors()),
        {
          name: 'intramuros_event_loop_delay_seconds',
          type: 'gauge',
          help: `How late the event loop turned, by quantile, over ${WINDOW_MS / 1000} s.`,
          samples: window.length > 0 ? window : samplesOf(delays),
        },
      ];
    },
    stop() {
      clearInterval(turn);
      delays.disable();
    },
  };
}

/** The histogram counts whole intervals: what is beyond the interval asked for is the delay. */
function samplesOf(delays: ReturnType<typeof monitorEventLoopDelay>): Sample[] {
  const late = (quantile: number) => (quantile === 1 ? delays.max : delays.percentile(quantile * 100));
  return QUANTILES.map((quantile) => ({
    labels: { quantile: String(quantile) },
    value: delays.count === 0 ? 0 : Math.max(0, late(quantile) / 1e9 - RESOLUTION_MS / 1e3),
  }));
}

/** Linux tells; elsewhere the family is absent. */
async function descriptors(): Promise<MetricFamily[]> {
  try {
    const open = await readdir('/proc/self/fd');
    return [gauge('intramuros_open_descriptors', 'Files and sockets that this process has open.', open.length)];
  } catch {
    return [];
  }
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: 'gauge', help, samples: [{ labels: {}, value }] };
}
