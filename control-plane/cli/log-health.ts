// The health of the log, put together from what this process knows of it. Imports types of the rooms that it asks.

import type { LogHealth } from '../admin/log/health-routes.ts';
import type { AuditLogStatus } from '../audit/audit-log.ts';
import type { RecordFinder } from '../audit/find-record.ts';
import type { ReverifyStatus } from '../audit/reverify.ts';
import type { Database } from '../database/database.ts';
import { LAG_NOTICE_MS, WITNESS_LATE_MS } from './system-state.ts';

export interface LogHealthParts {
  readonly database: Pick<Database, 'pool'>;
  readonly audit: {
    readonly records: Pick<RecordFinder, 'orphans'>;
    status(): AuditLogStatus;
    reverification(): ReverifyStatus | undefined;
  };
}

/** Who looks every few seconds shall not have the records of a day joined every few seconds. */
const ORPHANS_MS = 60_000;

export function createLogHealth(parts: LogHealthParts): () => Promise<LogHealth> {
  let orphans: { readonly atMs: number; readonly found: ReturnType<RecordFinder['orphans']> } | undefined;
  const recentOrphans = () => {
    if (orphans === undefined || performance.now() - orphans.atMs > ORPHANS_MS) {
      const found = parts.audit.records.orphans();
      orphans = { atMs: performance.now(), found };
      found.catch(() => {
        orphans = undefined;
      });
    }
    return orphans.found;
  };
  return () => logHealth(parts, recentOrphans);
}

async function logHealth(
  { database: { pool }, audit }: LogHealthParts,
  recentOrphans: RecordFinder['orphans'],
): Promise<LogHealth> {
  const status = audit.status();
  const reading = audit.reverification();
  const [orphans, checkpoint, witness] = await Promise.all([
    recentOrphans(),
    pool.query<{ size: string; signed_at: Date; note: string }>(
      'SELECT size, signed_at, note FROM audit_checkpoint ORDER BY id DESC LIMIT 1',
    ),
    pool.query<{ witness: string; size: string; cosigned_at: Date }>(
      'SELECT witness, size, cosigned_at FROM audit_cosignature ORDER BY id DESC LIMIT 1',
    ),
  ]);
  const [signed] = checkpoint.rows;
  const [cosigned] = witness.rows;
  const needsSomeone =
    status.closed !== undefined ||
    status.gaps > 0 ||
    status.lagMs > LAG_NOTICE_MS ||
    reading?.problem !== undefined ||
    isLate(status.witness);
  return {
    state: status.witness?.disagrees === true ? 'broken' : stateOf(reading, needsSomeone),
    witnessDisagrees: status.witness?.disagrees ?? false,
    size: Number(signed?.size ?? 0),
    checkpoint:
      signed === undefined
        ? null
        : { size: Number(signed.size), signedAt: signed.signed_at.toISOString(), note: signed.note },
    lagMs: status.lagMs,
    closed: status.closed ?? null,
    reading: reading === undefined ? null : presentReading(reading),
    findings: (reading?.findings ?? []).map(({ kind, index, receipt = null, foundAt }) => ({
      ...{ kind, index, receipt },
      foundAt: foundAt.toISOString(),
    })),
    gaps: status.gaps,
    orphans: orphans.map(({ receipt, tenant, stagedAt }) => ({ receipt, tenant, at: stagedAt.toISOString() })),
    lostOutcomes: status.lostOutcomes,
    witness:
      cosigned === undefined
        ? null
        : { name: cosigned.witness, size: Number(cosigned.size), at: cosigned.cosigned_at.toISOString() },
  };
}

/** Of a witness that is asked. */
function isLate(witness: AuditLogStatus['witness']): boolean {
  if (witness === undefined) return false;
  return witness.lastAt === undefined || Date.now() - witness.lastAt.getTime() > WITNESS_LATE_MS;
}

function stateOf(reading: ReverifyStatus | undefined, needsSomeone: boolean): LogHealth['state'] {
  if (reading !== undefined && reading.findings.length > 0) return 'broken';
  if (needsSomeone) return 'attention';
  return reading?.lastWhole === undefined ? 'unknown' : 'sound';
}

function presentReading({ checked, size, lastWhole, problem }: ReverifyStatus): LogHealth['reading'] {
  return {
    ...{ checked, size, problem: problem ?? null },
    lastWhole:
      lastWhole === undefined
        ? null
        : { at: lastWhole.at.toISOString(), tookMs: Math.round(lastWhole.tookMs), size: lastWhole.size },
  };
}
