// Signed notes and verifier keys (https://c2sp.org/signed-note), read and checked with the browser's own Ed25519. Written
// apart from the server's code, so that a fault of one is not a fault of both.

import { type Bytes, concat, fromBase64, fromText, sha256, toHex } from './bytes.ts';

const ED25519 = 1;

export interface LogKey {
  readonly name: string;
  /** 8 hexadecimal digits. */
  readonly id: string;
  readonly publicKey: Bytes;
  /** The whole line. */
  readonly text: string;
}

/** `<name>+<id>+<base64 of type and key>`; the id must be that of the key. */
export async function readLogKey(text: string): Promise<LogKey> {
  const [name = '', id = '', ...rest] = text.split('+');
  const material = fromBase64(rest.join('+'));
  if (material[0] !== ED25519 || material.length !== 33) throw new Error('not an Ed25519 key');
  const digest = await sha256(concat(fromText(`${name}\n`), material));
  if (toHex(digest.subarray(0, 4)) !== id) throw new Error('the id of the key is not that of the key');
  return { name, id, publicKey: material.slice(1), text };
}

export interface SignedNote {
  /** With its last line break. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly id: string; readonly signature: Bytes }[];
}

export function readNote(note: string): SignedNote {
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0 || !note.endsWith('\n')) throw new Error('not a signed note');
  const lines = note.slice(cut + 2, -1).split('\n');
  return { text: note.slice(0, cut + 1), signatures: lines.map(readSignature) };
}

function readSignature(line: string) {
  const [dash, name, data, ...more] = line.split(' ');
  if (dash !== '\u2014' || name === undefined || data === undefined || more.length > 0) {
    throw new Error('a signature line that cannot be read');
  }
  const bytes = fromBase64(data);
  return { name, id: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}

/** Whether the key signed the note: every line that says so must be true, and there must be one. */
export async function isSignedBy(note: SignedNote, key: LogKey): Promise<boolean> {
  const own = note.signatures.filter(({ name, id }) => name === key.name && id === key.id);
  if (own.length === 0) return false;
  const imported = await crypto.subtle.importKey('raw', key.publicKey, { name: 'Ed25519' }, false, ['verify']);
  const results = await Promise.all(
    own.map(({ signature }) => crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, fromText(note.text))),
  );
  return results.every((good) => good);
}

/**
 * The keys of the log, from the first one on: each handover is signed by the key before and by the one that it names.
 */
export async function followKeys(first: LogKey, handovers: readonly string[]): Promise<LogKey[]> {
  const keys = [first];
  for (const text of handovers) {
    const note = readNote(text);
    const [header, line = '', end, ...more] = note.text.split('\n');
    if (header !== 'intramuros.dev/audit-key@v1' || end !== '' || more.length > 0) throw new Error('not a handover');
    const next = await readLogKey(line);
    const last = keys.at(-1) ?? first;
    if (next.name !== first.name) throw new Error('a key of another log');
    if (!(await isSignedBy(note, last)) || !(await isSignedBy(note, next))) {
      throw new Error('a key that the one before did not hand over to');
    }
    keys.push(next);
  }
  return keys;
}
