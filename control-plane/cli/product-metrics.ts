// Counts of the product for /metrics: states and numbers, never a value of a request. Imports the contract and the admin
// room's metric shape.

import type { Model } from '../../operator/api/v1alpha1/model.ts';
import type { MetricFamily } from '../admin/health/metrics.ts';
import type { AuditLogStatus } from '../audit/audit-log.ts';

/** What gateways hold of a model, by its key. */
type Demands = { of(key: string): { readonly waiting: number; readonly inFlight: number } | undefined };

export function productMetrics(models: readonly Model[], audit: AuditLogStatus, demands: Demands): MetricFamily[] {
  const demandOf = ({ metadata }: Model) => demands.of(`${metadata.namespace ?? 'default'}/${metadata.name}`);
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name,
    type: 'gauge',
    help,
    samples: [{ labels: {}, value }],
  });
  const perModel = (name: string, help: string, measure: (model: Model) => number): MetricFamily => ({
    name,
    type: 'gauge',
    help,
    samples: models.map((model) => ({
      labels: { namespace: model.metadata.namespace ?? 'default', model: model.metadata.name },
      value: measure(model),
    })),
  });
  return [
    perModel('intramuros_model_ready', 'Whether the current generation of a model serves.', isReady),
    perModel(
      'intramuros_model_replicas',
      'Engine processes of a model that answer.',
      ({ status }) => status?.readyReplicas ?? 0,
    ),
    perModel(
      'intramuros_model_wanted_replicas',
      'Engine processes that a model shall have, by its spec or by its requests.',
      ({ spec, status }) => status?.scaling?.wanted ?? spec.replicas ?? 1,
    ),
    perModel(
      'intramuros_model_waiting_requests',
      'Requests that wait for a place, at all gateways.',
      (model) => demandOf(model)?.waiting ?? 0,
    ),
    perModel(
      'intramuros_model_requests_in_work',
      'Requests that engines work on, the most of the last second.',
      (model) => demandOf(model)?.inFlight ?? 0,
    ),
    gauge('intramuros_audit_open', 'Whether the audit log takes records.', audit.closed === undefined ? 1 : 0),
    gauge('intramuros_audit_lag_seconds', 'How long the oldest record waits to be put in order.', audit.lagMs / 1000),
    gauge('intramuros_audit_waiting_records', 'Outcomes that wait to be written.', audit.waiting),
    gauge('intramuros_audit_lost_outcomes', 'Outcomes given up since the start.', audit.lostOutcomes),
    gauge('intramuros_audit_gaps', 'Records found removed before they entered the log.', audit.gaps),
    ...witnessMetrics(audit),
    gauge('intramuros_audit_sequencer', 'Whether this process puts the log in order.', audit.isSequencer ? 1 : 0),
  ];
}

/** Of a process that asks a witness; the age is absent until one answered. */
function witnessMetrics({ witness }: AuditLogStatus): MetricFamily[] {
  if (witness === undefined) return [];
  const one = (name: string, help: string, value: number): MetricFamily => ({
    ...{ name, type: 'gauge', help },
    samples: [{ labels: {}, value }],
  });
  return [
    one(
      'intramuros_audit_witness_disagrees',
      'Whether the witness has seen another log than the database holds.',
      witness.disagrees ? 1 : 0,
    ),
    ...(witness.lastAt === undefined
      ? []
      : [
          one(
            'intramuros_audit_witnessed_timestamp_seconds',
            'When the witness cosigned a checkpoint last, in seconds since 1970.',
            witness.lastAt.getTime() / 1000,
          ),
        ]),
  ];
}

function isReady({ status }: Model): number {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True' ? 1 : 0;
}
