// Which blocks may hold a digest: a Bloom filter a block, asked by the database bit by bit. It errs towards a block that
// does not hold it, one in some thousand, and never the other way. Digests are random already: their bytes are the hash.
// Pure; imports nothing of ours.

const HASHES = 8;
const BITS_PER_DIGEST = 16;
const MIN_BYTES = 64;

/** Bits of a filter of 2^n bits, as PostgreSQL's get_bit counts them: bit b is bit b % 8 of byte b >> 3. */
export function sketchOf(digests: readonly string[]): Buffer {
  const sketch = Buffer.alloc(sizeFor(digests.length));
  for (const digest of digests) {
    for (const hash of hashesOf(digest)) {
      const bit = hash & (sketch.length * 8 - 1);
      sketch[bit >> 3] = (sketch[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return sketch;
}

/** Unsigned numbers below 2^31; modulo the bits of a filter they are the places of the digest in it. */
export function hashesOf(digest: string): number[] {
  const [, kind, text = ''] = /^(hmac-sha256|sha256):(.+)$/.exec(digest) ?? [];
  const bytes = Buffer.from(text, kind === 'sha256' ? 'hex' : 'base64url');
  if (bytes.length < 32) return [];
  return Array.from({ length: HASHES }, (_, at) => bytes.readUInt32BE(at * 4) & 0x7f_ff_ff_ff);
}

function sizeFor(digests: number): number {
  const wanted = Math.max(MIN_BYTES, (digests * BITS_PER_DIGEST) / 8);
  return 2 ** Math.ceil(Math.log2(wanted));
}
