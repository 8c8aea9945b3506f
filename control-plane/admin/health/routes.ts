// What machines ask of the listener: alive, ready, counted. They need nobody to be known, say nothing about anybody,
// and answer while the database is away. Imports the files beside it.

import type { Express, Request, Response } from 'express';
import { contextOf } from '../http/request-context.ts';
import { METRICS_CONTENT_TYPE, type MetricFamily, type RequestCounts, renderMetrics } from './metrics.ts';
import type { ProcessMetrics } from './process-metrics.ts';

/** One thing that must work; `detail` is a sentence without names or addresses. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

export interface HealthDependencies {
  /** Asks each part that the product needs; never throws, answers within a second or two. */
  readiness(): Promise<readonly ReadinessCheck[]>;
  /** Counts of the other parts: models, records, requests of the gateway. */
  metrics(): Promise<readonly MetricFamily[]>;
  readonly version: string;
  /** What this process costs; absent where it lives for one command. */
  readonly process?: Pick<ProcessMetrics, 'families'>;
}

export function mountHealth(app: Express, dependencies: HealthDependencies, counts: RequestCounts): void {
  app.get('/livez', (_request, response) => {
    contextOf(response).route = '/livez';
    response.json({ status: 'alive' });
  });

  app.get('/readyz', async (_request: Request, response: Response) => {
    contextOf(response).route = '/readyz';
    const checks = await dependencies.readiness();
    const ready = checks.every(({ ok }) => ok);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });

  app.get('/metrics', async (_request: Request, response: Response) => {
    contextOf(response).route = '/metrics';
    const own = (await dependencies.process?.families()) ?? [];
    const others = await dependencies.metrics();
    const text = renderMetrics([...ownFamilies(dependencies.version, counts), ...own, ...others]);
    response.setHeader('content-type', METRICS_CONTENT_TYPE).end(text);
  });
}

function ownFamilies(version: string, counts: RequestCounts): MetricFamily[] {
  return [
    {
      name: 'intramuros_build',
      type: 'gauge',
      help: 'Always 1; the label tells the version.',
      samples: [{ labels: { version }, value: 1 }],
    },
    {
      name: 'intramuros_admin_requests',
      type: 'counter',
      help: 'Requests of the admin listener by route and class of status.',
      samples: counts.samples(),
    },
  ];
}
