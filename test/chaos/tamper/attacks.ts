// What somebody does to a log who may do anything to its database: SQL as superuser, careless and careful. Each attack says
// what it did and which record a verifier must name for it.

import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { EpochCursors } from '../../../control-plane/audit/epoch-cursors.ts';
import { restoreTileEdge, TileEdge } from '../../../control-plane/audit/format/tile-edge.ts';
import { LogReader } from '../../../control-plane/audit/log-reader.ts';
import { writeIntegration } from '../../../control-plane/audit/log-writer.ts';
import { below, type Random } from '../random.ts';
import { exported, type Files, type Leaf, type LogUnderAttack } from './log-under-attack.ts';

/** What its reader needs to see it: nothing but the key, or a checkpoint kept elsewhere. */
export type Aid = 'key' | 'since';

export interface Attempt {
  readonly files: Files;
  /** Records of which one must be named as the first bad one; undefined where nothing can name it. */
  readonly named?: readonly number[];
}

export interface Attack {
  readonly name: string;
  /** Of 500. */
  readonly share: number;
  readonly aid: Aid;
  /** Runs inside a transaction. */
  readonly attempt: (log: LogUnderAttack, random: Random) => Promise<Attempt>;
}

const TILE = 256;

export const ATTACKS: readonly Attack[] = [
  { name: 'one bit of a record', share: 90, aid: 'key', attempt: flipBit },
  { name: 'a record that says something else', share: 60, aid: 'key', attempt: rewriteRecord },
  { name: 'a record and every stored hash of it', share: 30, aid: 'key', attempt: rewriteWithHashes },
  { name: 'two records swapped', share: 80, aid: 'key', attempt: swapRecords },
  { name: 'two runs of records swapped', share: 20, aid: 'key', attempt: swapRuns },
  { name: 'an inner record deleted', share: 80, aid: 'key', attempt: deleteRecord },
  { name: 'an inner record deleted, what follows renumbered', share: 40, aid: 'key', attempt: deleteAndRenumber },
  { name: 'the last records deleted, nothing else', share: 20, aid: 'key', attempt: deleteLast },
  { name: 'staged records removed before integration', share: 20, aid: 'key', attempt: removeStaged },
  { name: 'the bundle truncated', share: 30, aid: 'key', attempt: truncateBundle },
  { name: 'the end cut off cleanly, back to an old checkpoint', share: 30, aid: 'since', attempt: cutCleanly },
];

/** Beyond the 500: with the signing key. */
export const STOLEN_KEY: readonly Attack[] = [
  { name: 'a record changed and the whole log signed anew', share: 15, aid: 'since', attempt: signAnew },
  { name: 'the end cut off and the shorter log signed', share: 5, aid: 'since', attempt: signShorter },
];

function pick(leaves: readonly Leaf[], random: Random): Leaf {
  const leaf = leaves[below(random, leaves.length)];
  if (leaf === undefined) throw new Error('an empty log');
  return leaf;
}

async function setEntry(client: Client, { producer, epoch, n }: Leaf, entry: Uint8Array): Promise<void> {
  await client.query('UPDATE audit_record SET entry = $4 WHERE producer = $1 AND epoch = $2 AND n = $3', [
    producer,
    epoch,
    n,
    entry,
  ]);
}

async function flipBit(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const leaf = pick(log.leaves, random);
  const entry = Buffer.from(leaf.entry);
  const at = below(random, entry.length);
  entry[at] = (entry[at] ?? 0) ^ (1 << below(random, 8));
  await setEntry(log.client, leaf, entry);
  return { files: await exported(log.client, log.format), named: [leaf.index] };
}

/** Still a canonical record: only its hash tells. */
function otherWords({ entry }: Leaf): Buffer {
  const changed = entry.toString('utf8').replace(/"tenant":"[^"]*"/, '"tenant":"other"');
  return Buffer.from(changed);
}

async function rewriteRecord(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const leaf = pick(log.leaves, random);
  await setEntry(log.client, leaf, otherWords(leaf));
  return { files: await exported(log.client, log.format), named: [leaf.index] };
}

async function rewriteWithHashes(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const leaf = pick(log.leaves, random);
  const entry = otherWords(leaf);
  await setEntry(log.client, leaf, entry);
  await setHash(log.client, leaf.index, hashOf(entry));
  return { files: await exported(log.client, log.format) };
}

function hashOf(entry: Uint8Array): Buffer {
  return createHash('sha256')
    .update(Buffer.concat([Buffer.of(0), entry]))
    .digest();
}

/** In the run and, where there is one, in the stored tile. */
async function setHash(client: Client, index: number, hash: Uint8Array): Promise<void> {
  await client.query(
    `UPDATE audit_segment SET hashes = overlay(hashes PLACING $2 FROM (1 + 32 * ($1 - first_index))::int FOR 32)
      WHERE first_index <= $1 AND first_index + length > $1`,
    [index, hash],
  );
  await client.query(
    `UPDATE audit_tile SET hashes = overlay(hashes PLACING $2 FROM $3 FOR 32) WHERE level = 0 AND "index" = $1`,
    [Math.floor(index / TILE), hash, 1 + 32 * (index % TILE)],
  );
}

async function swapRecords(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const a = pick(log.leaves, random);
  let b = pick(log.leaves, random);
  while (b.index === a.index) b = pick(log.leaves, random);
  await setEntry(log.client, a, b.entry);
  await setEntry(log.client, b, a.entry);
  return { files: await exported(log.client, log.format), named: [Math.min(a.index, b.index)] };
}

/** Runs of the same length change places: their records and hashes stay, the order does not. */
async function swapRuns(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const { rows } = await log.client.query<{ a: string; b: string }>(
    `SELECT a.first_index AS a, b.first_index AS b FROM audit_segment a JOIN audit_segment b
         ON a.length = b.length AND a.first_index < b.first_index ORDER BY a.first_index, b.first_index`,
  );
  const pair = rows[below(random, rows.length)];
  if (pair === undefined) return swapRecords(log, random);
  for (const [from, to] of [
    [pair.a, -1],
    [pair.b, pair.a],
    [-1, pair.b],
  ]) {
    await log.client.query('ALTER TABLE audit_segment DROP CONSTRAINT IF EXISTS audit_segment_length_check');
    await log.client.query('UPDATE audit_segment SET first_index = $2 WHERE first_index = $1', [from, to]);
  }
  // Where the tile of the run is stored, the first record out of place is named; at the edge its producer's counter may.
  const first = Number(pair.a);
  const isStored = Math.floor(first / TILE) < Math.floor(log.leaves.length / TILE);
  return { files: await exported(log.client, log.format), ...(isStored ? { named: [first] } : {}) };
}

async function deleteRecord(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const leaf = pick(log.leaves.slice(0, -1), random);
  await removeRow(log.client, leaf);
  return { files: await exported(log.client, log.format), named: [leaf.index] };
}

async function removeRow(client: Client, { producer, epoch, n }: Leaf): Promise<void> {
  await client.query('DELETE FROM audit_record WHERE producer = $1 AND epoch = $2 AND n = $3', [producer, epoch, n]);
}

async function deleteAndRenumber(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const { client } = log;
  const checkpoint = log.checkpoints.filter(({ size }) => size < log.leaves.length && size > 2 * TILE).at(-1);
  if (checkpoint === undefined) throw new Error('no checkpoint to put back');
  let leaf = pick(log.leaves.slice(0, checkpoint.size), random);
  let next = nextOf(log, leaf, checkpoint.size);
  while (next === undefined) {
    leaf = pick(log.leaves.slice(0, checkpoint.size), random);
    next = nextOf(log, leaf, checkpoint.size);
  }
  const { producer, epoch, n, index } = leaf;
  await removeRow(client, leaf);
  for (const [table, column, from] of [
    ['audit_record', 'n', n],
    ['audit_segment', 'first_n', n],
  ] as const) {
    const where = `WHERE producer = $1 AND epoch = $2 AND ${column} >`;
    await client.query(`UPDATE ${table} SET ${column} = ${column} + 1000000 ${where} $3`, [producer, epoch, from]);
    await client.query(`UPDATE ${table} SET ${column} = ${column} - 1000001 ${where} 1000000`, [producer, epoch]);
  }
  await client.query('ALTER TABLE audit_segment DROP CONSTRAINT audit_segment_hashes_check');
  await client.query(
    `UPDATE audit_segment SET length = length - 1,
            hashes = overlay(hashes PLACING '' FROM (1 + 32 * ($1 - first_index))::int FOR 32)
      WHERE first_index <= $1 AND first_index + length > $1 AND length > 1`,
    [index],
  );
  await client.query('DELETE FROM audit_segment WHERE first_index = $1 AND length = 1', [index]);
  await client.query('UPDATE audit_segment SET first_index = first_index + 1000000 WHERE first_index > $1', [index]);
  await client.query('UPDATE audit_segment SET first_index = first_index - 1000001 WHERE first_index > 1000000');
  await client.query('DELETE FROM audit_checkpoint WHERE size > $1', [checkpoint.size]);
  return { files: await exported(client, log.format), named: [index, next.index - 1] };
}

/** The next record of the same epoch: the one whose counter is out of turn when this one is gone. */
function nextOf({ leaves }: LogUnderAttack, { producer, epoch, n }: Leaf, size: number): Leaf | undefined {
  return leaves.slice(0, size).find((each) => each.producer === producer && each.epoch === epoch && each.n === n + 1);
}

async function deleteLast(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const count = 1 + below(random, 40);
  for (const leaf of log.leaves.slice(-count)) await removeRow(log.client, leaf);
  return { files: await exported(log.client, log.format), named: [log.leaves.length - count] };
}

/** A gateway commits records; some are removed before the sequencer looks; the gateway goes on. */
async function removeStaged(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const { client, format } = log;
  const count = 3 + below(random, 30);
  const producer = { id: 'gateway-c', epoch: 1 };
  await client.query('INSERT INTO audit_epoch (producer, epoch) VALUES ($1, 1)', [producer.id]);
  for (let n = 0; n < count; n++) {
    const kind = n === 0 ? 'lifecycle' : 'heartbeat';
    const receipt = `imr_${createHash('sha256').update(`${n}`).digest('hex').slice(0, 26).toUpperCase()}`.replace(
      /^imr_./,
      'imr_0',
    );
    const action = n === 0 ? 'start' : 'alive';
    const entry = format.encodeRecord(
      {
        kind,
        receipt,
        time: new Date().toISOString(),
        tenant: '-',
        actor: { kind: 'system', id: producer.id },
        action,
      },
      { ...producer, n },
    );
    await client.query(
      `INSERT INTO audit_record (producer, epoch, n, receipt, kind, tenant, entry) VALUES ($1, 1, $2, $3, $4, '-', $5)`,
      [producer.id, n, receipt, kind, entry],
    );
  }
  // From one in the middle up to any before the last: its next record is the sign of life that shows the gap.
  const first = 1 + below(random, count - 2);
  const last = first + below(random, count - 1 - first);
  await client.query('DELETE FROM audit_record WHERE producer = $1 AND n BETWEEN $2 AND $3', [
    producer.id,
    first,
    last,
  ]);
  await integrate(log);
  return { files: await exported(client, format), named: [log.leaves.length + first] };
}

/** One turn of the sequencer inside our transaction. */
async function integrate({ client, format }: LogUnderAttack): Promise<void> {
  const inside = {
    query: (async (sql: string | object, values?: unknown[]) =>
      sql === 'BEGIN' || sql === 'COMMIT' ? undefined : client.query(sql as string, values)) as Client['query'],
  };
  const reader = new LogReader(inside);
  const edge = await restoreTileEdge(await reader.size(), async ({ level, index, width }) =>
    Buffer.concat(await reader.tile(level, index, width)),
  );
  const { runs } = await (await EpochCursors.load(inside)).next(inside);
  await writeIntegration(inside, edge, runs, (size, root) => format.signCheckpoint(size, root));
}

async function truncateBundle(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const files = await exported(log.client, log.format);
  const names = [...files.keys()];
  const name = names[below(random, names.length)] ?? '';
  const data = files.get(name) ?? Buffer.alloc(0);
  if (below(random, 3) === 0) files.delete(name);
  else files.set(name, data.subarray(0, below(random, data.length)));
  return { files };
}

async function cutTables(client: Client, size: number): Promise<void> {
  await client.query(
    `DELETE FROM audit_record r USING audit_segment s
      WHERE s.first_index >= $1 AND r.producer = s.producer AND r.epoch = s.epoch AND r.n >= s.first_n AND r.n < s.first_n + s.length`,
    [size],
  );
  await client.query('DELETE FROM audit_segment WHERE first_index >= $1', [size]);
  await client.query('DELETE FROM audit_tile WHERE level = 0 AND ("index" + 1) * 256 > $1', [size]);
  await client.query('DELETE FROM audit_checkpoint WHERE size > $1', [size]);
}

async function cutCleanly(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const older = log.checkpoints.slice(1, -1);
  const checkpoint = older[below(random, older.length)];
  await cutTables(log.client, checkpoint?.size ?? 0);
  return { files: await exported(log.client, log.format) };
}

async function signAnew(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const leaf = pick(log.leaves, random);
  const entry = otherWords(leaf);
  await setEntry(log.client, leaf, entry);
  await setHash(log.client, leaf.index, hashOf(entry));
  const edge = new TileEdge();
  for (const each of log.leaves) {
    for (const tile of edge.append(hashOf(each.index === leaf.index ? entry : each.entry))) {
      await log.client.query('UPDATE audit_tile SET hashes = $3 WHERE level = $1 AND "index" = $2', [
        tile.level,
        tile.index,
        tile.bytes,
      ]);
    }
  }
  await signOver(log, edge);
  return { files: await exported(log.client, log.format) };
}

async function signShorter(log: LogUnderAttack, random: Random): Promise<Attempt> {
  const older = log.checkpoints.slice(1, -1);
  const size = older[below(random, older.length)]?.size ?? 0;
  await cutTables(log.client, size);
  const edge = new TileEdge();
  for (const { entry } of log.leaves.slice(0, size)) edge.append(hashOf(entry));
  await signOver(log, edge);
  return { files: await exported(log.client, log.format) };
}

async function signOver({ client, format }: LogUnderAttack, edge: TileEdge): Promise<void> {
  const note = await format.signCheckpoint(edge.size, edge.root());
  await client.query('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [
    edge.size,
    edge.root(),
    note,
  ]);
}
