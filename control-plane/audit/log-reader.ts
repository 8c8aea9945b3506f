// Reads the log from its tables: entries by place, tiles full and partial, the hash of any perfect subtree. Only full
// tiles are stored; the edge is made from what is below it, so that there is nothing that could disagree.
// May import database types and the format.

import type { ClientBase } from 'pg';
import { leafHash, rootOf } from './format/merkle.ts';
import { splitHashes, TILE_HEIGHT, TILE_WIDTH } from './format/tiles.ts';

export type Queryable = Pick<ClientBase, 'query'>;

export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
}

export interface Place {
  readonly producer: string;
  readonly epoch: number;
  readonly n: number;
}

/** Roots of full tiles never change; without them each proof would hash up to 255 tiles again. */
const MAX_CACHED_ROOTS = 65_536;

export class LogReader {
  readonly #db: Queryable;
  readonly #roots = new Map<string, Uint8Array>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  async latestCheckpoint(): Promise<StoredCheckpoint | undefined> {
    const { rows } = await this.#db.query<{ size: string; root: Buffer; note: string }>(
      'SELECT size, root, note FROM audit_checkpoint ORDER BY id DESC LIMIT 1',
    );
    const row = rows[0];
    return row === undefined ? undefined : { size: Number(row.size), root: row.root, note: row.note };
  }

  /** The newest checkpoint that a witness cosigned, with its line. */
  async latestCosigned(): Promise<(StoredCheckpoint & { readonly at: Date }) | undefined> {
    const { rows } = await this.#db.query<{ size: string; root: Buffer; note: string; cosigned_at: Date }>(
      'SELECT size, root, note, cosigned_at FROM audit_cosignature ORDER BY id DESC LIMIT 1',
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    return { size: Number(row.size), root: row.root, note: row.note, at: row.cosigned_at };
  }

  /** Number of records in the log; checkpoints speak of this many or fewer. */
  async size(): Promise<number> {
    const { rows } = await this.#db.query<{ size: string }>(
      'SELECT first_index + length AS size FROM audit_segment ORDER BY first_index DESC LIMIT 1',
    );
    return Number(rows[0]?.size ?? 0);
  }

  /** The exact bytes of the leaves [start, end), in order. */
  async entries(start: number, end: number): Promise<Uint8Array[]> {
    const { rows } = await this.#db.query<{ entry: Buffer }>(
      // By the key, run by run: a planner that joins freely reads the whole table for a few hundred of its rows.
      `SELECT r.entry
         FROM audit_segment s
         CROSS JOIN LATERAL (
           SELECT n, entry FROM audit_record
            WHERE producer = s.producer AND epoch = s.epoch
              AND n >= s.first_n + greatest(0, $1 - s.first_index)
              AND n < s.first_n + least(s.length, $2 - s.first_index)
           OFFSET 0) r
        WHERE s.first_index < $2
          AND s.first_index >= coalesce((SELECT max(first_index) FROM audit_segment WHERE first_index <= $1), 0)
        ORDER BY s.first_index, r.n`,
      [start, end],
    );
    return rows.map((row) => row.entry);
  }

  /** The hashes of the leaves [start, end) as they were integrated, whatever became of their entries since. */
  async leaves(start: number, end: number): Promise<Uint8Array[]> {
    const { rows } = await this.#db.query<{ hashes: Buffer | null }>(
      `SELECT substring(hashes FROM 1 + 32 * greatest(0, $1 - first_index)::int
                              FOR 32 * (least(length, $2 - first_index) - greatest(0, $1 - first_index))::int) AS hashes
         FROM audit_segment
        WHERE first_index < $2
          AND first_index >= coalesce((SELECT max(first_index) FROM audit_segment WHERE first_index <= $1), 0)
        ORDER BY first_index`,
      [start, end],
    );
    const hashes = rows.map((row) => row.hashes);
    if (hashes.every((each) => each !== null)) return hashes.flatMap(splitHashes);
    return (await this.entries(start, end)).map(leafHash); // a run from before hashes were kept
  }

  /** Where a record stands in the log, or undefined while it is not integrated. */
  async indexOf(place: Place): Promise<number | undefined> {
    const { rows } = await this.#db.query<{ first_index: string; first_n: string; length: number }>(
      `SELECT first_index, first_n, length FROM audit_segment
        WHERE producer = $1 AND epoch = $2 AND first_n <= $3 ORDER BY first_n DESC LIMIT 1`,
      [place.producer, place.epoch, place.n],
    );
    const row = rows[0];
    if (row === undefined || place.n >= Number(row.first_n) + row.length) return undefined;
    return Number(row.first_index) + place.n - Number(row.first_n);
  }

  /** The hashes of one tile, `width` of them (256 when full). */
  async tile(level: number, index: number, width = TILE_WIDTH): Promise<Uint8Array[]> {
    const stored = width === TILE_WIDTH ? await this.#storedTile(level, index) : undefined;
    if (stored !== undefined) return stored;
    const start = index * TILE_WIDTH;
    if (level === 0) return this.leaves(start, start + width);
    return this.#tileRoots(level - 1, start, start + width);
  }

  /** The hash of leaves [index * 2^height, (index + 1) * 2^height) in a log that has them all. */
  async node(height: number, index: number): Promise<Uint8Array> {
    const level = Math.floor(height / TILE_HEIGHT);
    const width = 2 ** (height % TILE_HEIGHT);
    const first = index * width; // of the hashes of this level
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const offset = first % TILE_WIDTH;
    const hashes = (await this.#storedTile(level, tileIndex)) ?? (await this.tile(level, tileIndex, offset + width));
    return rootOf(hashes.slice(offset, offset + width));
  }

  async #tileRoots(level: number, start: number, end: number): Promise<Uint8Array[]> {
    const keys = Array.from({ length: end - start }, (_, i) => `${level}/${start + i}`);
    if (keys.some((key) => !this.#roots.has(key))) {
      if (this.#roots.size > MAX_CACHED_ROOTS) this.#roots.clear();
      const { rows } = await this.#db.query<{ index: string; hashes: Buffer }>(
        'SELECT "index", hashes FROM audit_tile WHERE level = $1 AND "index" >= $2 AND "index" < $3',
        [level, start, end],
      );
      for (const { index, hashes } of rows) this.#roots.set(`${level}/${index}`, rootOf(splitHashes(hashes)));
    }
    return keys.flatMap((key) => this.#roots.get(key) ?? []);
  }

  async #storedTile(level: number, index: number): Promise<Uint8Array[] | undefined> {
    const { rows } = await this.#db.query<{ hashes: Buffer }>(
      'SELECT hashes FROM audit_tile WHERE level = $1 AND "index" = $2',
      [level, index],
    );
    return rows[0] === undefined ? undefined : splitHashes(rows[0].hashes);
  }
}
