// The INSERT-only tables behind the staging, on a connection that belongs to one producer. May import database/.

import { Client } from 'pg';
import { checkSession, connectionConfig, type DatabaseAddress } from '../database/connection.ts';

export interface StagedRow {
  readonly n: number;
  readonly receipt: string;
  readonly kind: string;
  readonly tenant: string;
  readonly intent: string | undefined;
  readonly entry: Uint8Array;
}

export interface StagingTable {
  /** A number that no other start of this producer has had, one above the last. */
  beginEpoch(producer: string): Promise<number>;
  /** All rows or none. */
  insert(producer: string, epoch: number, rows: readonly StagedRow[]): Promise<void>;
  /** Which of these receipts are committed. */
  committed(receipts: readonly string[]): Promise<ReadonlySet<string>>;
  close(): void;
}

/** The server gives a statement up after the first, we give the server up after the second: both within 2 s. */
const TIMEOUTS = { connectMs: 1_000, statementMs: 1_200 };

const INSERT = {
  name: 'audit_stage',
  text: `INSERT INTO audit_record (producer, epoch, n, receipt, kind, tenant, intent, entry)
         SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])`,
};

const BEGIN_EPOCH = `INSERT INTO audit_epoch (producer, epoch)
  SELECT $1, coalesce(max(epoch), 0) + 1 FROM audit_epoch WHERE producer = $1
  ON CONFLICT DO NOTHING RETURNING epoch`;

export async function connectStaging(address: DatabaseAddress): Promise<StagingTable> {
  const client = new Client(connectionConfig(address, 'runtime', TIMEOUTS));
  client.on('error', () => {}); // the statement in flight, or the next one, fails and tells
  try {
    await client.connect();
    await checkSession(client); // a server that came back may have come back otherwise
  } catch (error) {
    destroy(client);
    throw error;
  }
  return {
    async beginEpoch(producer) {
      for (;;) {
        const { rows } = await client.query<{ epoch: string }>(BEGIN_EPOCH, [producer]);
        if (rows[0] !== undefined) return Number(rows[0].epoch); // else another process took it at this moment
      }
    },
    async insert(producer, epoch, rows) {
      const columns = [
        rows.map((row) => row.n),
        rows.map((row) => row.receipt),
        rows.map((row) => row.kind),
        rows.map((row) => row.tenant),
        rows.map((row) => row.intent ?? null),
        rows.map((row) => row.entry),
      ];
      await client.query({ ...INSERT, values: [producer, epoch, ...columns] });
    },
    async committed(receipts) {
      const { rows } = await client.query<{ receipt: string }>(
        'SELECT receipt FROM audit_record WHERE receipt = ANY($1::text[])',
        [receipts],
      );
      return new Set(rows.map((row) => row.receipt));
    },
    close: () => destroy(client),
  };
}

/** At once: a server that does not answer would not answer a farewell either. */
function destroy(client: Client): void {
  void client.end().catch(() => {});
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
