// The database goes away under load, in the ways it does: stopped and silent, killed, its connections cut. Nothing that
// was acknowledged is lost, callers are refused within 2 s, and it goes on by itself.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import type { AppError } from '../../control-plane/errors.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { checkBundle } from './oracle.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const CALLERS = 64;
/** Of the deadline of 2 s; the rest is what a busy machine adds to a timer. */
const REFUSED_WITHIN_MS = 2_600;

let database: TemporaryDatabase;
let log: DatabaseAuditLog;
before(async () => {
  database = await startTemporaryDatabase();
  log = await openAuditLog({ database, secrets: memorySecrets(), producer: 'outage' });
  await log.start();
});
after(async () => {
  await log.stop();
  await database.stop();
});

interface Load {
  readonly acknowledged: string[];
  readonly refusals: { readonly error: AppError; readonly tookMs: number }[];
  stop(): Promise<void>;
}

function startLoad(): Load {
  const acknowledged: string[] = [];
  const refusals: Load['refusals'] = [];
  const over = new AbortController();
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!over.signal.aborted) {
      const started = performance.now();
      try {
        acknowledged.push(
          await log.append({
            kind: 'intent',
            tenant: 'default',
            actor: { kind: 'key', id: 'k' },
            action: 'chat.completions',
          }),
        );
      } catch (error) {
        refusals.push({ error: error as AppError, tookMs: performance.now() - started });
        await delay(20);
      }
      await delay(5);
    }
  });
  return {
    acknowledged,
    refusals,
    async stop() {
      over.abort();
      await Promise.all(callers);
    },
  };
}

/** The server and all its children: a stopped postmaster alone leaves the backends at work. */
async function serverProcesses(): Promise<number[]> {
  const postmaster = database.server.pid() ?? 0;
  const pids = [postmaster];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === postmaster) pids.push(Number(name));
  }
  return pids;
}

async function recovered(load: Load, within = 20_000): Promise<void> {
  const before = load.acknowledged.length;
  const deadline = performance.now() + within;
  while (load.acknowledged.length < before + CALLERS) {
    assert.ok(performance.now() < deadline, 'it did not come back by itself');
    await delay(50);
  }
}

function assertRefusedInTime(load: Load): void {
  for (const { error, tookMs } of load.refusals) {
    assert.equal(error.code, 'audit_unavailable');
    assert.equal(error.status, 503);
    assert.ok(tookMs < REFUSED_WITHIN_MS, `refused after ${Math.round(tookMs)} ms`);
  }
}

async function assertNothingLost(load: Load): Promise<void> {
  const client = new Client({ connectionString: database.server.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ receipt: string }>(
      'SELECT receipt FROM audit_record WHERE receipt = ANY($1)',
      [load.acknowledged],
    );
    assert.equal(rows.length, load.acknowledged.length);
    const gaps = await client.query(
      'SELECT 1 FROM audit_record GROUP BY producer, epoch HAVING count(*) <> max(n) + 1 OR min(n) <> 0',
    );
    assert.equal(gaps.rowCount, 0, 'no counter has a gap');
  } finally {
    await client.end();
  }
}

test('a server that is stopped: refused within 2 s, nothing hangs, and it goes on when the server does', async () => {
  const load = startLoad();
  await recovered(load);
  const pids = await serverProcesses();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await delay(3_500);
  const during = load.refusals.length;
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  await recovered(load);
  await load.stop();
  assert.ok(during >= CALLERS, `every caller was answered (${during})`);
  assertRefusedInTime(load);
  await assertNothingLost(load);
});

test('a server killed in the middle of commits, again and again: no acknowledged record is lost', async () => {
  const load = startLoad();
  await recovered(load);
  for (let round = 0; round < (LONG ? 20 : 2); round++) {
    await delay(50 + Math.random() * 300);
    for (const pid of await serverProcesses()) process.kill(pid, 'SIGKILL');
    await recovered(load, 60_000);
  }
  await load.stop();
  assertRefusedInTime(load);
  await assertNothingLost(load);
});

test('connections cut in the middle of commits: no acknowledged record is lost', async () => {
  const load = startLoad();
  await recovered(load);
  const client = new Client({ connectionString: database.server.url });
  await client.connect();
  for (let round = 0; round < (LONG ? 100 : 10); round++) {
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    await delay(Math.random() * 60);
  }
  await client.end();
  await recovered(load);
  await load.stop();
  assertRefusedInTime(load);
  await assertNothingLost(load);
});

test('outcomes of the time without a database are written when it is back', async () => {
  const receipt = await log.append({
    kind: 'intent',
    tenant: 'default',
    actor: { kind: 'key', id: 'k' },
    action: 'chat.completions',
  });
  const pids = await serverProcesses();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const outcome = { kind: 'outcome', tenant: 'default', actor: { kind: 'key', id: 'k' } } as const;
  log.appendLater({ ...outcome, action: 'chat.completions', intent: receipt });
  await delay(2_500);
  assert.equal(log.status().waiting, 1);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  const deadline = performance.now() + 20_000;
  while ((await log.records.find(receipt).catch(() => undefined))?.outcome === undefined) {
    assert.ok(performance.now() < deadline);
    await delay(100);
  }
  while (log.status().waiting > 0) {
    assert.ok(performance.now() < deadline);
    await delay(50);
  }
  assert.equal(log.status().lostOutcomes, 0);
});

test('after all that the log is whole: every record is in it once, and it verifies', async () => {
  const files = new Map<string, Buffer>();
  for await (const { name, data } of log.files(new AbortController().signal)) files.set(name, Buffer.from(data));
  const { entries } = checkBundle(files, files.get('log-key.pub')?.toString('utf8') ?? '');
  const receipts = entries.map((entry) => (JSON.parse(entry.toString('utf8')) as { receipt: string }).receipt);
  assert.equal(new Set(receipts).size, receipts.length);
  const { rows } = await database.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM audit_record');
  assert.ok(receipts.length <= (rows[0]?.count ?? 0));
});
