// The audit record: what the log says of one event, as facts and keyed digests, never as values of a prompt, an answer or a
// person. The entry of the log is the canonical JSON of the record; its bytes are stored, hashed and exported as they are.
// The envelope is strict, when written and when verified: without it a record could not be attributed or counted. Facts
// are described here and grow with the product: one that a verifier does not know is told, and makes no log bad.
// May import: zod and this room.

import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { FormatError } from './format-error.ts';
import { RECEIPT } from './receipt.ts';
import { MAX_ENTRY_BYTES } from './tiles.ts';

export const RECORD_KINDS = [
  'intent',
  'outcome',
  'refusal',
  'change',
  'read',
  'session',
  'lifecycle',
  'heartbeat',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

const receipt = z.string().regex(RECEIPT);
const count = z.int().min(0);
// Names of our own making: models, policies, tenants, accounts. Never text of a caller.
const name = z.string().regex(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,253}$/u);
const code = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const digest = z.string().regex(/^(?:hmac-sha256:[A-Za-z0-9_-]{43}|sha256:[0-9a-f]{64})$/);
const entityCounts = z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/), z.int().min(1));
const milliseconds = z.number().min(0);

const envelope = {
  v: z.literal(1),
  receipt,
  kind: z.enum(RECORD_KINDS),
  /** RFC 3339, UTC, milliseconds: the writer's clock. The order of the log is that of its index, not of these times. */
  time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  /** Each producer counts the records of each of its epochs from 0 without a gap; an epoch is a start or a new try. */
  producer: z.strictObject({ id: code, epoch: z.int().min(1), n: count }),
  /** `-` where a record belongs to no tenant. */
  tenant: name,
  actor: z.strictObject({ kind: z.enum(['key', 'account', 'system', 'cli']), id: name }),
  /** What was done, in our words: `chat.completions`, `resource.apply`, `log.export`. */
  action: code,
  /** Of an outcome: the receipt of the intent or change that it ends. */
  intent: receipt.optional(),
};

const facts = {
  /** 1 for the first try of a request, 2 for the first retry; each has its own intent. */
  attempt: z.int().min(1),
  dataClass: z.enum(['public', 'internal', 'confidential', 'restricted']),
  model: z.strictObject({ name, generation: count, digest: code.optional() }),
  /** Who is about to answer. */
  target: z.strictObject({ kind: code, revision: code.optional(), name: name.optional() }),
  /** The effective policy: the names it was composed of, and the hash of its rules. */
  policy: z.strictObject({ name, hash: digest }),
  /** Version label of the recognisers that ran. */
  recognisers: name,
  /** What was found and replaced, by entity type. */
  redactions: entityCounts,
  /** What the policy blocks, by entity type. */
  blocked: entityCounts,
  /** The request as the caller sent it: keyed digests of the body and of its texts, and sizes. */
  request: z.strictObject({ digest, texts: z.array(digest), bytes: count, messages: count }),
  /** The answer as the caller got it, values restored. */
  response: z.strictObject({
    status: count,
    bytes: count,
    /** Keyed digest of the body, byte by byte; absent where the answer was streamed. */
    digest: digest.optional(),
    texts: z.array(digest),
    finish: z.array(z.string().max(32)),
    promptTokens: count.optional(),
    completionTokens: count.optional(),
  }),
  timings: z.strictObject({ totalMs: milliseconds, firstByteMs: milliseconds.optional() }),
  /** How it ended; `code` is `answered`, `done` or one of the error registry. */
  outcome: z.strictObject({ ok: z.boolean(), code }),
  /** What was changed or read. */
  object: z.strictObject({ kind: name, name: name.optional(), namespace: name.optional() }),
  dryRun: z.boolean(),
};

const envelopeSchema = z.looseObject(envelope);
const knownSchema = z.strictObject({ ...envelope, ...z.object(facts).partial().shape });

/** A record whose facts are all of this version. */
export type AuditRecord = z.infer<typeof knownSchema>;
/** A record as it stands in the log: a checked envelope, and facts that may be newer than the reader. */
export type LoggedRecord = z.infer<typeof envelopeSchema>;

/** The bytes of a record's entry. Throws `record_invalid` with the path of a wrong field, or `record_too_large`. */
export function encodeRecord(record: Readonly<Record<string, unknown>>): Uint8Array {
  const bytes = Buffer.from(canonicalJson(record), 'utf8');
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new FormatError('record_too_large', `a record has ${bytes.length} bytes, at most ${MAX_ENTRY_BYTES}`);
  }
  checkEnvelope(record);
  return bytes;
}

/**
 * Reads an entry. Throws `record_invalid` (not UTF-8, not JSON, a wrong field of the envelope, with its path) or
 * `record_not_canonical` where the same record would have been written with other bytes.
 */
export function decodeRecord(entry: Uint8Array): LoggedRecord {
  const text = decodeText(entry);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatError('record_invalid', 'not JSON');
  }
  if (canonicalOf(value) !== text) throw new FormatError('record_not_canonical', 'not in canonical form (RFC 8785)');
  return checkEnvelope(value);
}

/** Whether all facts of a record are described here. */
export function hasKnownFacts(record: LoggedRecord): boolean {
  return knownSchema.safeParse(record).success;
}

function checkEnvelope(value: unknown): LoggedRecord {
  const result = envelopeSchema.safeParse(value);
  if (result.success && isTime(result.data.time)) return result.data;
  // What is wrong, without the value: it is text that somebody else chose.
  const issue = result.error?.issues[0];
  const path = result.success ? 'time' : issue?.path.join('.');
  throw new FormatError('record_invalid', 'a record does not read like this', path === '' ? undefined : path);
}

function canonicalOf(value: unknown): string | undefined {
  try {
    return canonicalJson(value);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new FormatError('record_invalid', 'not UTF-8');
  }
}

function isTime(text: string): boolean {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString() === text;
}
