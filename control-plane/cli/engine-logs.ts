// Reads the end of the files that the local runtime keeps of its engines (`engines/NAMESPACE.NAME-N.log`).

import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineLogReader } from '../admin/models/engine-log-routes.ts';

const TAIL_BYTES = 32 * 1024;
const MOST_LINES = 200;

export function createEngineLogReader(folder: string): EngineLogReader {
  return async (namespace, name) => {
    const prefix = `${namespace}.${name}-`;
    const names = (await readdir(folder).catch(() => [])).filter(
      (file) => file.startsWith(prefix) && /^\d+\.log$/.test(file.slice(prefix.length)),
    );
    const tails = names.map(async (file) => ({
      replica: Number.parseInt(file.slice(prefix.length), 10),
      lines: await lastLines(join(folder, file)),
    }));
    return (await Promise.all(tails)).toSorted((a, b) => a.replica - b.replica);
  };
}

/** Whole lines; the first of the bytes read may be half a one and is left out. */
async function lastLines(path: string): Promise<string[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    return (start > 0 ? lines.slice(1) : lines).filter((line) => line !== '').slice(-MOST_LINES);
  } finally {
    await file.close();
  }
}
