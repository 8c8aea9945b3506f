// What of a record can be searched for, as short terms: `tenant:default`, `code:answered`. Only what the record itself
// holds: names, codes, counts by entity type, keyed digests. An outcome is found by what its intent says too. A record
// that cannot be read has a term that says so: a search does not lose what somebody damaged. Pure; imports nothing of ours.

export interface RecordFacts {
  readonly receipt: string;
  /** Milliseconds since 1970, by the writer's clock. */
  readonly atMs: number;
  readonly kind: string;
  readonly action: string;
  readonly tenant: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly model: string | undefined;
  readonly dataClass: string | undefined;
  readonly policy: string | undefined;
  readonly code: string | undefined;
  /** HTTP status that the caller was given. */
  readonly status: number | undefined;
  /** Number of values by entity type, replaced or blocked. */
  readonly entities: Readonly<Record<string, number>>;
  /** Who answered, where it was nobody of ours. */
  readonly outside: string | undefined;
  /** Kind of what was changed or read. */
  readonly object: string | undefined;
  /** Of an outcome: the receipt of its intent. */
  readonly intent: string | undefined;
  readonly digests: readonly string[];
  readonly isReadable: boolean;
}

/** The columns that a record stands by: they tell of one that does not read any more. */
export interface StoredColumns {
  readonly receipt: string;
  readonly kind: string;
  readonly tenant: string;
  readonly stagedAtMs: number;
}

/** One kind of question, and how its terms begin. */
export const TERMS = [
  ...(['kind', 'action', 'tenant', 'key', 'person', 'process', 'model', 'class', 'policy'] as const),
  ...(['code', 'status', 'entity', 'outside', 'object', 'state'] as const),
] as const;
export type TermName = (typeof TERMS)[number];

/** What an outcome does not say of itself, and is found by because its intent does. */
export const BORROWED_TERMS: ReadonlySet<string> = new Set<TermName>([
  ...(['model', 'class', 'policy', 'entity', 'outside', 'object'] as const),
]);

export function termOf(name: TermName, value: string | number): string {
  return `${name}:${value}`;
}

const ACTOR_TERMS: Readonly<Record<string, TermName>> = { key: 'key', account: 'person', cli: 'person' };
/** Longer than any name of ours; a term must stay short whatever a damaged record holds. */
const MAX_TEXT = 253;

/** An outcome without its intent knows less; give the facts of the intent where it names one. */
export function factsOf(entry: Uint8Array, columns: StoredColumns, intent?: RecordFacts): RecordFacts {
  const record = parse(entry);
  const atMs = Date.parse(textOf(record['time']) ?? '');
  const own = { redactions: partOf(record, 'redactions'), blocked: partOf(record, 'blocked') };
  const entities = { ...intent?.entities, ...countsOf(own.redactions), ...countsOf(own.blocked) };
  const isReadable = textOf(record['receipt']) !== undefined && !Number.isNaN(atMs) && 'kind' in record;
  return {
    receipt: textOf(record['receipt']) ?? columns.receipt,
    atMs: Number.isNaN(atMs) ? columns.stagedAtMs : atMs,
    kind: textOf(record['kind']) ?? columns.kind,
    action: textOf(record['action']) ?? '',
    tenant: textOf(record['tenant']) ?? columns.tenant,
    actor: {
      kind: textOf(partOf(record['actor'], 'kind')) ?? '',
      id: textOf(partOf(record['actor'], 'id')) ?? '',
    },
    model: textOf(partOf(record['model'], 'name')) ?? intent?.model,
    dataClass: textOf(record['dataClass']) ?? intent?.dataClass,
    policy: textOf(partOf(record['policy'], 'name')) ?? intent?.policy,
    code: textOf(partOf(record['outcome'], 'code')),
    status: numberOf(partOf(record['response'], 'status')),
    entities,
    outside: outsideOf(record['target']) ?? intent?.outside,
    object: textOf(partOf(record['object'], 'kind')) ?? intent?.object,
    intent: textOf(record['intent']),
    digests: [...digestsOf(record['request']), ...digestsOf(record['response'])],
    isReadable,
  };
}

export function termsOf(facts: RecordFacts): string[] {
  const { actor, policy, entities } = facts;
  const policies = policy === undefined ? [] : [...new Set([policy, ...policy.split('+')])];
  const actorTerm = ACTOR_TERMS[actor.kind] ?? 'process';
  const single: readonly (readonly [TermName, string | number | undefined])[] = [
    ['kind', facts.kind],
    ['action', facts.action],
    ['tenant', facts.tenant],
    [actorTerm, actor.id],
    ['model', facts.model],
    ['class', facts.dataClass],
    ['code', facts.code],
    ['status', facts.status],
    ['outside', facts.outside],
    ['outside', facts.outside === undefined ? undefined : '*'],
    ['object', facts.object],
    ['state', facts.isReadable ? undefined : 'unreadable'],
  ];
  return [
    ...single.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [termOf(name, value)])),
    ...policies.map((name) => termOf('policy', name)),
    ...Object.keys(entities).map((type) => termOf('entity', type)),
  ];
}

/** The record as it reads, or nothing where it does not read at all. */
function parse(entry: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(entry.buffer, entry.byteOffset, entry.length).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function outsideOf(target: unknown): string | undefined {
  const kind = textOf(partOf(target, 'kind'));
  return kind === undefined || kind === 'local' ? undefined : (textOf(partOf(target, 'name')) ?? kind);
}

function countsOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  const counts = Object.entries(value).filter(([type, count]) => /^[A-Z][A-Z0-9_]{0,39}$/.test(type) && count > 0);
  return Object.fromEntries(counts) as Record<string, number>;
}

function digestsOf(part: unknown): string[] {
  const texts = partOf(part, 'texts');
  const all: unknown[] = [partOf(part, 'digest'), ...(Array.isArray(texts) ? (texts as unknown[]) : [])];
  return all.filter((each) => typeof each === 'string');
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** PostgreSQL takes no NUL in a text. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.length > MAX_TEXT || value.includes('\0') ? value.slice(0, MAX_TEXT).replaceAll('\0', '') : value;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
