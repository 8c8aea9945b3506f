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
  for (const position of positions) {
    if (position >= 0 && position < BLOCK_RECORDS)
      set[position >> 5] = (set[position >> 5] ?? 0) | (1 << (position & 31));
  }
  return set;
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
  if (bytes.length === BITMAP_BYTES) {
    return Uint32Array.from({ length: WORDS }, (_, word) => bytes.readUInt32LE(word * 4));
  }
  return setOf(Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readUInt16BE(at * 2)));
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
  for (let position = start; position < end; position += 1) {
    if (((set[position >> 5] ?? 0) >>> (position & 31)) & 1) positions.push(position);
  }
  return positions;
}
