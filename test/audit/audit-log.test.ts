// The audit log on a real PostgreSQL: what it acknowledges, what it refuses, and what an auditor can check of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type DatabaseAuditLog, type OpenAuditLogOptions, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { openLogFormat } from '../../control-plane/audit/log-format.ts';
import type { RecordDraft } from '../../control-plane/audit/record-draft.ts';
import { Sequencer } from '../../control-plane/audit/sequencer.ts';
import { connectSequencer } from '../../control-plane/audit/sequencer-session.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { checkBundle, leafHash, openNote, rootFromProof, treeHash } from './oracle.ts';

let database: TemporaryDatabase;
const secrets = memorySecrets();
before(async () => {
  database = await startTemporaryDatabase();
});
after(() => database.stop());

function draft(facts: Partial<RecordDraft> = {}): RecordDraft {
  return {
    kind: 'intent',
    tenant: 'default',
    actor: { kind: 'key', id: 'key-1' },
    action: 'chat.completions',
    ...facts,
  };
}

async function withLog<T>(
  work: (log: DatabaseAuditLog) => Promise<T>,
  options: Partial<OpenAuditLogOptions> = {},
): Promise<T> {
  const log = await openAuditLog({ database, secrets, producer: 'test', ...options });
  await log.start();
  try {
    return await work(log);
  } finally {
    await log.stop();
  }
}

async function asOwner(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.server.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

async function verifierKey(): Promise<string> {
  return withLog(async (log) => {
    for await (const { name, data } of log.files(new AbortController().signal)) {
      if (name === 'log-key.pub') return Buffer.from(data).toString('utf8');
    }
    throw new Error('no key in the bundle');
  });
}

async function exported(log: DatabaseAuditLog): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { name, data } of log.files(new AbortController().signal)) files.set(name, Buffer.from(data));
  return files;
}

test('64 concurrent callers each get the receipt of a committed record, and the counters have no gap', async () => {
  await withLog(async (log) => {
    const receipts = await Promise.all(Array.from({ length: 640 }, () => log.append(draft())));
    const rows = await asOwner('SELECT receipt FROM audit_record WHERE receipt = ANY($1)', [receipts]);
    assert.equal(rows.length, 640);
    const gaps = await asOwner(
      'SELECT producer, epoch FROM audit_record GROUP BY producer, epoch HAVING count(*) <> max(n) + 1 OR min(n) <> 0',
    );
    assert.deepEqual(gaps, []);
  });
});

test('a start and an end are on the record, and each start has an epoch of its own', async () => {
  await withLog(async () => {}, { producer: 'lifecycle' });
  await withLog(async () => {}, { producer: 'lifecycle' });
  const rows = await asOwner(
    `SELECT epoch, convert_from(entry, 'UTF8')::json ->> 'action' AS action FROM audit_record
      WHERE producer = 'lifecycle' ORDER BY epoch, n`,
  );
  assert.deepEqual(
    rows.map(({ epoch, action }) => `${String(epoch)} ${String(action)}`),
    ['1 start', '1 stop', '2 start', '2 stop'],
  );
});

test('a process that has nothing to say gives signs of life, counted as its other records are', async () => {
  await withLog(
    async () => {
      const deadline = performance.now() + 10_000;
      const signs = () =>
        asOwner(`SELECT epoch, n, tenant FROM audit_record WHERE producer = 'quiet' AND kind = 'heartbeat' ORDER BY n`);
      while ((await signs()).length < 3) {
        assert.ok(performance.now() < deadline, 'no sign of life');
        await delay(20);
      }
      assert.deepEqual(
        (await signs()).slice(0, 3).map(({ n }) => Number(n)),
        [1, 2, 3],
      );
    },
    { producer: 'quiet', clocks: { heartbeatMs: 30 } },
  );
});

test('a record enters the log within a second of its acknowledgement', async () => {
  await withLog(async (log) => {
    await untilSequencer(log);
    for (let i = 0; i < 3; i++) {
      const receipt = await log.append(draft());
      const acknowledged = performance.now();
      while ((await log.records.find(receipt))?.proof === undefined) {
        assert.ok(performance.now() - acknowledged < 5_000, 'not integrated');
        await delay(20);
      }
      const tookMs = performance.now() - acknowledged;
      assert.ok(tookMs < 1_500, `${tookMs} ms`); // a second, and what a busy machine adds
    }
  });
});

async function untilSequencer(log: DatabaseAuditLog): Promise<void> {
  while (!log.status().isSequencer) await delay(20);
}

test('whoever has the bundle and the key can check every record without us', async () => {
  await withLog(async (log) => {
    const receipts = await Promise.all(Array.from({ length: 700 }, () => log.append(draft())));
    const files = await exported(log); // waits for what was acknowledged
    const checked = checkBundle(files, files.get('log-key.pub')?.toString('utf8') ?? '');
    const inLog = new Set(checked.entries.map((entry) => (JSON.parse(entry.toString('utf8')) as RecordDraft).receipt));
    for (const receipt of receipts) assert.ok(inLog.has(receipt));
    assert.ok(files.has('tile/0/000') && files.has('tile/entries/000'), 'full tiles are there');
    openNote(files.get('manifest') ?? Buffer.alloc(0), files.get('log-key.pub')?.toString('utf8') ?? '');
    for (const entry of checked.entries) {
      const { receipt } = JSON.parse(entry.toString('utf8')) as { receipt: string };
      assert.match(receipt, /^imr_[0-9A-HJKMNP-TV-Z]{26}$/);
    }
  });
});

test('the proof of a receipt leads from its own bytes to the signed root', async () => {
  const key = await verifierKey();
  await withLog(async (log) => {
    const receipts = await Promise.all(Array.from({ length: 20 }, () => log.append(draft())));
    const files = await exported(log);
    const { entries } = checkBundle(files, key);
    for (const receipt of receipts) {
      const proof = (await log.records.find(receipt))?.proof;
      assert.ok(proof);
      const [head, note] = splitProof(proof.text);
      const [, indexLine = '', ...hashes] = head.split('\n');
      assert.equal(indexLine, `index ${proof.index}`);
      const [, size = '', root = ''] = openNote(Buffer.from(note), key).lines;
      const entry = entries[proof.index];
      assert.ok(entry);
      assert.equal((JSON.parse(entry.toString('utf8')) as RecordDraft).receipt, receipt);
      const path = hashes.filter((line) => line !== '').map((line) => Buffer.from(line, 'base64'));
      assert.equal(rootFromProof(leafHash(entry), proof.index, Number(size), path).toString('base64'), root);
    }
  });
});

/** A tlog-proof: its own lines, an empty line, the checkpoint. */
function splitProof(text: string): [string, string] {
  const cut = text.indexOf('\n\n');
  return [text.slice(0, cut), text.slice(cut + 2)];
}

test('an outcome is found with its intent; an intent that nobody closed is an orphan once its producer is silent', async () => {
  await withLog(async (log) => {
    const closed = await log.append(draft());
    log.appendLater(draft({ kind: 'outcome', intent: closed, outcome: { ok: true, code: 'answered' } }));
    const open = await log.append(draft());
    while ((await log.records.find(closed))?.outcome === undefined) await delay(20);
    assert.deepEqual(await log.records.find('imr_00000000000000000000000000'), undefined);
    const orphans = async () => new Set((await log.records.orphans()).map(({ receipt }) => receipt));
    assert.ok(!(await orphans()).has(open), 'its producer lives');
    await asOwner(`UPDATE audit_record SET staged_at = staged_at - interval '3 minutes'`);
    const found = await orphans();
    assert.ok(found.has(open) && !found.has(closed));
  });
});

test('the last records come newest first, page by page, without one twice', async () => {
  await withLog(async (log) => {
    await Promise.all(Array.from({ length: 30 }, () => log.append(draft())));
    await exported(log);
    const seen: string[] = [];
    let page = await log.records.last({ limit: 7 });
    for (let i = 0; i < 4; i++) {
      assert.equal(page.records.length, 7);
      seen.push(...page.records.map(({ receipt }) => receipt));
      assert.ok(page.next);
      page = await log.records.last({ limit: 7, before: page.next });
    }
    assert.equal(new Set(seen).size, 28);
    await assert.rejects(log.records.last({ limit: 7, before: 'x' }), { code: 'invalid_field', param: 'before' });
  });
});

test('when records are not put in order for longer than the limit the log closes, and opens again by itself', async () => {
  const clocks = { lagLimitMs: 400 };
  await withLog(
    async (log) => {
      await log.append(draft());
      const deadline = performance.now() + 5_000;
      while (log.status().closed === undefined && performance.now() < deadline) await delay(50);
      await assert.rejects(log.append(draft()), { code: 'audit_unavailable', status: 503 });
      await withLog(
        async () => {
          while (log.status().closed !== undefined && performance.now() < deadline) await delay(50);
          await log.append(draft());
        },
        { producer: 'another' },
      );
    },
    { sequences: false, producer: 'unsequenced', clocks },
  );
});

test('of two sequencers one works; when its connection ends the other goes on, and the log stays one', async () => {
  await withLog(
    async (first) => {
      await untilSequencer(first);
      await withLog(
        async (second) => {
          await first.append(draft());
          await delay(300);
          assert.equal(second.status().isSequencer, false);
          await asOwner(
            `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1`,
            [0x69_6d_72_73],
          );
          const receipts = await Promise.all(Array.from({ length: 50 }, () => second.append(draft())));
          const files = await exported(second);
          const { entries } = checkBundle(files, files.get('log-key.pub')?.toString('utf8') ?? '');
          const inLog = entries.map((entry) => (JSON.parse(entry.toString('utf8')) as RecordDraft).receipt);
          assert.equal(new Set(inLog).size, inLog.length, 'no record twice');
          for (const receipt of receipts) assert.ok(inLog.includes(receipt));
          assert.ok(first.status().isSequencer !== second.status().isSequencer);
        },
        { producer: 'second' },
      );
    },
    { producer: 'first' },
  );
});

test('a sequencer that holds the lock and does nothing is replaced by one that stands by', async () => {
  for (const address of [database.address, { url: database.server.url, loginRoles: false }]) {
    const stuck = await connectSequencer(address);
    const messages: string[] = [];
    const format = openLogFormat(await secrets.signer());
    const standby = new Sequencer({
      connect: () => connectSequencer(address),
      signCheckpoint: (size, root) => format.signCheckpoint(size, root),
      log: (message) => messages.push(message),
      clocks: { electionMs: 50, stuckMs: 400 },
    });
    try {
      assert.equal(await stuck.takeLock(), true);
      await withLog(
        async (log) => {
          standby.start();
          await log.append(draft());
          const deadline = performance.now() + 20_000;
          while (!standby.status.isLeader) {
            assert.ok(performance.now() < deadline, messages.join('; '));
            await delay(20);
          }
          const files = await exported(log);
          assert.ok(files.has('checkpoint'));
          await assert.rejects(stuck.query('SELECT 1'), 'it can write no more');
        },
        { sequences: false, producer: 'stuck' },
      );
      assert.ok(messages.some((message) => message.includes('it is replaced')));
    } finally {
      await standby.stop();
      stuck.close();
    }
  }
});

test('a checkpoint never shrinks, and each is signed over a prefix of the same log', async () => {
  const key = await verifierKey();
  const { entries } = await withLog(async (log) => checkBundle(await exported(log), key));
  const rows = await asOwner('SELECT size, note FROM audit_checkpoint ORDER BY id');
  assert.ok(rows.length > 5);
  let last = 0;
  for (const row of rows) {
    const [, sizeLine = '', root = ''] = openNote(Buffer.from(String(row['note'])), key).lines;
    const size = Number(sizeLine);
    assert.ok(size >= last && size <= entries.length + 5);
    last = size;
    if (size <= entries.length) {
      assert.equal(treeHash(entries.slice(0, size).map(leafHash)).toString('base64'), root, `size ${size}`);
    }
  }
});

// Last, as it leaves the log damaged.
test('a log that was changed in the database is not signed again', async () => {
  const messages: string[] = [];
  await asOwner(
    `UPDATE audit_record SET entry = replace(convert_from(entry, 'UTF8'), '"tenant":"-"', '"tenant":"x"')::bytea
      WHERE (producer, epoch, n) = (SELECT producer, epoch, first_n FROM audit_segment ORDER BY first_index DESC LIMIT 1)`,
  );
  const [checkpoint] = await asOwner('SELECT max(id) AS id FROM audit_checkpoint');
  await withLog(
    async (log) => {
      await delay(500);
      assert.equal(log.status().isSequencer, false);
      assert.match(log.status().problem ?? '', /does not give the root of its last checkpoint/);
      assert.ok(messages.some((message) => message.includes('was changed or is incomplete')));
      assert.deepEqual(await asOwner('SELECT max(id) AS id FROM audit_checkpoint'), [checkpoint]);
    },
    { producer: 'after', log: (message) => messages.push(message) },
  );
});
