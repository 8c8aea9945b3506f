// How every connection to PostgreSQL is made: in UTC, under a role with the least rights, with named time-outs. One
// place, because a connection made otherwise stores wrong times or may change the log. May import errors.ts.

import type { ClientBase, PoolConfig } from 'pg';
import { fail } from '../errors.ts';

/** `owner` runs migrations; `runtime` is everything else but the `sequencer`, which puts the audit log in order. */
export type DatabaseRole = 'owner' | 'runtime' | 'sequencer';

export interface DatabaseAddress {
  readonly url: string;
  /** The roles may log in themselves (embedded); otherwise the user of the URL takes them on. */
  readonly loginRoles: boolean;
}

export interface ConnectionTimeouts {
  readonly connectMs: number;
  readonly statementMs: number;
}

export const DEFAULT_TIMEOUTS: ConnectionTimeouts = { connectMs: 2_000, statementMs: 5_000 };

/** The client gives up this much later than the server should have: it then does not answer at all. */
const SILENCE_MS = 500;

export function connectionConfig(
  address: DatabaseAddress,
  role: DatabaseRole,
  timeouts: ConnectionTimeouts = DEFAULT_TIMEOUTS,
): PoolConfig {
  const url = new URL(address.url);
  const settings = [
    // Prisma sends times without an offset: a session in another zone would store them wrongly.
    '-c TimeZone=UTC',
    `-c statement_timeout=${timeouts.statementMs}`,
    '-c idle_in_transaction_session_timeout=15000',
  ];
  if (role !== 'owner' && address.loginRoles) {
    url.username = `intramuros_${role}`;
    url.password = '';
  } else if (role !== 'owner') settings.push(`-c role=intramuros_${role}`);
  url.searchParams.set('options', [url.searchParams.get('options'), ...settings].filter(Boolean).join(' '));
  url.searchParams.set('application_name', `intramuros-${role}`);
  return {
    connectionString: url.href.replaceAll('+', '%20'), // the driver does not read + as a space
    connectionTimeoutMillis: timeouts.connectMs,
    query_timeout: timeouts.statementMs + SILENCE_MS,
    keepAlive: true,
  };
}

interface SessionFacts {
  zone: string;
  fsync: string;
  synchronous_commit: string;
  full_page_writes: string;
  version: number;
}

const OLDEST_VERSION = 14;

/** Asks the server what it really does. Throws `database_unusable` when times or acknowledgements could not be relied on. */
export async function checkSession(client: Pick<ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query<SessionFacts>(
    `SELECT current_setting('TimeZone') AS zone, current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS synchronous_commit,
            current_setting('full_page_writes') AS full_page_writes,
            current_setting('server_version_num')::int / 10000 AS version`,
  );
  const facts = rows[0];
  const problem = facts === undefined ? undefined : findProblem(facts);
  if (problem !== undefined) throw fail('database_unusable', problem);
}

function findProblem(facts: SessionFacts): { detail: string; remedy: string } | undefined {
  if (facts.version < OLDEST_VERSION) {
    return {
      detail: `The server is PostgreSQL ${facts.version}.`,
      remedy: `Use PostgreSQL ${OLDEST_VERSION} or later.`,
    };
  }
  if (facts.zone !== 'UTC') {
    return {
      detail: `The session is in the time zone ${facts.zone} although UTC was asked for.`,
      remedy: 'Something between us and the server drops connection options: connect without a transaction pooler.',
    };
  }
  for (const name of ['fsync', 'full_page_writes'] as const) {
    if (facts[name] !== 'on') {
      return {
        detail: `The server runs with ${name}=${facts[name]}: what it acknowledges may be lost.`,
        remedy: `Set ${name}=on.`,
      };
    }
  }
  if (facts.synchronous_commit === 'off') {
    return {
      detail: 'The server runs with synchronous_commit=off: what it acknowledges may be lost.',
      remedy: 'Set synchronous_commit=on for the database or its roles.',
    };
  }
  return undefined;
}

/** Where a URL points, for messages: never its user or password. */
export function describeAddress(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? hostname;
  return `${decodeURIComponent(pathname.slice(1)) || 'the default database'} on ${host}${port === '' ? '' : `:${port}`}`;
}
