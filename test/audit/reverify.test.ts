// The log is read over while it runs: whatever the superuser of the database changes in it is told within seconds, by the
// index and the receipt of the record, and is no longer told once it is as it was.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';

let database: TemporaryDatabase;
let audit: DatabaseAuditLog;
let superuser: Client;
const receipts: string[] = [];
let told = 0;

before(async () => {
  database = await startTemporaryDatabase();
  audit = await openAuditLog({
    ...{ database, secrets: memorySecrets(), producer: 'reverify', reverifies: true },
    clocks: { reverifyMs: 100 },
  });
  await audit.start();
  audit.onFinding(() => {
    told += 1;
  });
  for (let count = 0; count < 700; count += 1) {
    const actor = { kind: 'system', id: 'test' } as const;
    receipts.push(await audit.append({ kind: 'lifecycle', tenant: '-', actor, action: 'start' }));
  }
  // In a run of its own: the sequencer takes together what waits.
  await untilIntegrated(receipts.at(-1) ?? '');
  receipts.push(
    await audit.append({ kind: 'lifecycle', tenant: '-', actor: { kind: 'system', id: 'test' }, action: 'start' }),
  );
  await untilIntegrated(receipts.at(-1) ?? '');
  superuser = new Client({ connectionString: database.server.url });
  await superuser.connect();
  // What is refused even to the owner of the tables is not to whoever owns the server.
  await superuser.query('SET session_replication_role = replica');
  await until(() => (audit.reverification()?.lastWhole?.size ?? 0) > 700, 'a whole turn');
});

after(async () => {
  await superuser?.end();
  await audit?.stop();
  await database?.stop();
});

async function until(holds: () => boolean, what: string): Promise<number> {
  const startedAtMs = performance.now();
  while (!holds()) {
    if (performance.now() - startedAtMs > 60_000) assert.fail(`${what}: ${JSON.stringify(audit.reverification())}`);
    await sleep(50);
  }
  return performance.now() - startedAtMs;
}

async function untilIntegrated(receipt: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await audit.records.find(receipt))?.proof !== undefined) return;
    await sleep(50);
  }
  assert.fail('it does not enter the log');
}

const findings = () => audit.reverification()?.findings ?? [];

test('a log that nobody touched has nothing to tell', () => {
  assert.deepEqual(findings(), []);
  assert.equal(audit.reverification()?.problem, undefined);
});

test('a record that the superuser edits is named within a minute, and no longer once it is as it was', async (t) => {
  const receipt = receipts[123] ?? '';
  const { rows } = await superuser.query<{ entry: Buffer }>('SELECT entry FROM audit_record WHERE receipt = $1', [
    receipt,
  ]);
  const entry = rows[0]?.entry ?? Buffer.alloc(0);
  const edited = Buffer.from(entry.toString().replace('"start"', '"stop"'));
  const before = told;
  await superuser.query('UPDATE audit_record SET entry = $2 WHERE receipt = $1', [receipt, edited]);
  const tookMs = await until(() => findings().length > 0, 'a finding');
  t.diagnostic(`named after ${Math.round(tookMs)} ms`);
  assert.deepEqual(
    findings().map(({ kind, receipt: named }) => [kind, named]),
    [['changed', receipt]],
  );
  assert.ok(told > before);
  const found = await audit.records.find(receipt);
  assert.equal(found?.proof?.index, findings()[0]?.index);
  await superuser.query('UPDATE audit_record SET entry = $2 WHERE receipt = $1', [receipt, entry]);
  await until(() => findings().length === 0, 'no finding');
});

test('a record that is taken out is missed at its place', async () => {
  const receipt = receipts[300] ?? '';
  const index = (await audit.records.find(receipt))?.proof?.index;
  const { rows } = await superuser.query('DELETE FROM audit_record WHERE receipt = $1 RETURNING *', [receipt]);
  await until(() => findings().length > 0, 'a finding');
  assert.deepEqual(
    findings().map(({ kind, index: at }) => [kind, at]),
    [['missing', index]],
  );
  const row = rows[0] as Record<string, unknown>;
  const names = Object.keys(row);
  await superuser.query(
    `INSERT INTO audit_record (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(row),
  );
  await until(() => findings().length === 0, 'no finding');
});

test('whoever changes the record and its hash together is found by the tile, and whoever changes that too by the root', async () => {
  const receipt = receipts[10] ?? '';
  const index = (await audit.records.find(receipt))?.proof?.index ?? 0;
  await superuser.query('BEGIN');
  await superuser.query(`UPDATE audit_record SET entry = entry || ' '::bytea WHERE receipt = $1`, [receipt]);
  await superuser.query(
    `UPDATE audit_segment s SET hashes = overlay(s.hashes PLACING sha256('\\x00'::bytea || r.entry) FROM (1 + 32 * (r.n - s.first_n))::int)
       FROM audit_record r WHERE r.receipt = $1 AND s.producer = r.producer AND s.epoch = r.epoch
        AND r.n >= s.first_n AND r.n < s.first_n + s.length`,
    [receipt],
  );
  await superuser.query('COMMIT');
  await until(
    () => findings().some(({ kind }) => kind === 'tile') && findings().some(({ kind }) => kind === 'root'),
    'both',
  );
  assert.ok(findings().some(({ kind, index: at }) => kind === 'tile' && at === index));
  await superuser.query(
    `UPDATE audit_tile SET hashes = overlay(hashes PLACING sha256('\\x00'::bytea || (SELECT entry FROM audit_record WHERE receipt = $1)) FROM $2::int)
      WHERE level = 0 AND "index" = $3`,
    [receipt, 1 + 32 * (index % 256), Math.floor(index / 256)],
  );
  await until(() => !findings().some(({ kind }) => kind === 'tile'), 'no tile');
  assert.ok(findings().some(({ kind }) => kind === 'root'));
});

test('a run of records that is taken out of the log is missed, and what comes behind it is still read', async () => {
  const { rows } = await superuser.query<{ first_index: string; length: number }>(
    `DELETE FROM audit_segment WHERE first_index = (SELECT min(first_index) FROM audit_segment WHERE first_index > 0)
     RETURNING first_index, length`,
  );
  const first = Number(rows[0]?.first_index);
  await until(() => findings().some(({ kind, index }) => kind === 'missing' && index === first), 'the run');
  assert.equal(audit.reverification()?.problem, undefined);
  // Whatever the sequencer took together: the last record that was written stands in another run.
  const receipt = receipts.at(-1) ?? '';
  assert.ok(((await audit.records.find(receipt))?.proof?.index ?? 0) >= first + Number(rows[0]?.length));
  await superuser.query(`UPDATE audit_record SET entry = entry || ' '::bytea WHERE receipt = $1`, [receipt]);
  await until(() => findings().some(({ receipt: named }) => named === receipt), 'a record behind it');
});
