// What became of an attempt, written whatever happens. It gates nothing: the audit log queues it and writes it when it
// can; one that is lost shows as an intent without outcome.

import type { AuditLog } from '../audit/audit-log.ts';
import type { AppError, ErrorCode } from '../errors.ts';
import { ContentBlocked } from './content-blocked.ts';
import { type AnsweredFacts, actorOf, type Caller } from './exchange.ts';

export function recordOutcome(answered: AnsweredFacts, audit: Pick<AuditLog, 'appendLater'>): void {
  const { recorded, code } = answered;
  audit.appendLater({
    kind: 'outcome',
    tenant: recorded.caller.tenant,
    actor: actorOf(recorded.caller),
    action: recorded.parsed.endpoint,
    intent: recorded.receipt,
    outcome: { ok: code === 'answered', code },
    response: {
      status: answered.status,
      bytes: answered.responseBytes,
      ...(answered.bodyDigest === undefined ? {} : { digest: answered.bodyDigest }),
      texts: [...answered.answerDigests],
      finish: [...answered.finishReasons],
      ...(answered.promptTokens === undefined ? {} : { promptTokens: answered.promptTokens }),
      ...(answered.completionTokens === undefined ? {} : { completionTokens: answered.completionTokens }),
    },
    timings: {
      totalMs: Math.round(answered.totalMs),
      ...(answered.firstByteMs === undefined ? {} : { firstByteMs: Math.round(answered.firstByteMs) }),
    },
  });
}

export interface RefusalLog {
  /** Records the refusal and returns its receipt; floods of one kind share a record a minute. */
  refuse(refusal: Refusal): string;
}

export interface Refusal {
  readonly error: AppError;
  readonly action: string;
  readonly caller: Caller | undefined;
  /** The receipt that the client was told already. */
  readonly promised?: string | undefined;
  /** Where an unknown caller came from; only to tell floods apart, never recorded. */
  readonly origin: string;
}

/**
 * Refusals that are judged before the rate of a known caller: like all those of unknown callers they share a record, so
 * that no flood can drown the log.
 */
const SHARED: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'tenant_not_found',
  'not_found',
  'method_not_allowed',
  'shutting_down',
]);
const SHARE_MS = 60_000;
const MAX_SHARED = 1000;

export function createRefusalLog(audit: Pick<AuditLog, 'appendLater' | 'newReceipt'>, now: () => number): RefusalLog {
  const shared = new Map<string, { receipt: string; untilMs: number }>();

  function write({ error, action, caller }: Refusal, receipt: string): void {
    audit.appendLater({
      receipt,
      kind: 'refusal',
      tenant: caller?.tenant ?? '-',
      actor: actorOf(caller),
      action,
      // The path at fault stays out: an unknown field's name is the caller's own text.
      outcome: { ok: false, code: error.code },
      ...(error instanceof ContentBlocked ? error.facts : {}),
    });
  }

  return {
    refuse(refusal) {
      const { error, caller, origin, promised } = refusal;
      if (promised !== undefined || (caller !== undefined && !SHARED.has(error.code))) {
        const receipt = promised ?? audit.newReceipt();
        write(refusal, receipt);
        return receipt;
      }
      const key = `${error.code} ${caller?.keyId ?? origin}`;
      const known = shared.get(key);
      if (known !== undefined && known.untilMs > now()) return known.receipt;
      if (shared.size >= MAX_SHARED) shared.clear();
      const receipt = audit.newReceipt();
      shared.set(key, { receipt, untilMs: now() + SHARE_MS });
      write(refusal, receipt);
      return receipt;
    },
  };
}
