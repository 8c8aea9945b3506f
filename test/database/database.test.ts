// Migrations, roles, sessions and listening, on a real server.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { checkSession, connectionConfig } from '../../control-plane/database/connection.ts';
import { openDatabase } from '../../control-plane/database/database.ts';
import { MIGRATIONS_FOLDER, migrate } from '../../control-plane/database/migrate.ts';
import type { AppError } from '../../control-plane/errors.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from './temporary-database.ts';

let database: TemporaryDatabase;
let folder: string;
before(async () => {
  database = await startTemporaryDatabase();
  folder = await mkdtemp(join(tmpdir(), 'intramuros-migrations-'));
});
after(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

async function asOwner<T>(work: (client: Client) => Promise<T>, name = 'intramuros'): Promise<T> {
  const client = new Client({ connectionString: database.server.url.replace('/intramuros?', `/${name}?`) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** An empty database of its own on the same server. */
async function emptyDatabase(name: string): Promise<string> {
  await asOwner((client) => client.query(`CREATE DATABASE ${name}`));
  return name;
}

async function migrationsWith(name: string, extra: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, name);
  await cp(MIGRATIONS_FOLDER, path, { recursive: true });
  for (const [migration, sql] of Object.entries(extra)) {
    await mkdir(join(path, migration), { recursive: true });
    await writeFile(join(path, migration, 'migration.sql'), sql);
  }
  return path;
}

test('four processes that migrate at once apply each migration exactly once', async () => {
  const name = await emptyDatabase('at_once');
  const applied = await Promise.all(Array.from({ length: 4 }, () => asOwner((client) => migrate(client), name)));
  const known = (await readdir(MIGRATIONS_FOLDER)).filter((each) => /^\d+_/.test(each)).toSorted();
  assert.deepEqual(applied.flat().toSorted(), known);
  const { rows } = await asOwner(
    (client) => client.query('SELECT migration_name, finished_at, applied_steps_count FROM _prisma_migrations'),
    name,
  );
  assert.equal(rows.length, known.length);
  for (const row of rows) assert.ok(row.finished_at instanceof Date);
});

test('a process that must not change the schema is refused until it is there, and is told what brings it', async () => {
  const name = await emptyDatabase('required');
  const url = database.server.url.replace('/intramuros?', `/${name}?`);
  const open = async () => (await openDatabase(url, { loginRoles: true, migrate: 'require' })).stop();
  await assert.rejects(open(), (error: AppError) => {
    assert.equal(error.code, 'database_unusable');
    assert.match(error.detail, /has not got the migration 20261125100000_foundation/);
    assert.match(error.remedy ?? '', /--role admin/);
    return true;
  });
  await asOwner((client) => migrate(client), name);
  await open();
});

test('a migration that fails leaves nothing and can be tried again', async () => {
  const name = await emptyDatabase('failing');
  const path = await migrationsWith('failing', { '20990101000000_bad': 'CREATE TABLE half (id int); SELECT 1/0;' });
  await asOwner(async (client) => {
    await assert.rejects(migrate(client, path), (error: AppError) => {
      assert.equal(error.code, 'migration_failed');
      assert.match(error.detail, /20990101000000_bad/);
      return true;
    });
    assert.equal((await client.query(`SELECT to_regclass('half') AS half`)).rows[0].half, null);
    await writeFile(join(path, '20990101000000_bad', 'migration.sql'), 'CREATE TABLE half (id int);');
    assert.deepEqual(await migrate(client, path), ['20990101000000_bad']);
    assert.deepEqual(await migrate(client, path), [], 'and there is nothing left to do');
  }, name);
});

test('a migration that was edited after it was applied is refused', async () => {
  const name = await emptyDatabase('edited');
  const path = await migrationsWith('edited', { '20990101000000_more': 'CREATE TABLE more (id int);' });
  await asOwner(async (client) => {
    await migrate(client, path);
    await writeFile(join(path, '20990101000000_more', 'migration.sql'), 'CREATE TABLE more (id bigint);');
    await assert.rejects(migrate(client, path), {
      code: 'migration_failed',
      message: /was edited after it was applied/,
    });
  }, name);
});

test('a database of a later version is refused', async () => {
  const name = await emptyDatabase('later');
  const path = await migrationsWith('later', { '20990101000000_future': 'CREATE TABLE future (id int);' });
  await asOwner(async (client) => {
    await migrate(client, path);
    await assert.rejects(migrate(client), { code: 'migration_failed', message: /does not know/ });
  }, name);
});

const CHANGES: Readonly<Record<string, string>> = {
  audit_epoch: 'epoch = 1',
  audit_record: "entry = 'x'",
  audit_segment: 'length = 1',
  audit_tile: 'level = 0',
  audit_checkpoint: "note = ''",
};

for (const role of ['runtime', 'sequencer'] as const) {
  test(`the ${role} role can neither change, remove nor redefine what stands in the log`, async () => {
    const client = new Client(connectionConfig(database.address, role));
    await client.connect();
    try {
      assert.equal((await client.query('SELECT current_user AS name')).rows[0].name, `intramuros_${role}`);
      for (const table of Object.keys(CHANGES)) {
        for (const sql of [
          `UPDATE ${table} SET ${CHANGES[table]}`,
          `DELETE FROM ${table}`,
          `TRUNCATE ${table}`,
          `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
          `DROP TABLE ${table}`,
          `CREATE RULE quiet AS ON INSERT TO ${table} DO INSTEAD NOTHING`,
        ]) {
          await assert.rejects(client.query(sql), { code: '42501' }, sql);
        }
        await client.query(`SELECT count(*) FROM ${table}`);
      }
      const foreign = role === 'runtime' ? 'audit_segment' : 'audit_record';
      await assert.rejects(client.query(`INSERT INTO ${foreign} DEFAULT VALUES`), { code: '42501' });
      await assert.rejects(client.query('CREATE TABLE own (id int)'), { code: '42501' });
      await assert.rejects(client.query('SET ROLE intramuros'), { code: '42501' });
    } finally {
      await client.end();
    }
  });
}

test('the roles of a company database are taken on by its user, who need not be a superuser', async () => {
  await asOwner(async (client) => {
    await client.query('CREATE ROLE company LOGIN CREATEROLE');
    await client.query('CREATE DATABASE company OWNER company');
    // Roles belong to the whole server; here they are there already, and its administrator lends them.
    await client.query('GRANT intramuros_runtime, intramuros_sequencer TO company');
  });
  const url = database.server.url.replace('//intramuros@', '//company@').replace('/intramuros?', '/company?');
  const opened = await openDatabase(url);
  try {
    const { rows } = await opened.pool.query('SELECT current_user AS now, session_user AS login');
    assert.deepEqual(rows, [{ now: 'intramuros_runtime', login: 'company' }]);
    await assert.rejects(opened.pool.query('DELETE FROM audit_record'), { code: '42501' });
  } finally {
    await opened.stop();
  }
});

test('times are stored as UTC whatever the zone of the server', async () => {
  await asOwner((client) => client.query(`ALTER DATABASE intramuros SET timezone = 'Europe/Rome'`));
  const opened = await openDatabase(database.server.url, { loginRoles: true });
  try {
    const createdAt = new Date('2026-07-01T10:00:00.123Z');
    await opened.prisma.account.create({
      data: { name: `zone-${process.pid}`, role: 'auditor', passwordHash: '-', createdAt },
    });
    const { rows } = await asOwner((client) =>
      client.query(`SELECT extract(epoch FROM created_at) * 1000 AS at FROM account WHERE name = $1`, [
        `zone-${process.pid}`,
      ]),
    );
    assert.equal(Number(rows[0].at), createdAt.getTime());
  } finally {
    await opened.stop();
  }
});

test('a server that may lose what it acknowledges is refused', async () => {
  await asOwner(async (client) => {
    await client.query('SET synchronous_commit = off');
    await client.query("SET timezone = 'UTC'");
    await assert.rejects(checkSession(client), { code: 'database_unusable', message: /synchronous_commit=on/ });
    await client.query('RESET synchronous_commit');
    await client.query("SET timezone = 'Europe/Paris'");
    await assert.rejects(checkSession(client), { code: 'database_unusable', message: /Europe\/Paris/ });
  });
});

test('a database that is not there is named without its password', async () => {
  const started = performance.now();
  await assert.rejects(openDatabase('postgresql://someone:hush-hush@127.0.0.1:9/absent'), (error: AppError) => {
    assert.equal(error.code, 'database_unavailable');
    assert.match(error.detail, /absent on 127\.0\.0\.1:9/);
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /hush-hush|someone/);
    return true;
  });
  assert.ok(performance.now() - started < 6_000);
});

test('a statement that takes longer than its time-out is ended', async () => {
  const opened = await openDatabase(database.server.url, {
    loginRoles: true,
    timeouts: { connectMs: 2_000, statementMs: 300 },
  });
  try {
    await assert.rejects(opened.pool.query('SELECT pg_sleep(5)'), { code: '57014' });
  } finally {
    await opened.stop();
  }
});

test('a listener hears notifications, and is called again after its connection was lost', async () => {
  const heard: (string | undefined)[] = [];
  const over = new AbortController();
  const done = database.listen('intramuros_test', (payload) => heard.push(payload), over.signal);
  const until = async (count: number) => {
    const deadline = performance.now() + 5_000;
    while (heard.length < count && performance.now() < deadline) await delay(10);
  };
  await until(1);
  await database.pool.query(`NOTIFY intramuros_test, 'one'`);
  await until(2);
  await asOwner((client) =>
    client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`),
  );
  await until(3);
  await database.pool.query(`NOTIFY intramuros_test, 'two'`);
  await until(4);
  over.abort();
  await done;
  assert.deepEqual(heard, [undefined, 'one', undefined, 'two']);
});
