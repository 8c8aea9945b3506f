// What the reading over of the log found, for /metrics. Imports the admin room's metric shape and the audit room's types.

import type { MetricFamily } from '../admin/health/metrics.ts';
import type { ReverifyStatus } from '../audit/reverify.ts';

/** Of a process that reads the log over; the age is absent until it was through it once. */
export function reverifyMetrics(status: ReverifyStatus | undefined, now: Date): MetricFamily[] {
  if (status === undefined) return [];
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    ...{ name, type: 'gauge', help },
    samples: [{ labels: {}, value }],
  });
  const { lastWhole } = status;
  return [
    gauge('intramuros_audit_findings', 'Places at which the log is not what was signed.', status.findings.length),
    ...(lastWhole === undefined
      ? []
      : [
          gauge(
            'intramuros_audit_verified_age_seconds',
            'Since the whole log was read over last.',
            Math.max(0, (now.getTime() - lastWhole.at.getTime()) / 1000),
          ),
          gauge('intramuros_audit_verified_records', 'Records of the log when it was read over last.', lastWhole.size),
        ]),
  ];
}
