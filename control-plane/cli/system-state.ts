// The state of what this process stands on, for the screen System. Imports types of the rooms that it asks.

import type { SystemState } from '../admin/system/routes.ts';
import type { AuditLogStatus } from '../audit/audit-log.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { StoreStatus } from '../secrets/secrets.ts';
import type { TlsStatus } from '../tls/tls-files.ts';
import { standingWarnings } from './standing-warnings.ts';

export interface SystemParts {
  readonly version: string;
  readonly startedAt: Date;
  readonly config: Pick<Config, 'host' | 'tls' | 'databaseUrl' | 'witness'>;
  readonly database: Pick<Database, 'pool'>;
  readonly secrets: { status(): StoreStatus };
  readonly audit: { status(): AuditLogStatus };
  readonly tls: { status(): TlsStatus } | undefined;
}

/** A certificate that ends within this is told of: renewals are monthly at most companies. */
const EXPIRY_NOTICE_MS = 14 * 86_400_000;
/** Two rounds of a witness that is asked every minute, and a little. */
export const WITNESS_LATE_MS = 150_000;
export const LAG_NOTICE_MS = 10_000;

export async function systemState(parts: SystemParts, now = new Date()): Promise<SystemState> {
  const { version, startedAt, config, secrets } = parts;
  const store = secrets.status();
  const stored = await readStored(parts.database).catch(() => undefined);
  const audit = parts.audit.status();
  return {
    version,
    startedAt: startedAt.toISOString(),
    warnings: [...standingWarnings(config)],
    database: {
      state: stored === undefined ? 'failed' : 'good',
      kind: config.databaseUrl === undefined ? 'embedded' : 'company',
      ...(stored === undefined ? { detail: 'The database does not answer.' } : {}),
    },
    secrets: {
      state: store.problem === undefined ? 'good' : 'failed',
      store: store.store,
      ...(store.problem === undefined ? {} : { detail: store.problem }),
    },
    log: logState(audit, stored?.checkpoint),
    witness: witnessState(audit, stored?.cosigned, config.witness !== undefined, now),
    certificate: certificateState(parts.tls?.status(), now),
  };
}

interface Stored {
  readonly checkpoint: { readonly size: number; readonly signedAt: Date } | undefined;
  readonly cosigned: { readonly witness: string; readonly size: number; readonly at: Date } | undefined;
}

async function readStored({ pool }: Pick<Database, 'pool'>): Promise<Stored> {
  const last = await pool.query<{ size: string; signed_at: Date }>(
    'SELECT size, signed_at FROM audit_checkpoint ORDER BY id DESC LIMIT 1',
  );
  const cosigned = await pool.query<{ witness: string; size: string; cosigned_at: Date }>(
    'SELECT witness, size, cosigned_at FROM audit_cosignature ORDER BY id DESC LIMIT 1',
  );
  const [checkpoint, seen] = [last.rows[0], cosigned.rows[0]];
  return {
    checkpoint: checkpoint && { size: Number(checkpoint.size), signedAt: checkpoint.signed_at },
    cosigned: seen && { witness: seen.witness, size: Number(seen.size), at: seen.cosigned_at },
  };
}

function logState(audit: AuditLogStatus, checkpoint: Stored['checkpoint']): SystemState['log'] {
  const { closed, problem, gaps, lostOutcomes, lagMs, waiting, isSequencer } = audit;
  const detail = closed ?? problem;
  const needsSomeone = problem !== undefined || gaps > 0 || lostOutcomes > 0 || lagMs > LAG_NOTICE_MS;
  return {
    state: closed === undefined ? (needsSomeone ? 'attention' : 'good') : 'failed',
    ...{ isSequencer, lagMs, waiting, lostOutcomes, gaps },
    ...(detail === undefined ? {} : { detail }),
    ...(checkpoint === undefined
      ? {}
      : { checkpoint: { size: checkpoint.size, signedAt: checkpoint.signedAt.toISOString() } }),
  };
}

function witnessState(
  { witness }: AuditLogStatus,
  cosigned: Stored['cosigned'],
  isConfigured: boolean,
  now: Date,
): SystemState['witness'] {
  if (!isConfigured && cosigned === undefined) return { state: 'absent' };
  const facts =
    cosigned === undefined
      ? { name: witness?.name }
      : { name: cosigned.witness, size: cosigned.size, at: cosigned.at.toISOString() };
  const isLate = cosigned === undefined || now.getTime() - cosigned.at.getTime() > WITNESS_LATE_MS;
  const problem = witness?.problem;
  return {
    state: witness?.disagrees === true ? 'failed' : isLate || problem !== undefined ? 'attention' : 'good',
    ...(facts.name === undefined ? {} : { ...facts, name: facts.name }),
    ...(problem === undefined ? {} : { detail: problem }),
  };
}

function certificateState(status: TlsStatus | undefined, now: Date): SystemState['certificate'] {
  if (status === undefined) return { state: 'absent' };
  const { subject, names, expiresAt, problem } = status;
  const leftMs = expiresAt.getTime() - now.getTime();
  return {
    state: leftMs <= 0 ? 'failed' : leftMs < EXPIRY_NOTICE_MS || problem !== undefined ? 'attention' : 'good',
    ...{ subject, names: [...names], expiresAt: expiresAt.toISOString() },
    ...(problem === undefined ? {} : { detail: problem }),
  };
}
