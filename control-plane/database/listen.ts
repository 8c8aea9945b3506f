// Hears NOTIFY on a connection of its own, for as long as the caller wants. Whoever listens must assume that it missed
// something whenever the connection was made anew, so it is called then too. May import its own room.

import { setTimeout as delay } from 'node:timers/promises';
import { Client, type PoolConfig } from 'pg';

const RETRY_MS = [50, 200, 500, 1_000, 2_000];
/** A connection whose other end has gone silently shows nothing by itself. */
const PULSE_MS = 10_000;

/**
 * Calls `onNotify` with the payload of each notification, and with undefined after each (re)connection.
 * Resolves when `signal` is aborted.
 */
export async function listenOn(
  config: PoolConfig,
  channel: string,
  onNotify: (payload: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const client = new Client(config);
    client.on('error', () => {});
    try {
      await client.connect();
      client.on('notification', (message) => onNotify(message.payload ?? ''));
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
      attempt = 0;
      onNotify(undefined);
      await untilLost(client, signal);
    } catch {
      // refused, lost or silent: tried again below
    } finally {
      void client.end().catch(() => {}); // not awaited: a silent server would hold us
    }
    await delay(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], undefined, { signal }).catch(() => {});
  }
}

async function untilLost(client: Client, signal: AbortSignal): Promise<void> {
  const lost = new AbortController();
  client.once('end', () => lost.abort());
  const over = AbortSignal.any([signal, lost.signal]);
  while (!over.aborted) {
    await delay(PULSE_MS, undefined, { signal: over, ref: false }).catch(() => {});
    if (!over.aborted) await client.query('SELECT 1'); // throws after the query time-out
  }
}
