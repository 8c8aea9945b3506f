// The product's way to PostgreSQL: migrations as the owner, then a pool and a Prisma client under the runtime role.
// Rooms that keep things get a `Database`; none of them opens a connection of its own otherwise.
// May import errors.ts and its own room.

import { PrismaPg } from '@prisma/adapter-pg';
import { Client, Pool } from 'pg';
import { AppError, fail } from '../errors.ts';
import {
  type ConnectionTimeouts,
  checkSession,
  connectionConfig,
  type DatabaseAddress,
  type DatabaseRole,
  DEFAULT_TIMEOUTS,
  describeAddress,
} from './connection.ts';
import { PrismaClient } from './generated/client.ts';
import { listenOn } from './listen.ts';
import { migrate, requireMigrated } from './migrate.ts';

export interface Database {
  readonly prisma: PrismaClient;
  /** Runtime role, UTC, 2 s to connect and 5 s a statement unless told otherwise. */
  readonly pool: Pool;
  readonly address: DatabaseAddress;
  /** On a connection of its own; `onNotify(undefined)` after each (re)connection, as something may have been missed. */
  listen(channel: string, onNotify: (payload: string | undefined) => void, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  /** True for the embedded server, whose roles log in themselves. */
  readonly loginRoles?: boolean;
  /** Apply missing migrations first (default). A process that must not change the schema says false, or `require` where it cannot do without them. */
  readonly migrate?: boolean | 'require';
  readonly role?: DatabaseRole;
  readonly poolSize?: number;
  readonly timeouts?: ConnectionTimeouts;
}

/** Throws `database_unavailable`, `database_unusable` or `migration_failed`. */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const address: DatabaseAddress = { url, loginRoles: options.loginRoles ?? false };
  const timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
  if (options.migrate !== false)
    await migrateAsOwner(address, options.migrate === 'require' ? requireMigrated : migrate);
  const config = connectionConfig(address, options.role ?? 'runtime', timeouts);
  const pool = new Pool({ ...config, max: options.poolSize ?? 10, idleTimeoutMillis: 30_000 });
  pool.on('error', () => {}); // an idle connection was lost; the pool drops it and makes another when asked
  try {
    await explainFailure(url, () => checkSession(pool));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const stopped = new AbortController();
  return {
    prisma,
    pool,
    address,
    listen: (channel, onNotify, signal) =>
      listenOn(config, channel, onNotify, AbortSignal.any([signal, stopped.signal])),
    async stop() {
      stopped.abort();
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

async function migrateAsOwner(address: DatabaseAddress, step: (owner: Client) => Promise<unknown>): Promise<void> {
  // A migration may take long, and waits for that of another process: no statement time-out.
  const { query_timeout: _, ...config } = connectionConfig(address, 'owner', { connectMs: 5_000, statementMs: 0 });
  const client = new Client(config);
  client.on('error', () => {});
  try {
    await explainFailure(address.url, async () => {
      await client.connect();
      await checkSession(client);
      await step(client);
    });
  } finally {
    await client.end();
  }
}

async function explainFailure<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw fail('database_unavailable', {
      detail: `The database ${describeAddress(url)} does not answer: ${cause instanceof Error ? cause.message.replace(/\.$/, '') : 'no reason given'}.`,
      remedy: 'Check DATABASE_URL, the network between and that the server runs.',
      cause,
    });
  }
}
