// Files written, copied and read with their SHA-256 taken on the way, so that nothing is read twice.
// Imports nothing of ours.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface HashedFile {
  /** Bytes. */
  readonly size: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** A new file, ours alone, on the disk when this resolves. */
export async function writeHashed(path: string, source: AsyncIterable<Uint8Array>): Promise<HashedFile> {
  const meter = createMeter();
  await pipeline(
    source,
    (chunks) => meter.pass(chunks),
    createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }),
  );
  return meter.result();
}

export async function readHashed(path: string): Promise<HashedFile> {
  const meter = createMeter();
  for await (const _ of meter.pass(createReadStream(path))) {
    // counted on the way
  }
  return meter.result();
}

/** What a file is called in a folder is on the disk only once the folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}

export async function syncParent(path: string): Promise<void> {
  await syncFolder(dirname(path));
}

function createMeter() {
  const hash = createHash('sha256');
  let size = 0;
  return {
    async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    result: (): HashedFile => ({ size, sha256: hash.digest() }),
  };
}
