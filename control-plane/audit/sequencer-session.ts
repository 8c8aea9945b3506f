// The sequencer's connection. The lock is the connection's own: when it is lost, the lock is, and with it the right to
// write. May import database/.

import { Client } from 'pg';
import { checkSession, connectionConfig, type DatabaseAddress } from '../database/connection.ts';
import type { Queryable } from './log-reader.ts';

export interface SequencerSession extends Queryable {
  /** True for one session at a time over all processes; kept until the session is closed. */
  takeLock(): Promise<boolean>;
  /** Ends the connection that holds the lock, whoever has it, so that it can be taken. */
  breakLock(): Promise<void>;
  close(): void;
}

/** 'imrs': advisory locks are numbers shared by all who use a database. */
const SEQUENCER_LOCK = 0x69_6d_72_73;

export async function connectSequencer(address: DatabaseAddress): Promise<SequencerSession> {
  const client = new Client(connectionConfig(address, 'sequencer', { connectMs: 2_000, statementMs: 10_000 }));
  client.on('error', () => {}); // the next statement fails and tells
  const close = () => {
    void client.end().catch(() => {});
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  try {
    await client.connect();
    await checkSession(client);
  } catch (error) {
    close();
    throw error;
  }
  return {
    query: client.query.bind(client),
    async takeLock() {
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
        SEQUENCER_LOCK,
      ]);
      return rows[0]?.taken === true;
    },
    async breakLock() {
      // As the user of the connection: the role that it takes on has no right over that user's other connections.
      await client.query('BEGIN');
      await client.query('SET LOCAL ROLE NONE');
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_locks
          WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND granted AND pid <> pg_backend_pid()
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        [SEQUENCER_LOCK],
      );
      await client.query('COMMIT');
    },
    close,
  };
}
