// What the admin listener asks of the audit log; `audit/audit-log.ts` gives it. Imports nothing of ours.

export interface AdminRecordDraft {
  readonly kind: 'change' | 'read' | 'session' | 'refusal' | 'outcome';
  readonly tenant: string;
  readonly actor: { readonly kind: 'account' | 'cli' | 'system'; readonly id: string };
  readonly action: string;
  readonly intent?: string;
  readonly [fact: string]: unknown;
}

export interface AdminAudit {
  /** The receipt, once the record is committed. @throws AppError `audit_unavailable` within 2 s. */
  append(draft: AdminRecordDraft): Promise<string>;
  /** Written whatever happens; gates nothing. */
  appendLater(draft: AdminRecordDraft): void;
  /** Keyed digest of a text, the one that records hold. */
  digest(text: string): string;
  /** Under every version of the digest key, where it was rotated. */
  digests?(text: string): readonly string[];
}
