// The audit record: what the log says of one event, as facts and keyed digests, never as values of a prompt, an answer or a
// person. The entry of the log is the canonical JSON of the record; its bytes are stored, hashed and exported as they are.
// The schema is strict both ways: what could not be verified later is not written, and a field nobody declared is refused.
// May import: zod and this room.

import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { FormatError } from './format-error.ts';
import { RECEIPT } from './receipt.ts';
import { MAX_ENTRY_BYTES } from './tiles.ts';

/** Digests of single texts that one record holds; the rest is counted in `textsLeft`, and covered by the body's digest. */
export const MAX_TEXT_DIGESTS = 512;

const receipt = z.string().regex(RECEIPT);
const count = z.int().min(0);
const milliseconds = z.number().min(0).max(1e12);
// Names of our own making: models, policies, tenants, accounts. Never text of a caller.
const name = z.string().regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,253}$/u);
const word = z.string().regex(/^[a-z][a-z0-9_.:/-]{0,127}$/);
const label = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const keyedDigest = z.string().regex(/^hmac-sha256:[A-Za-z0-9_-]{43}$/);
const plainDigest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const anyDigest = z.union([keyedDigest, plainDigest]);
const entityCounts = z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/), z.int().min(1));
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .refine(isTime, 'not a time');

const model = z.strictObject({ name, generation: count, digest: plainDigest.optional() });
const policy = z.strictObject({ name, hash: plainDigest });
const dataClass = z.enum(['public', 'internal', 'confidential', 'restricted']);
const body = z.strictObject({
  /** Keyed digest of the body as the caller sent it. */
  digest: keyedDigest,
  bytes: count,
  messages: count.optional(),
  /** Keyed digest of each text that was inspected, in order of their paths; see MAX_TEXT_DIGESTS. */
  texts: z.array(keyedDigest).max(MAX_TEXT_DIGESTS),
  textsLeft: z.int().min(1).optional(),
});
const answer = z.strictObject({
  /** Keyed digest of the answer as the caller got it, values restored. */
  digest: keyedDigest,
  bytes: count,
  /** HTTP status of the engine or provider. */
  status: z.int().min(100).max(599),
  promptTokens: count.optional(),
  completionTokens: count.optional(),
  finish: word.optional(),
  /** Keyed digest of the restored text of each choice. */
  texts: z.array(keyedDigest).max(MAX_TEXT_DIGESTS).optional(),
});
const timings = z.strictObject({
  queueMs: milliseconds.optional(),
  firstByteMs: milliseconds.optional(),
  totalMs: milliseconds,
});

const common = {
  v: z.literal(1),
  receipt,
  /** RFC 3339, UTC, milliseconds: the writer's clock. The order of the log is that of its index, not of these times. */
  time,
  /** Each process counts its records from 1 without a gap; `epoch` is its start. */
  producer: z.strictObject({ id: label, epoch: z.int().min(1), n: z.int().min(1) }),
  tenant: name,
  actor: z.strictObject({ kind: z.enum(['key', 'account', 'system', 'cli']), id: name }),
  /** What was done, in our words: `chat.completions`, `model.apply`, `audit.export`. */
  action: word,
};

const intent = z.strictObject({
  ...common,
  kind: z.literal('intent'),
  endpoint: word,
  stream: z.boolean(),
  model,
  /** Who is about to answer: `local`, or the name of a provider. */
  target: name,
  /** 1 for the first try, 2 for the first retry or fallback; each has its own intent. */
  attempt: z.int().min(1),
  dataClass,
  policy,
  recognisers: label,
  /** What was found and replaced, by entity type. */
  redactions: entityCounts,
  request: body,
  /** Keyed digest of the body as it goes to the target. */
  sent: z.strictObject({ digest: keyedDigest, bytes: count }).optional(),
});

const outcome = z.strictObject({
  ...common,
  kind: z.literal('outcome'),
  /** The receipt of the intent that this ends. */
  intent: receipt,
  outcome: z.enum(['answered', 'failed', 'aborted']),
  /** A code of the error registry. */
  error: word.optional(),
  response: answer.optional(),
  /** Surrogates that were put back. */
  restored: count.optional(),
  timings,
});

const refusal = z.strictObject({
  ...common,
  kind: z.literal('refusal'),
  /** A code of the error registry, and the HTTP status it was answered with. */
  error: word,
  status: z.int().min(100).max(599),
  endpoint: word.optional(),
  /** Only a model that exists: a name that the caller made up is the caller's text. */
  model: model.optional(),
  dataClass: dataClass.optional(),
  policy: policy.optional(),
  recognisers: label.optional(),
  redactions: entityCounts.optional(),
  /** What the policy blocks, by entity type. */
  blocked: entityCounts.optional(),
  request: body.optional(),
  timings: timings.optional(),
});

const change = z.strictObject({
  ...common,
  kind: z.literal('change'),
  resource: z.strictObject({
    kind: name,
    namespace: name.optional(),
    name,
    generation: count.optional(),
    resourceVersion: label.optional(),
  }),
  outcome: z.enum(['done', 'failed']),
  error: word.optional(),
  /** Digests of the object before and after; absent where there is none. */
  before: anyDigest.optional(),
  after: anyDigest.optional(),
});

const read = z.strictObject({
  ...common,
  kind: z.literal('read'),
  /** The record that was read, where it was one. */
  subject: receipt.optional(),
  /** How many records were handed out. */
  records: count,
  /** Size of the log that was exported. */
  logSize: count.optional(),
});

const session = z.strictObject({
  ...common,
  kind: z.literal('session'),
  outcome: z.enum(['done', 'failed']),
  error: word.optional(),
  method: word.optional(),
});

const lifecycle = z.strictObject({
  ...common,
  kind: z.literal('lifecycle'),
  component: word,
  version: label.optional(),
  /** Digest of the configuration in force. */
  configuration: anyDigest.optional(),
  /** Why, as a code. */
  reason: word.optional(),
});

const heartbeat = z.strictObject({ ...common, kind: z.literal('heartbeat') });

const SCHEMAS = { intent, outcome, refusal, change, read, session, lifecycle, heartbeat };

export const auditRecordSchema = z.discriminatedUnion('kind', [
  intent,
  outcome,
  refusal,
  change,
  read,
  session,
  lifecycle,
  heartbeat,
]);

export type AuditRecord = z.infer<typeof auditRecordSchema>;
export type RecordKind = AuditRecord['kind'];
export const RECORD_KINDS = Object.keys(SCHEMAS) as readonly RecordKind[];
export type IntentRecord = Extract<AuditRecord, { kind: 'intent' }>;
export type OutcomeRecord = Extract<AuditRecord, { kind: 'outcome' }>;
export type RefusalRecord = Extract<AuditRecord, { kind: 'refusal' }>;

type Written = 'v' | 'producer' | 'time' | 'receipt';
type Draft<R> = R extends AuditRecord ? Omit<R, Written> & { receipt?: string; time?: string } : never;

/** A record before the log has given it a receipt, a time and a number. */
export type RecordDraft = Draft<AuditRecord>;

/** The bytes of a record's entry. Throws `record_invalid` with the field's path, or `record_too_large`. */
export function encodeRecord(record: AuditRecord): Uint8Array {
  const text = canonicalJson(checkRecord(record));
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new FormatError('record_too_large', `a record has ${bytes.length} bytes, at most ${MAX_ENTRY_BYTES}`);
  }
  return bytes;
}

/**
 * Reads an entry. Throws `record_invalid` (not UTF-8, not JSON, unknown or wrong field, with its path) or
 * `record_not_canonical` where the same facts would have been written with other bytes.
 */
export function decodeRecord(entry: Uint8Array): AuditRecord {
  const text = decodeText(entry);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatError('record_invalid', 'not JSON');
  }
  const record = checkRecord(value);
  let canonical: string;
  try {
    canonical = canonicalJson(value);
  } catch (cause) {
    throw new FormatError('record_invalid', cause instanceof Error ? cause.message : 'not JSON');
  }
  if (canonical !== text) throw new FormatError('record_not_canonical', 'not in canonical form (RFC 8785)');
  return record;
}

/** The `texts` and `textsLeft` of a request's body from the digests of all its texts. */
export function textDigests(digests: readonly string[]): { texts: string[]; textsLeft?: number } {
  const texts = digests.slice(0, MAX_TEXT_DIGESTS);
  return digests.length > texts.length ? { texts, textsLeft: digests.length - texts.length } : { texts };
}

function checkRecord(value: unknown): AuditRecord {
  const result = auditRecordSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? undefined : issue.path.join('.');
  throw new FormatError('record_invalid', issueText(issue), path);
}

/** What is wrong, without the value: a name of an unknown field is text that somebody else chose. */
function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') return `${issue.keys.length} unknown field(s)`;
  if (issue?.code === 'invalid_union') return 'no record has this kind';
  return issue?.code === undefined ? 'not a record' : `wrong value (${issue.code})`;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError('record_invalid', 'not UTF-8');
  }
}

function isTime(text: string): boolean {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString() === text;
}
