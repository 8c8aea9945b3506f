// What the same disk and the same database give without us, to hold the log against: one fdatasync, one commit.

import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';

/** Runs `once` again and again; milliseconds of each. */
export async function timeEach(ms: number, once: () => unknown): Promise<number[]> {
  const times: number[] = [];
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    const fromMs = performance.now();
    await once();
    times.push(performance.now() - fromMs);
  }
  return times;
}

/** An fdatasync after a write of 8 KB, as PostgreSQL writes its log. */
export async function timeDisk(folder: string, ms: number): Promise<number[]> {
  const file = openSync(join(folder, 'disk'), 'w');
  const block = Buffer.alloc(8_192, 1);
  try {
    return await timeEach(ms, () => {
      writeSync(file, block, 0, block.length, 0);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

let rows = 0;

/** One durable commit of one small row on one connection. */
export async function timeCommit(database: TemporaryDatabase, ms: number): Promise<number[]> {
  const client = await database.pool.connect();
  try {
    return await timeEach(ms, () => {
      rows += 1;
      return client.query('INSERT INTO web_session (sid, data, expires_at) VALUES ($1, $2, now())', [
        `bench ${process.pid} ${rows}`,
        '{}',
      ]);
    });
  } finally {
    client.release();
  }
}

/** A real PostgreSQL that stops and is gone when its block ends. */
export async function startBenchDatabase(): Promise<TemporaryDatabase & AsyncDisposable> {
  const database = await startTemporaryDatabase();
  return { ...database, [Symbol.asyncDispose]: () => database.stop() };
}
