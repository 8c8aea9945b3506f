// One step of the log's growth in one transaction: the segments, the tiles that became full, the checkpoint.
// May import its own room.

import type { StagedRun } from './epoch-cursors.ts';
import { leafHash } from './format/merkle.ts';
import type { Tile, TileEdge } from './format/tile-edge.ts';
import type { Queryable } from './log-reader.ts';

/** `edge` has grown when this resolves; when it rejects, the edge must be loaded anew. */
export async function writeIntegration(
  db: Queryable,
  edge: TileEdge,
  runs: readonly StagedRun[],
  signCheckpoint: (size: number, root: Uint8Array) => Promise<string>,
): Promise<void> {
  const firstIndexes: number[] = [];
  const hashes: Uint8Array[] = [];
  const tiles: Tile[] = [];
  for (const { entries } of runs) {
    firstIndexes.push(edge.size);
    const leaves = entries.map(leafHash);
    hashes.push(Buffer.concat(leaves));
    for (const leaf of leaves) tiles.push(...edge.append(leaf));
  }
  const root = edge.root();
  const note = await signCheckpoint(edge.size, root);
  await db.query('BEGIN');
  if (runs.length > 0) {
    await db.query(
      `INSERT INTO audit_segment (first_index, producer, epoch, first_n, length, hashes)
       SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::int[], $6::bytea[])`,
      [
        firstIndexes,
        runs.map(({ producer }) => producer),
        runs.map(({ epoch }) => epoch),
        runs.map(({ firstN }) => firstN),
        runs.map(({ entries }) => entries.length),
        hashes,
      ],
    );
  }
  if (tiles.length > 0) {
    await db.query(
      'INSERT INTO audit_tile (level, "index", hashes) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[])',
      [tiles.map(({ level }) => level), tiles.map(({ index }) => index), tiles.map(({ bytes }) => bytes)],
    );
  }
  await db.query('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [edge.size, root, note]);
  await db.query('COMMIT');
}
