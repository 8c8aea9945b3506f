// Refusals on the record: who was not let in, by code. Anyone can cause them without limit, so those of a kind share
// one record a minute, and no flood can drown the log. Imports errors and the audit port.

import type { AppError, ErrorCode } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { NO_TENANT } from './open-record.ts';

const RECORDED: ReadonlySet<ErrorCode> = new Set(['wrong_credentials', 'forbidden', 'bad_origin', 'rate_limited']);
const SHARE_MS = 60_000;

/** Called for every refused request; `action` is the route's pattern. */
export type RefusalRecorder = (error: AppError, action: string) => void;

export function createRefusalRecorder(audit: AdminAudit, now: () => number = Date.now): RefusalRecorder {
  const sharedUntil = new Map<string, number>();
  return (error, action) => {
    const key = `${error.code} ${action}`;
    if (!RECORDED.has(error.code) || (sharedUntil.get(key) ?? 0) > now()) return;
    sharedUntil.set(key, now() + SHARE_MS);
    audit.appendLater({
      kind: 'refusal',
      tenant: NO_TENANT,
      actor: { kind: 'account', id: NO_TENANT },
      action,
      outcome: { ok: false, code: error.code },
    });
  };
}
