// The evidence bundle: everything that somebody with the verifier key alone needs to check the log, as the files of a
// closed directory under their standard names (C2SP tlog-tiles). May import errors.ts and its own room.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '../errors.ts';
import { fullTiles, partialWidth, TILE_WIDTH } from './log-edge.ts';
import type { LogFormat } from './log-format.ts';
import { LogReader, type Queryable, type StoredCheckpoint } from './log-reader.ts';

export interface BundleFile {
  /** Path inside the bundle, with `/`. */
  readonly name: string;
  readonly data: Uint8Array;
}

const INTEGRATION_TIMEOUT_MS = 30_000;
const POLL_MS = 100;

/** Throws `audit_unavailable` when what is acknowledged now does not enter the log in time. */
export async function* exportBundle(db: Queryable, format: LogFormat, signal: AbortSignal): AsyncGenerator<BundleFile> {
  const reader = new LogReader(db);
  const checkpoint = await waitForCheckpoint(db, reader, signal);
  const listed: { name: string; size: number; sha256: Uint8Array }[] = [];
  for await (const file of logFiles(reader, checkpoint, format)) {
    signal.throwIfAborted();
    listed.push({
      name: file.name,
      size: file.data.length,
      sha256: createHash('sha256').update(file.data).digest(),
    });
    yield file;
  }
  yield { name: 'manifest', data: Buffer.from(await format.signManifest(listed)) };
}

async function* logFiles(
  reader: LogReader,
  { size, note }: StoredCheckpoint,
  format: LogFormat,
): AsyncGenerator<BundleFile> {
  yield { name: 'log-key.pub', data: Buffer.from(`${format.verifierKey}\n`) };
  yield { name: 'checkpoint', data: Buffer.from(note) };
  for (const { index, width } of tilesOf(size, 0)) {
    const entries = await reader.entries(index * TILE_WIDTH, index * TILE_WIDTH + width);
    yield { name: `tile/entries/${tilePath(index, width)}`, data: packEntries(entries) };
  }
  for (let level = 0; level < levelsOf(size); level++) {
    for (const { index, width } of tilesOf(size, level)) {
      const hashes = await reader.tile(level, index, width);
      yield { name: `tile/${level}/${tilePath(index, width)}`, data: Buffer.concat(hashes) };
    }
  }
}

/** A level stands in the log as soon as it has one hash. */
function levelsOf(size: number): number {
  let levels = 0;
  while (size >= TILE_WIDTH ** levels) levels += 1;
  return levels;
}

function* tilesOf(size: number, level: number): Generator<{ index: number; width: number }> {
  const full = fullTiles(size, level);
  for (let index = 0; index < full; index++) yield { index, width: TILE_WIDTH };
  const width = partialWidth(size, level);
  if (width > 0) yield { index: full, width };
}

/** C2SP tlog-tiles: groups of three digits, all but the last with an `x` before them; 1234067 is x001/x234/067. */
export function tilePath(index: number, width: number): string {
  const groups = [String(index % 1_000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    groups.unshift(`x${String(rest % 1_000).padStart(3, '0')}`);
  }
  return groups.join('/') + (width === TILE_WIDTH ? '' : `.p/${width}`);
}

function packEntries(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** The first checkpoint that covers every record which was committed when we were asked. */
async function waitForCheckpoint(db: Queryable, reader: LogReader, signal: AbortSignal): Promise<StoredCheckpoint> {
  const deadline = performance.now() + INTEGRATION_TIMEOUT_MS;
  const staged = await countStaged(db);
  for (;;) {
    const checkpoint = await reader.latestCheckpoint();
    if (checkpoint !== undefined && (await isIntegrated(db, staged))) {
      const latest = await reader.latestCheckpoint();
      return latest ?? checkpoint;
    }
    if (performance.now() > deadline) {
      throw fail('audit_unavailable', {
        detail: 'Not every acknowledged record has entered the log, so a bundle would not be complete.',
        remedy: 'Look at the log of the sequencer, then try again.',
      });
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

interface StagedCounts {
  readonly producers: string[];
  readonly epochs: string[];
  readonly counts: string[];
}

async function countStaged(db: Queryable): Promise<StagedCounts> {
  const { rows } = await db.query<{ producer: string; epoch: string; count: string }>(
    `SELECT e.producer, e.epoch, r.n + 1 AS count FROM audit_epoch e CROSS JOIN LATERAL (
       SELECT n FROM audit_record WHERE producer = e.producer AND epoch = e.epoch ORDER BY n DESC LIMIT 1) r`,
  );
  return {
    producers: rows.map(({ producer }) => producer),
    epochs: rows.map(({ epoch }) => epoch),
    counts: rows.map(({ count }) => count),
  };
}

async function isIntegrated(db: Queryable, { producers, epochs, counts }: StagedCounts): Promise<boolean> {
  const { rows } = await db.query<{ behind: number }>(
    `SELECT count(*)::int AS behind FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS e(producer, epoch, count)
      WHERE e.count > coalesce((SELECT first_n + length FROM audit_segment s
              WHERE s.producer = e.producer AND s.epoch = e.epoch ORDER BY first_n DESC LIMIT 1), 0)`,
    [producers, epochs, counts],
  );
  return rows[0]?.behind === 0;
}
