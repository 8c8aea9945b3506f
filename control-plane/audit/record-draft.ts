// What a room gives the audit log to record: everything of a record but what the log itself sets.
// Imports nothing.

export type RecordKind = 'intent' | 'outcome' | 'refusal' | 'change' | 'read' | 'session' | 'lifecycle' | 'heartbeat';

export interface RecordActor {
  readonly kind: 'key' | 'account' | 'system' | 'cli';
  readonly id: string;
}

/** Facts are digests, counts, ids, versions and codes; never a value of a request. */
export interface RecordDraft {
  readonly kind: RecordKind;
  readonly tenant: string;
  readonly actor: RecordActor;
  readonly action: string;
  /** Of an outcome: the receipt of its intent. */
  readonly intent?: string;
  /** Made when absent. */
  readonly receipt?: string;
  /** RFC 3339; the moment of the call when absent. */
  readonly time?: string;
  readonly [fact: string]: unknown;
}
