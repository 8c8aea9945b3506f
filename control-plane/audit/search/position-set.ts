// Which records of a block a term is true of, as bytes: few positions as a list (2 bytes each, big-endian), many as a
// bitmap. Sets of one block can be joined at the cost of a few hundred bytes, however common their terms are. Pure.

/** Records in a block: what is beyond the last full one is read record by record. */
export const BLOCK_RECORDS = 2_048;

const BITMAP_BYTES = BLOCK_RECORDS / 8;
const WORDS = BLOCK_RECORDS / 32;
/** One bit a record: position p is bit p % 32 of word p >> 5. */
export type PositionSet = Uint32Array;

export function allPositions(): PositionSet {
  return new Uint32Array(WORDS).fill(0xff_ff_ff_ff);
}

export function setOf(positions: readonly number[]): PositionSet {
  const set = new Uint32Array(WORDS);
  for (const position of positions) add(set, position);
  return set;
}

function add(set: PositionSet, position: number): void {
  if (position < BLOCK_RECORDS) set[position >> 5] = (set[position >> 5] ?? 0) | (1 << (position & 31));
}

export function encodePositions(positions: readonly number[]): Buffer {
  if (positions.length * 2 < BITMAP_BYTES) {
    const list = Buffer.alloc(positions.length * 2);
    for (const [at, position] of positions.entries()) list.writeUInt16BE(position, at * 2);
    return list;
  }
  const bitmap = Buffer.alloc(BITMAP_BYTES);
  for (const position of positions) bitmap[position >> 3] = (bitmap[position >> 3] ?? 0) | (1 << (position & 7));
  return bitmap;
}

/** Bytes that nobody of ours wrote give some set too: whoever uses it looks at the records themselves. */
export function decodePositions(bytes: Buffer): PositionSet {
  const set = new Uint32Array(WORDS);
  if (bytes.length === BITMAP_BYTES) {
    for (let word = 0; word < WORDS; word += 1) set[word] = bytes.readUInt32LE(word * 4);
    return set;
  }
  for (let at = 0; at + 1 < bytes.length; at += 2) add(set, bytes.readUInt16BE(at));
  return set;
}

export function intersect(sets: readonly PositionSet[]): PositionSet {
  const result = allPositions();
  for (const set of sets)
    for (let word = 0; word < WORDS; word += 1) result[word] = (result[word] ?? 0) & (set[word] ?? 0);
  return result;
}

/** Positions in any of them. */
export function unite(sets: readonly PositionSet[]): PositionSet {
  const result = new Uint32Array(WORDS);
  for (const set of sets) {
    for (let word = 0; word < WORDS; word += 1) result[word] = (result[word] ?? 0) | (set[word] ?? 0);
  }
  return result;
}

/** Those of [start, end), ascending. */
export function positionsOf(set: PositionSet, start = 0, end = BLOCK_RECORDS): number[] {
  const positions: number[] = [];
  for (const [word, bits] of set.entries()) {
    for (let left = bits; left !== 0; left &= left - 1) {
      const position = word * 32 + 31 - Math.clz32(left & -left);
      if (position >= start && position < end) positions.push(position);
    }
  }
  return positions;
}
