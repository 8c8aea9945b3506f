// The sequencer's connection. The lock is the connection's own: when it is lost, the lock is, and with it the right to
// write. May import database/.

import { Client } from 'pg';
import { checkSession, connectionConfig, type DatabaseAddress } from '../database/connection.ts';
import type { Queryable } from './log-reader.ts';

export interface SequencerSession extends Queryable {
  /** True for one session at a time over all processes; kept until the session is closed. */
  takeLock(): Promise<boolean>;
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
    close,
  };
}
