// Applies the plain SQL migrations at start, as the owner. Its table is Prisma's own (`_prisma_migrations`), so that
// `prisma migrate status` and `deploy` agree with it; the runner is ours because an installation has no Prisma CLI.
// May import errors.ts.

import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { fail } from '../errors.ts';

export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** The advisory lock that `prisma migrate` takes, so that the two never run at once. */
const MIGRATION_LOCK = 72_707_369;

const LEDGER = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Applied {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Applies what is missing (of `only` these, for a restore of older rows), each file in one transaction with its row in the ledger. Returns the names it applied.
 * Throws `migration_failed` when a file fails (nothing of it stays), was edited after it was applied, or is unknown here.
 */
export async function migrate(
  owner: ClientBase,
  folder = MIGRATIONS_FOLDER,
  only?: ReadonlySet<string>,
): Promise<string[]> {
  await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
  try {
    await owner.query(LEDGER);
    const done = await readLedger(owner);
    const names = await migrationNames(folder);
    refuseUnknown(done, names);
    const applied: string[] = [];
    for (const name of names) {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      const row = done.get(name);
      if (row === undefined && only?.has(name) === false) continue;
      if (row === undefined) {
        await apply(owner, name, sql, checksum);
        applied.push(name);
      } else refuseChanged(row, checksum);
    }
    return applied;
  } finally {
    await owner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {}); // a lost session frees it too
  }
}

/** For a process that must not change the schema. Throws `database_unusable` until one that may has brought it here. */
export async function requireMigrated(owner: ClientBase, folder = MIGRATIONS_FOLDER): Promise<void> {
  const { rows } = await owner.query<{ found: boolean }>(
    `SELECT to_regclass('"_prisma_migrations"') IS NOT NULL AS found`,
  );
  const done = rows[0]?.found === true ? await readLedger(owner) : new Map<string, Applied>();
  const names = await migrationNames(folder);
  refuseUnknown(done, names);
  const missing = names.find((name) => done.get(name)?.finished_at == null);
  if (missing === undefined) return;
  throw fail('database_unusable', {
    detail: `The database has not got the migration ${missing} yet, and this role does not change its tables.`,
    remedy: 'Start "serve --role admin" (or all) of this version on the database first.',
  });
}

/** What this version brings: name and checksum of each migration, oldest first. */
export async function knownMigrations(folder = MIGRATIONS_FOLDER): Promise<{ name: string; checksum: string }[]> {
  const known: { name: string; checksum: string }[] = [];
  for (const name of await migrationNames(folder)) {
    const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
    known.push({ name, checksum: createHash('sha256').update(sql).digest('hex') });
  }
  return known;
}

async function migrationNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && /^\d+_/.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

async function readLedger(owner: ClientBase): Promise<Map<string, Applied>> {
  const { rows } = await owner.query<Applied>(
    'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
  );
  return new Map(rows.map((row) => [row.migration_name, row]));
}

function refuseUnknown(done: Map<string, Applied>, names: readonly string[]): void {
  const unknown = [...done.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw fail('migration_failed', {
    detail: `The schema of the database is newer: it holds the migration ${unknown}, which this version does not know; the newest that it knows is ${names.at(-1) ?? 'none'}.`,
    remedy: 'Start the version that applied it or a later one, or restore a backup that was taken with this version.',
  });
}

function refuseChanged(row: Applied, checksum: string): void {
  if (row.finished_at === null) {
    throw fail('migration_failed', {
      detail: `The migration ${row.migration_name} is marked as begun but not finished.`,
      remedy: 'Resolve it with `prisma migrate resolve`, then start again.',
    });
  }
  if (row.checksum !== checksum) {
    throw fail('migration_failed', {
      detail: `The migration ${row.migration_name} was edited after it was applied.`,
      remedy: 'Put the file back as it was and write the change as a new migration.',
    });
  }
}

async function apply(owner: ClientBase, name: string, sql: string, checksum: string): Promise<void> {
  await owner.query('BEGIN');
  try {
    await owner.query(sql);
    await owner.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await owner.query('COMMIT');
  } catch (cause) {
    await owner.query('ROLLBACK').catch(() => {});
    throw fail('migration_failed', {
      detail: `The migration ${name} failed and left nothing behind: ${cause instanceof Error ? cause.message : 'no reason given'}`,
      remedy: 'The role of DATABASE_URL must own its schema and may need CREATEROLE for the roles intramuros_*.',
      cause,
    });
  }
}
