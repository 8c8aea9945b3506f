// The evidence bundle: everything that somebody with the verifier key alone needs to check the log, as the files of a
// closed directory under their standard names (C2SP tlog-tiles). May import errors.ts and its own room.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '../errors.ts';
import { bundlesOf, encodeBundle, entriesPath, TILE_WIDTH, tilePath, tilesOf } from './format/tiles.ts';
import type { LogFormat } from './log-format.ts';
import { LogReader, type Queryable, type StoredCheckpoint } from './log-reader.ts';

export interface BundleFile {
  /** Path inside the bundle, with `/`. */
  readonly name: string;
  readonly data: Uint8Array;
}

const INTEGRATION_TIMEOUT_MS = 30_000;
const POLL_MS = 100;

/** The newest checkpoint with a cosignature, where a newer one without is the bundle's own. */
export const WITNESSED_FILE = 'witnessed';

export interface ExportOptions {
  readonly signal: AbortSignal;
  /** Asks the witness for the newest checkpoint now; a witness that does not answer holds no bundle up. */
  readonly cosign?: () => Promise<unknown>;
}

/** Throws `audit_unavailable` when what is acknowledged now does not enter the log in time. */
export async function* exportBundle(
  db: Queryable,
  format: LogFormat,
  { signal, cosign }: ExportOptions,
): AsyncGenerator<BundleFile> {
  const reader = new LogReader(db);
  const newest = await waitForCheckpoint(db, reader, signal);
  await cosign?.();
  const { checkpoint, witnessed } = await chooseCheckpoint(reader, newest);
  const listed: { name: string; size: number; sha256: Uint8Array }[] = [];
  const files = logFiles(reader, checkpoint, format);
  for await (const file of files) {
    signal.throwIfAborted();
    listed.push({
      name: file.name,
      size: file.data.length,
      sha256: createHash('sha256').update(file.data).digest(),
    });
    yield file;
  }
  if (witnessed !== undefined) {
    const data = Buffer.from(witnessed);
    listed.push({ name: WITNESSED_FILE, size: data.length, sha256: createHash('sha256').update(data).digest() });
    yield { name: WITNESSED_FILE, data };
  }
  yield { name: 'manifest', data: Buffer.from(await format.signManifest(listed)) };
}

/** A cosigned checkpoint that covers what the bundle must hold is its checkpoint; an older one goes along. */
async function chooseCheckpoint(
  reader: LogReader,
  newest: StoredCheckpoint,
): Promise<{ checkpoint: StoredCheckpoint; witnessed: string | undefined }> {
  const cosigned = await reader.latestCosigned();
  if (cosigned === undefined) return { checkpoint: newest, witnessed: undefined };
  const covers = cosigned.size >= newest.size;
  return covers ? { checkpoint: cosigned, witnessed: undefined } : { checkpoint: newest, witnessed: cosigned.note };
}

async function* logFiles(
  reader: LogReader,
  { size, note }: StoredCheckpoint,
  format: LogFormat,
): AsyncGenerator<BundleFile> {
  yield { name: 'log-key.pub', data: Buffer.from(`${format.verifierKey}\n`) };
  for (const [index, handover] of format.handovers().entries()) {
    yield { name: `log-key/${index + 1}`, data: Buffer.from(handover) };
  }
  yield { name: 'checkpoint', data: Buffer.from(note) };
  for (const { index, width } of bundlesOf(size)) {
    const entries = await reader.entries(index * TILE_WIDTH, index * TILE_WIDTH + width);
    yield { name: entriesPath(index, width), data: encodeBundle(entries) };
  }
  for (const tile of tilesOf(size)) {
    yield { name: tilePath(tile), data: Buffer.concat(await reader.tile(tile.level, tile.index, tile.width)) };
  }
}

/** The first checkpoint that covers every record which was committed when we were asked. */
export async function waitForCheckpoint(
  db: Queryable,
  reader: LogReader,
  signal: AbortSignal,
): Promise<StoredCheckpoint> {
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
