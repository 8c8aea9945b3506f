// An action of the console or the CLI on the record: the record is durable before the action happens, its outcome
// follows. Imports errors and the audit port.

import { toAppError } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import type { Principal } from '../identity/roles.ts';

export interface ActionRecord {
  readonly receipt: string;
  done(): void;
  failed(error: unknown): void;
}

export interface RecordedAction {
  readonly kind: 'change' | 'read' | 'session';
  readonly action: string;
  readonly principal: { readonly kind: Principal['kind'] | 'system'; readonly name: string };
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Records of the platform itself belong to no tenant. */
export const NO_TENANT = '-';

export async function openRecord(audit: AdminAudit, recorded: RecordedAction): Promise<ActionRecord> {
  const { kind, action, principal, facts } = recorded;
  const who = { tenant: NO_TENANT, actor: { kind: principal.kind, id: principal.name }, action };
  const receipt = await audit.append({ ...facts, kind, ...who });
  const close = (ok: boolean, code: string) => {
    // A read or a sign-in is complete in itself; of a change one wants to know whether it took place.
    if (kind === 'change') audit.appendLater({ kind: 'outcome', ...who, intent: receipt, outcome: { ok, code } });
  };
  return {
    receipt,
    done: () => close(true, 'done'),
    failed: (error) => close(false, toAppError(error).code),
  };
}
