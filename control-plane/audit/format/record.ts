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
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
// Names of our own making: models, policies, tenants, accounts. Never text of a caller.
const NAME = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,253}$/u;
const name = z.string().regex(NAME);
const CODE = /^[\x21-\x7e]{1,200}$/;
const code = z.string().regex(CODE);
const ACTOR_KINDS = ['key', 'account', 'system', 'cli'] as const;
const digest = z.string().regex(/^(?:hmac-sha256:[A-Za-z0-9_-]{43}|sha256:[0-9a-f]{64})$/);
const entityCounts = z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/), z.int().min(1));
const milliseconds = z.number().min(0);

const envelope = {
  v: z.literal(1).describe('Version of the envelope.'),
  receipt: receipt.describe('Name of the record: `imr_` and 26 characters, 128 random bits.'),
  kind: z.enum(RECORD_KINDS).describe('What happened; the kinds are above.'),
  time: z
    .string()
    .regex(TIME)
    .describe(
      "RFC 3339, UTC, milliseconds: the writer's clock. The order of the log is that of its index, not of times.",
    ),
  producer: z
    .strictObject({
      id: code.describe('Name of the process that wrote the record.'),
      epoch: z.int().min(1).describe('Grows by one at each start, and after each failed commit.'),
      n: count.describe('Counts the records of the epoch from 0, without a gap.'),
    })
    .describe('Who wrote the record, and as which in turn: what is missing shows.'),
  tenant: name.describe('Whose request it was; `-` where a record belongs to no tenant.'),
  actor: z
    .strictObject({
      kind: z
        .enum(ACTOR_KINDS)
        .describe('An API key, an account of the console, the product itself, or its command line.'),
      id: name.describe(
        'Identity of the API key, name of the account or of the process; `-` for a caller whom nobody knows.',
      ),
    })
    .describe('Who did it: the authenticated principal, never what a caller claims in a header or a body.'),
  action: code.describe('What was done, in words of the product: an endpoint, or one of the actions below.'),
  intent: receipt.optional().describe('Of an outcome: the receipt of the intent or change that it ends.'),
};

const facts = {
  attempt: z.int().min(1).describe('1 for the first try of a request, 2 for the first retry; each has its own intent.'),
  dataClass: z
    .enum(['public', 'internal', 'confidential', 'restricted'])
    .describe("Class of the request: the key's, or a higher one where something was found."),
  model: z
    .strictObject({
      name: name.describe('Name of the Model resource.'),
      generation: count.describe('Generation of the Model resource.'),
      digest: code.optional().describe('SHA-256 of the weights, where it was computed.'),
      adapter: z
        .strictObject({
          name: name.describe('Name of the adapter in the Model resource.'),
          digest: code.describe('SHA-256 of the file of the adapter.'),
        })
        .optional()
        .describe('The LoRA adapter that was laid over the weights, where the request named one.'),
    })
    .describe('The model that was asked.'),
  target: z
    .strictObject({
      kind: code.describe('`local`: an engine process of this machine.'),
      revision: code
        .optional()
        .describe('What the generation asked of the process: weights, engine, context, as a short hash.'),
      name: name.optional().describe('Where an outside service answers: its name.'),
    })
    .describe('Who is about to answer.'),
  policy: z
    .strictObject({
      name: name.describe('The policies it was composed of, joined by `+`.'),
      hash: digest.describe('Hash of the rules in force, composed.'),
    })
    .describe('The effective policy.'),
  digestKey: code.describe('Id of the key of the digests in this record: of a rotated key each version has its own.'),
  recognisers: name.describe('Version of the recognisers that ran.'),
  redactions: entityCounts.describe('What was found and replaced: number of values by entity type.'),
  blocked: entityCounts.describe(
    'What the policy blocks, and the request was refused for: number of values by entity type.',
  ),
  request: z
    .strictObject({
      digest: digest.describe('Keyed digest of the body, byte by byte.'),
      texts: z
        .array(digest)
        .describe('Keyed digests of its texts of 16 characters or more; of a long history the first and the last 8.'),
      bytes: count.describe('Bytes of the body.'),
      messages: count.describe('Messages in it; 1 where the endpoint knows none.'),
    })
    .describe('The request as the caller sent it, before redaction.'),
  response: z
    .strictObject({
      status: count.describe('HTTP status that the caller was given; 0 when it had left.'),
      bytes: count.describe(
        'Bytes of the body, or of the events of a stream; 0 for an attempt that another one followed.',
      ),
      digest: digest
        .optional()
        .describe('Keyed digest of the body, byte by byte; absent where the answer was streamed.'),
      texts: z
        .array(digest)
        .describe('Keyed digests of its texts, one a choice; then of the message of the error that ended it.'),
      finish: z.array(z.string().max(32)).describe('Why each choice ended: `stop`, `length`, `tool_calls`, ...'),
      promptTokens: count.optional().describe('Tokens read, as the engine counts them.'),
      completionTokens: count.optional().describe('Tokens written, as the engine counts them.'),
    })
    .describe('The answer as the caller got it, values restored.'),
  timings: z
    .strictObject({
      totalMs: milliseconds.describe('From the first byte of the request to the end of the answer, milliseconds.'),
      firstByteMs: milliseconds.optional().describe('Until the first byte of the answer, milliseconds.'),
    })
    .describe('How long it took, by a clock that only runs forward.'),
  outcome: z
    .strictObject({
      ok: z.boolean().describe('Whether it took place.'),
      code: code.describe(
        '`answered`, `done`, what an attempt ended with (`engine_failed`, `client_left`, ...), or one of the [error codes](errors.md).',
      ),
    })
    .describe('How it ended.'),
  object: z
    .strictObject({
      kind: name.describe('Kind of the resource, or `ApiKey`, `Account`, `Record`, `Bundle`.'),
      name: name.optional().describe('Its name; of an API key its name or public prefix, of a record its receipt.'),
      namespace: name.optional().describe('Its namespace, where the kind has one.'),
    })
    .describe('What was changed or read.'),
  proposal: z
    .strictObject({
      id: code
        .optional()
        .describe('Id of the proposal; of a new one the record has the receipt that the proposal names.'),
      step: z.enum(['propose', 'approve', 'reject', 'withdraw', 'expire']).describe('What happened to it.'),
      operation: z.enum(['apply', 'delete']).describe('What it asks for.'),
      baseGeneration: count.optional().describe('Generation on which it was written; absent where there was none.'),
      digest: digest.optional().describe('SHA-256 of the spec that it asks for, as canonical JSON (RFC 8785).'),
    })
    .describe('A change that needs a second person.'),
  purpose: z
    .strictObject({
      kind: code.describe('`control`, `incident`, `request`, `authority` or `operation`.'),
      reference: name.optional().describe('Number or name of the case, as the person wrote it.'),
    })
    .describe('What the log is searched for, as the person said before.'),
  search: z
    .record(z.string().regex(/^[a-z]{1,16}$/), name)
    .describe('What was searched for: each filter of the search by its name, and what it had to be.'),
  dryRun: z.boolean().describe('Whether it was asked for as a trial that changes nothing.'),
  recovery: z
    .strictObject({
      takenAt: z.string().regex(TIME).describe('When the backup was taken, as it says.'),
      size: count.describe('Records of the log in the last checkpoint of the backup.'),
      root: digest.describe('Root of that checkpoint: the tree of the first `size` records.'),
      keys: z.enum(['kept', 'new']).describe('Whether the keys of before were restored, or had to be made anew.'),
    })
    .describe('Of `recovered`: the backup from which this installation was restored.'),
};

const envelopeSchema = z.looseObject(envelope);
const knownSchema = z.strictObject({ ...envelope, ...z.object(facts).partial().shape });

/** Envelope and facts, for the reference page. */
export const RECORD_SCHEMAS = { envelope: z.object(envelope), facts: z.object(facts) } as const;

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
  if (!hasPlainEnvelope(record)) checkEnvelope(record);
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

/**
 * The same as `checkEnvelope` for what we write ourselves, at a tenth of its cost: every request writes two records. False
 * where the schema must look, also because nothing here says what is wrong.
 */
function hasPlainEnvelope(record: Readonly<Record<string, unknown>>): boolean {
  const { v, kind, producer, tenant, actor, action, intent } = record;
  return (
    v === 1 &&
    isReceiptText(record['receipt']) &&
    (intent === undefined || isReceiptText(intent)) &&
    KINDS.has(kind) &&
    isKnownTime(record['time']) &&
    isOf(producer, 3) &&
    isKnownText(producer['id'], CODE) &&
    isCount(producer['epoch']) &&
    producer['epoch'] >= 1 &&
    isCount(producer['n']) &&
    isKnownText(tenant, NAME) &&
    isOf(actor, 2) &&
    ACTORS.has(actor['kind']) &&
    isKnownText(actor['id'], NAME) &&
    isKnownText(action, CODE)
  );
}

const KINDS: ReadonlySet<unknown> = new Set(RECORD_KINDS);
const ACTORS: ReadonlySet<unknown> = new Set(ACTOR_KINDS);

function isReceiptText(value: unknown): boolean {
  return typeof value === 'string' && RECEIPT.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOf(value: unknown, members: number): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).length === members;
}

/** Tenants, actors and actions are few, and come again with every record. */
const MAX_KNOWN = 10_000;
const known = new Map<RegExp, Set<string>>();

function isKnownText(value: unknown, pattern: RegExp): boolean {
  if (typeof value !== 'string') return false;
  let texts = known.get(pattern);
  if (texts?.has(value) === true) return true;
  if (!pattern.test(value)) return false;
  if (texts === undefined || texts.size >= MAX_KNOWN) {
    texts = new Set();
    known.set(pattern, texts);
  }
  texts.add(value);
  return true;
}

/** Records of one millisecond share their time. */
let lastTime = '';

function isKnownTime(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (value === lastTime) return true;
  if (!TIME.test(value) || !isTime(value)) return false;
  lastTime = value;
  return true;
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
