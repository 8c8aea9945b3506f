// An audit log that keeps its records in memory: for tests of the rooms that write records. It can be told to refuse.
// May import errors.ts and its own room.

import { createHash } from 'node:crypto';
import { fail } from '../errors.ts';
import type { AuditLog, RecordDraft } from './audit-log.ts';
import { newReceipt } from './log-format.ts';

export class MemoryAuditLog implements AuditLog {
  /** In the order of acknowledgement. */
  readonly records: (RecordDraft & { readonly receipt: string; readonly time: string })[] = [];
  /** While true, `append` refuses as it does when the database is away; `appendLater` holds records back. */
  isClosed = false;
  readonly #later: RecordDraft[] = [];

  async append(draft: RecordDraft): Promise<string> {
    if (this.isClosed) throw fail('audit_unavailable', { detail: 'The record was not committed in time.' });
    return this.#write(draft);
  }

  appendLater(draft: RecordDraft): void {
    const complete = { ...draft, receipt: draft.receipt ?? newReceipt() };
    if (this.isClosed) this.#later.push(complete);
    else this.#write(complete);
  }

  /** Opens it again: what was held back is written. */
  open(): void {
    this.isClosed = false;
    for (const draft of this.#later.splice(0)) this.#write(draft);
  }

  digest(text: string | Uint8Array): string {
    return `hmac-sha256:${createHash('sha256').update(text).digest('base64url')}`;
  }

  newReceipt(): string {
    return newReceipt();
  }

  #write(draft: RecordDraft): string {
    const record = { ...draft, receipt: draft.receipt ?? newReceipt(), time: draft.time ?? new Date().toISOString() };
    this.records.push(record);
    return record.receipt;
  }
}
