// Reads and checks a bundle with nothing of the product: RFC 6962 hashing, C2SP notes and tiles, written once more from
// the specifications, so that a mistake of ours cannot hide in what judges it.

import { createHash, createPublicKey, verify } from 'node:crypto';

export type Bundle = ReadonlyMap<string, Buffer>;

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
export const leafHash = (entry: Uint8Array) => sha256(Buffer.of(0), entry);

/** MTH of RFC 6962 2.1, as it is written there. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** RFC 9162 2.1.3.2. */
export function rootFromProof(leaf: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer {
  let [fn, sn, r] = [index, size - 1, leaf];
  for (const p of proof) {
    if (fn % 2 === 1 || fn === sn) {
      r = sha256(Buffer.of(1), p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else r = sha256(Buffer.of(1), r, p);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return r;
}

export interface OpenedNote {
  readonly text: string;
  readonly lines: readonly string[];
}

/** A signed note (C2SP signed-note) under an Ed25519 verifier key; throws when the signature does not hold. */
export function openNote(note: Buffer, verifierKey: string): OpenedNote {
  const [name, id, key] = splitKey(verifierKey);
  const whole = note.toString('utf8');
  const cut = whole.lastIndexOf('\n\n') + 1;
  const text = whole.slice(0, cut);
  const line = whole
    .slice(cut + 1)
    .split('\n')
    .find((each) => each.startsWith(`\u2014 ${name} `));
  if (line === undefined) throw new Error(`no signature of ${name}`);
  const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64');
  if (signature.subarray(0, 4).toString('hex') !== id) throw new Error('the key id of the signature is another');
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') },
    format: 'jwk',
  });
  if (!verify(null, Buffer.from(text), publicKey, signature.subarray(4))) throw new Error('the signature is wrong');
  return { text, lines: text.split('\n') };
}

function splitKey(verifierKey: string): [name: string, id: string, key: Buffer] {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(verifierKey.trim());
  if (match === null) throw new Error('not a verifier key');
  const [, name = '', id = '', encoded = ''] = match;
  const key = Buffer.from(encoded, 'base64');
  if (key[0] !== 1) throw new Error('not an Ed25519 key');
  const expected = sha256(Buffer.from(`${name}\n`), key)
    .subarray(0, 4)
    .toString('hex');
  if (expected !== id) throw new Error('the id of the key is wrong');
  return [name, id, key.subarray(1)];
}

export interface CheckedLog {
  readonly size: number;
  readonly root: Buffer;
  readonly entries: readonly Buffer[];
}

/** Checks everything of a bundle against the key and gives its entries; throws at the first thing that is wrong. */
export function checkBundle(bundle: Bundle, verifierKey: string): CheckedLog {
  const file = (name: string) => {
    const data = bundle.get(name);
    if (data === undefined) throw new Error(`${name} is missing`);
    return data;
  };
  const [, sizeLine = '', rootLine = ''] = openNote(file('checkpoint'), verifierKey).lines;
  const size = Number(sizeLine);
  const expected = new Set(['log-key.pub', 'checkpoint', 'manifest']);
  const entries: Buffer[] = [];
  for (const name of tileNames(size, 0, 'tile/entries')) {
    expected.add(name);
    entries.push(...unpack(file(name)));
  }
  if (entries.length !== size) throw new Error(`${entries.length} entries in a log of ${size}`);
  const root = treeHash(entries.map(leafHash));
  if (root.toString('base64') !== rootLine) throw new Error('the entries do not give the root');
  let level: Buffer[] = entries.map(leafHash);
  for (let height = 0; level.length > 0; height++) {
    const names = [...tileNames(size, height, `tile/${height}`)];
    const stored = Buffer.concat(names.map(file));
    if (!stored.equals(Buffer.concat(level))) throw new Error(`the tiles of level ${height} are wrong`);
    for (const name of names) expected.add(name);
    level = Array.from({ length: Math.floor(level.length / 256) }, (_, i) =>
      treeHash(level.slice(i * 256, i * 256 + 256)),
    );
  }
  const extra = [...bundle.keys()].find((name) => !expected.has(name));
  if (extra !== undefined) throw new Error(`${extra} does not belong there`);
  return { size, root, entries };
}

function* tileNames(size: number, level: number, folder: string): Generator<string> {
  const hashes = Math.floor(size / 256 ** level);
  for (let index = 0; index * 256 < hashes; index++) {
    const width = Math.min(256, hashes - index * 256);
    const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
    const path = (digits.match(/.{3}/g) ?? [])
      .map((group, i, all) => (i === all.length - 1 ? group : `x${group}`))
      .join('/');
    yield `${folder}/${path}${width === 256 ? '' : `.p/${width}`}`;
  }
}

function unpack(data: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt16BE(at);
    entries.push(data.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}
