import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { type Fault, MemoryStagingDatabase } from './memory-staging-table.ts';
import { Staging } from './staging.ts';
import type { WaitingRecord } from './staging-queue.ts';

type Draft = WaitingRecord['record'];

let made = 0;
function draft(facts: Partial<Draft> = {}): Draft {
  made += 1;
  return {
    kind: 'intent',
    tenant: 'default',
    actor: { kind: 'key', id: 'k' },
    action: 'test',
    receipt: `r${made}`,
    time: '2026-01-01T00:00:00.000Z',
    ...facts,
  };
}

async function stagingOn(database: MemoryStagingDatabase, retryMs = [20, 100], stalledMs = 1_800) {
  const abandoned: string[] = [];
  const staging = new Staging({
    producer: 'p',
    retryMs,
    stalledMs,
    connect: database.connect,
    encode: (record) => {
      if (record.action === 'unencodable') throw new Error('no');
      return Buffer.from(record.action === 'poison' ? '' : record.receipt);
    },
    onAbandoned: (record) => abandoned.push(record.receipt),
  });
  await staging.start();
  return { staging, abandoned };
}

/** Each epoch counts 0, 1, 2... and each receipt stands once. */
function assertGapless(database: MemoryStagingDatabase): void {
  const counts = new Map<number, number>();
  for (const { epoch, n } of database.rows) {
    assert.equal(n, counts.get(epoch) ?? 0, `epoch ${epoch}`);
    counts.set(epoch, n + 1);
  }
  assert.equal(new Set(database.rows.map(({ receipt }) => receipt)).size, database.rows.length);
}

test('callers of one moment share a statement and each gets its own acknowledgement', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  await Promise.all(Array.from({ length: 64 }, () => staging.append(draft(), 2_000)));
  assert.equal(database.rows.length, 64);
  assert.equal(database.inserts, 1);
  assert.deepEqual(staging.mark(), { epoch: 1, count: 64 });
  assertGapless(database);
});

test('a statement that was rolled back is written again under the same counters', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  database.faults.push({ kind: 'refused' }, { kind: 'refused' });
  await Promise.all([staging.append(draft(), 2_000), staging.append(draft(), 2_000)]);
  assert.deepEqual(
    database.rows.map(({ epoch, n }) => [epoch, n]),
    [
      [1, 0],
      [1, 1],
    ],
  );
});

test('a silent database refuses its callers at their deadline, with audit_unavailable', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  database.faults.push({ kind: 'silent' });
  const started = performance.now();
  await assert.rejects(staging.append(draft(), 150), { code: 'audit_unavailable', status: 503 });
  const tookMs = performance.now() - started;
  assert.ok(tookMs >= 140 && tookMs < 1_000, `${tookMs} ms`);
});

test('once nothing was committed for a while callers are refused at once, until something is', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database, [20], 100);
  database.isUp = false;
  const patient = staging.append(draft({ kind: 'outcome' }));
  await assert.rejects(staging.append(draft(), 120), { code: 'audit_unavailable' });
  const startedAtMs = performance.now();
  await assert.rejects(staging.append(draft(), 60_000), { code: 'audit_unavailable' });
  assert.ok(performance.now() - startedAtMs < 1_000);
  database.isUp = true;
  await patient;
  await staging.append(draft(), 2_000);
  assertGapless(database);
});

test('a commit whose answer was lost is acknowledged once it is found, and not written twice', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  database.faults.push({ kind: 'lost-after' });
  await staging.append(draft(), 2_000);
  await staging.append(draft(), 2_000);
  assert.deepEqual(
    database.rows.map(({ epoch, n }) => [epoch, n]),
    [
      [1, 0],
      [2, 0],
    ],
  );
});

test('a statement that never arrived is written in a new epoch', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  await staging.append(draft(), 2_000);
  database.faults.push({ kind: 'lost-before' });
  await staging.append(draft(), 2_000);
  assert.deepEqual(
    database.rows.map(({ epoch, n }) => [epoch, n]),
    [
      [1, 0],
      [2, 0],
    ],
  );
});

test('a commit that happens after it was given up and written again is not there twice', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  const late = Promise.withResolvers<void>();
  database.faults.push({ kind: 'late', commit: late.promise }, { kind: 'refused' });
  const written = Promise.all([staging.append(draft(), 2_000), staging.append(draft(), 2_000)]);
  await delay(5); // it waits to be tried again while the old statement commits
  late.resolve();
  await written;
  assert.equal(database.rows.length, 2);
  assertGapless(database);
});

test('a record that was committed although its caller had been refused is reported', async () => {
  const database = new MemoryStagingDatabase();
  const { staging, abandoned } = await stagingOn(database);
  const commit = Promise.withResolvers<void>();
  database.faults.push({ kind: 'slow', commit: commit.promise });
  const slow = draft();
  await assert.rejects(staging.append(slow, 20), { code: 'audit_unavailable' });
  assert.deepEqual(abandoned, []);
  commit.resolve();
  await staging.append(draft(), 2_000);
  assert.deepEqual(abandoned, [slow.receipt]);
});

test('one record that no database takes does not spoil the others of its batch', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  const results = await Promise.allSettled([
    staging.append(draft(), 2_000),
    staging.append(draft({ action: 'poison' }), 2_000),
    staging.append(draft({ action: 'unencodable' }), 2_000),
    staging.append(draft(), 2_000),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.equal(database.rows.length, 2);
  assertGapless(database);
});

test('a patient record outlives an outage; stop() waits for it and says what it had to leave', async () => {
  const database = new MemoryStagingDatabase();
  const { staging } = await stagingOn(database);
  database.isUp = false;
  let isWritten = false;
  const outcome = (async () => {
    await staging.append(draft({ kind: 'outcome' }));
    isWritten = true;
  })();
  await assert.rejects(staging.append(draft(), 100), { code: 'audit_unavailable' });
  assert.equal(isWritten, false);
  database.isUp = true;
  assert.equal(await staging.stop(5_000), 0);
  await outcome;

  const second = await stagingOn(database);
  database.isUp = false;
  const lost = assert.rejects(second.staging.append(draft({ kind: 'outcome' })), { code: 'audit_unavailable' });
  assert.equal(await second.staging.stop(100), 1);
  await lost;
});

const faults = fc.array(
  fc.constantFrom<Fault['kind']>('refused', 'lost-before', 'lost-after', 'refused').map((kind) => ({ kind }) as Fault),
  { maxLength: 6 },
);

test('whatever fails in whatever order: what is acknowledged is there, once, and no counter has a gap', async () => {
  await fc.assert(
    fc.asyncProperty(faults, fc.integer({ min: 1, max: 40 }), async (planned, callers) => {
      const database = new MemoryStagingDatabase();
      const { staging } = await stagingOn(database, [1]);
      database.faults.push(...planned);
      const drafts = Array.from({ length: callers }, () => draft());
      const results = await Promise.allSettled(
        drafts.map(async (each, index) => {
          if (index % 3 === 1) await delay(index % 7);
          await staging.append(each, 10_000);
        }),
      );
      const stored = new Set(database.rows.map(({ receipt }) => receipt));
      for (const [index, { status }] of results.entries()) {
        if (status === 'fulfilled') assert.ok(stored.has(drafts[index]?.receipt ?? ''));
      }
      assertGapless(database);
      await staging.stop(1_000);
    }),
    { numRuns: process.env['INTRAMUROS_TEST_LONG'] === '1' ? 300 : 30 },
  );
});
