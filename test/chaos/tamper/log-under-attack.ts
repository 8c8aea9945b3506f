// A log made by the product on a real PostgreSQL, of two gateways whose records interleave, and what an attacker sees of
// it: the tables, as superuser. Each attack runs inside a transaction that is rolled back, so that hundreds share a log.

import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type DatabaseAuditLog, openAuditLog } from '../../../control-plane/audit/audit-log.ts';
import { exportBundle } from '../../../control-plane/audit/bundle.ts';
import { type LogFormat, openLogFormat } from '../../../control-plane/audit/log-format.ts';
import type { RecordDraft } from '../../../control-plane/audit/record-draft.ts';
import { memorySecrets } from '../../../control-plane/secrets/memory-secrets.ts';
import type { Secrets } from '../../../control-plane/secrets/secrets.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../../database/temporary-database.ts';

export type Files = Map<string, Buffer>;

/** One record as it stands in the log. */
export interface Leaf {
  readonly index: number;
  readonly producer: string;
  readonly epoch: string;
  readonly n: number;
  readonly entry: Buffer;
}

export interface LogUnderAttack {
  readonly database: TemporaryDatabase;
  readonly secrets: Secrets;
  readonly format: LogFormat;
  readonly client: Client;
  readonly leaves: readonly Leaf[];
  /** Signed notes of the past, smallest first. */
  readonly checkpoints: readonly { readonly size: number; readonly note: string }[];
  /** The last one, as an auditor keeps it elsewhere. */
  readonly kept: string;
  /** Name of a copy of the database from the middle of its life: an older dump. */
  readonly earlier: string;
  stop(): Promise<void>;
}

const ROUNDS = 14;
const RECORDS_A_ROUND = 50;

export async function makeLogUnderAttack(): Promise<LogUnderAttack> {
  const database = await startTemporaryDatabase();
  const secrets = memorySecrets();
  const first = await openAuditLog({ database, secrets, producer: 'gateway-a' });
  const second = await openAuditLog({ database, secrets, producer: 'gateway-b', sequences: false });
  await first.start();
  await second.start();
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([fill(first, RECORDS_A_ROUND), fill(second, RECORDS_A_ROUND)]);
    await delay(250); // a checkpoint or two
    if (round === ROUNDS / 2) await copyDatabase(database, 'earlier');
  }
  await second.stop();
  await first.stop();
  const client = new Client({ connectionString: database.server.url });
  await client.connect();
  const { rows } = await client.query<{ size: string; note: string }>(
    'SELECT DISTINCT ON (size) size, note FROM audit_checkpoint ORDER BY size, id',
  );
  const checkpoints = rows.map(({ size, note }) => ({ size: Number(size), note }));
  return {
    database,
    secrets,
    format: openLogFormat(await secrets.signer()),
    client,
    leaves: await readLeaves(client),
    checkpoints,
    kept: checkpoints.at(-1)?.note ?? '',
    earlier: 'earlier',
    async stop() {
      await client.end();
      await database.stop();
    },
  };
}

/** Intents with their outcomes, as a gateway writes them. */
export async function fill(log: DatabaseAuditLog, count: number): Promise<void> {
  const base = { tenant: 'default', actor: { kind: 'key', id: 'k1' }, action: 'chat.completions' } as const;
  await Promise.all(
    Array.from({ length: Math.ceil(count / 2) }, async () => {
      const intent = await log.append({ kind: 'intent', ...base });
      const outcome: RecordDraft = { kind: 'outcome', ...base, intent, outcome: { ok: true, code: 'answered' } };
      await log.append(outcome);
    }),
  );
}

/** A copy as a dump that is restored gives it; whoever is connected loses the connection for a moment. */
async function copyDatabase({ server }: TemporaryDatabase, name: string): Promise<void> {
  const url = new URL(server.url);
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    for (let attempt = 0; ; attempt++) {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'intramuros' AND pid <> pg_backend_pid()`,
      );
      try {
        await client.query(`CREATE DATABASE ${name} TEMPLATE intramuros`);
        return;
      } catch (error) {
        if (attempt > 100) throw error; // somebody reconnected in between
      }
    }
  } finally {
    await client.end();
  }
}

async function readLeaves(client: Client): Promise<Leaf[]> {
  const { rows } = await client.query<{ producer: string; epoch: string; n: string; entry: Buffer }>(
    `SELECT r.producer, r.epoch, r.n, r.entry FROM audit_segment s
       JOIN audit_record r ON r.producer = s.producer AND r.epoch = s.epoch AND r.n >= s.first_n AND r.n < s.first_n + s.length
      ORDER BY s.first_index, r.n`,
  );
  return rows.map(({ producer, epoch, n, entry }, index) => ({ index, producer, epoch, n: Number(n), entry }));
}

export async function exported(client: Client, format: LogFormat): Promise<Files> {
  const files: Files = new Map();
  for await (const { name, data } of exportBundle(client, format, { signal: AbortSignal.timeout(60_000) })) {
    files.set(name, Buffer.from(data));
  }
  return files;
}
