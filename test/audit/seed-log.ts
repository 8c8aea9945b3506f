// A large log in little time: records as several gateways and consoles write them over months, staged in bulk, then put
// in order by the product's own sequencer and made searchable by its own follower. Seeded, so that two runs are alike.

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { receiptOf } from '../../control-plane/audit/format/receipt.ts';
import { encodeRecord } from '../../control-plane/audit/format/record.ts';
import { fillSearch } from '../../control-plane/audit/search/search-index.ts';
import { connectSequencer } from '../../control-plane/audit/sequencer-session.ts';
import type { Secrets } from '../../control-plane/secrets/secrets.ts';
import { below, type Random, seeded } from '../chaos/random.ts';
import type { TemporaryDatabase } from '../database/temporary-database.ts';

/** Facts that a test may look for, beside the envelope. */
export interface SeededRecord {
  readonly receipt: string;
  readonly kind: string;
  readonly time: string;
  readonly tenant: string;
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly [fact: string]: unknown;
}

export interface SeedOptions {
  readonly count: number;
  readonly seed?: number;
  /** Called with each record as it was written. */
  readonly onRecord?: (record: SeededRecord) => void;
}

const STEP = 2_000;
const FIRST_MS = Date.parse('2026-05-01T00:00:00Z');
const DAYS = 180;
const PRODUCERS = ['gateway-a', 'gateway-b', 'admin-a'] as const;
const CLASSES = ['public', 'internal', 'confidential', 'restricted'] as const;
const ENTITIES = ['PERSON', 'DATE_OF_BIRTH', 'EMAIL', 'FR_NIR'] as const;
const ADMIN_ACTIONS = [
  ['change', 'model.apply'],
  ['change', 'policy.apply'],
  ['read', 'log.read'],
  ['session', 'session.begin'],
] as const;

/** Writes them as the owner of the tables, without waiting for each commit of one. */
export async function stageRecords(database: TemporaryDatabase, options: SeedOptions): Promise<void> {
  const client = new Client({ connectionString: database.server.url });
  await client.connect();
  try {
    // Committed together with what follows: nobody waits for one of these rows.
    await client.query('SET synchronous_commit = off');
    for (const producer of PRODUCERS) {
      await client.query('INSERT INTO audit_epoch (producer, epoch) VALUES ($1, 1)', [producer]);
    }
    const make = recordMaker(options);
    for (let done = 0; done < options.count; done += STEP) {
      await insert(client, make(Math.min(STEP, options.count - done)));
    }
    await client.query('VACUUM (ANALYZE) audit_record');
  } finally {
    await client.end();
  }
}

/** Runs the product's sequencer until all is in order, then makes what the search needs; the log still runs. */
export async function integrate(
  database: TemporaryDatabase,
  secrets: Secrets,
  { isSearched = true }: { readonly isSearched?: boolean } = {},
): Promise<DatabaseAuditLog> {
  const log = await openAuditLog({ database, secrets, producer: 'seeder' });
  await log.start();
  await untilIntegrated(database);
  if (isSearched) await fillNow(database);
  return log;
}

export async function untilIntegrated(database: TemporaryDatabase): Promise<void> {
  for (;;) {
    const { rows } = await database.pool.query<{ behind: boolean }>(
      `SELECT (SELECT count(*) FROM audit_record) > coalesce(
         (SELECT first_index + length FROM audit_segment ORDER BY first_index DESC LIMIT 1), 0) AS behind`,
    );
    if (rows[0]?.behind === false) return;
    await delay(100);
  }
}

/** Number of blocks made. */
export async function fillNow(database: TemporaryDatabase): Promise<number> {
  const session = await connectSequencer(database.address);
  try {
    return await fillSearch(session);
  } finally {
    session.close();
  }
}

interface Staged {
  readonly producer: string;
  readonly n: number;
  readonly record: SeededRecord;
  readonly entry: Uint8Array;
}

async function insert(client: Client, rows: readonly Staged[]): Promise<void> {
  await client.query(
    `INSERT INTO audit_record (producer, epoch, n, receipt, kind, tenant, intent, staged_at, entry)
     SELECT producer, 1, n, receipt, kind, tenant, intent, at, entry
       FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[])
         AS r(producer, n, receipt, kind, tenant, intent, at, entry)`,
    [
      rows.map(({ producer }) => producer),
      rows.map(({ n }) => n),
      rows.map(({ record }) => record.receipt),
      rows.map(({ record }) => record.kind),
      rows.map(({ record }) => record.tenant),
      rows.map(({ record }) => (typeof record['intent'] === 'string' ? record['intent'] : null)),
      rows.map(({ record }) => record.time),
      rows.map(({ entry }) => entry),
    ],
  );
}

function recordMaker({ count, seed = 1, onRecord }: SeedOptions): (rows: number) => Staged[] {
  const random = seeded(seed);
  const counters = new Map<string, number>();
  let made = 0;
  let due: { producer: string; facts: Record<string, unknown> } | undefined;
  const write = (producer: string, facts: Record<string, unknown>): Staged => {
    const n = counters.get(producer) ?? 0;
    counters.set(producer, n + 1);
    const time = new Date(FIRST_MS + Math.floor((made / count) * DAYS * 86_400_000)).toISOString();
    const record = { receipt: receiptOf(randomBytes(16)), time, ...facts } as unknown as SeededRecord;
    made += 1;
    onRecord?.(record);
    return { producer, n, record, entry: encodeRecord({ ...record, v: 1, producer: { id: producer, epoch: 1, n } }) };
  };
  const next = (): Staged => {
    if (due !== undefined) {
      const { producer, facts } = due;
      due = undefined;
      return write(producer, facts);
    }
    if (random() < 0.06) return write('admin-a', adminFacts(random));
    const producer = random() < 0.5 ? 'gateway-a' : 'gateway-b';
    const facts = intentFacts(random);
    const intent = write(producer, facts);
    const { kind: _, ...who } = facts;
    due = { producer, facts: { ...outcomeFacts(random), ...pick(who), intent: intent.record.receipt } };
    return intent;
  };
  return (rows) => Array.from({ length: rows }, next);
}

/** Few have most of the traffic: the second of a list half of the first, and so on. */
function skewed(random: Random, names: number): number {
  return Math.min(names - 1, Math.floor(-Math.log2(1 - random())));
}

function intentFacts(random: Random): Record<string, unknown> {
  const tenant = skewed(random, 40);
  const found = ENTITIES.filter(() => random() < 0.3).map((type) => [type, 1 + below(random, 3)]);
  const rare = random() < 0.000_05 ? { CARD: 1 } : {};
  return {
    kind: 'intent',
    tenant: `tenant-${tenant}`,
    actor: { kind: 'key', id: `key-${tenant}-${below(random, 5)}` },
    action: random() < 0.9 ? 'chat.completions' : 'embeddings',
    attempt: 1,
    dataClass: CLASSES[skewed(random, 4)],
    // Each tenant has its models: a tenant with another's model finds nothing, however common both are.
    model: { name: `model-${tenant % 12}`, generation: 1, digest: `sha256:${'0'.repeat(64)}` },
    target: random() < 0.000_1 ? { kind: 'openai', name: 'central' } : { kind: 'local', revision: 'abc123' },
    policy: { name: tenant % 3 === 0 ? 'internal' : `internal+floor-${tenant}`, hash: `sha256:${'0'.repeat(64)}` },
    recognisers: 'fr-2026.1',
    redactions: { ...Object.fromEntries(found), ...rare },
    request: { digest: someDigest(random), texts: [someDigest(random)], bytes: 1_024, messages: 1 },
  };
}

function outcomeFacts(random: Random): Record<string, unknown> {
  const failed = random() < 0.01;
  const code = failed ? (random() < 0.01 ? 'engine_timeout' : 'engine_failed') : 'answered';
  const response = { status: failed ? 502 : 200, bytes: 512, texts: [someDigest(random)], finish: ['stop'] };
  return { kind: 'outcome', outcome: { ok: !failed, code }, response, timings: { totalMs: 120 } };
}

function someDigest(random: Random): string {
  return `hmac-sha256:${createHash('sha256').update(String(random())).digest('base64url')}`;
}

function pick({ tenant, actor, action }: Record<string, unknown>): Record<string, unknown> {
  return { tenant, actor, action };
}

function adminFacts(random: Random): Record<string, unknown> {
  const [kind, action] = ADMIN_ACTIONS[below(random, ADMIN_ACTIONS.length)] ?? ['read', 'log.read'];
  return { kind, tenant: '-', actor: { kind: 'account', id: `person-${below(random, 20)}` }, action };
}
