// Signed notes (https://c2sp.org/signed-note): a text, an empty line, and signature lines. Checkpoints and the manifest
// of an exported log are notes, so that anybody's implementation can check them. Only plain Ed25519 signatures (type
// 0x01) are made and trusted here; lines of other keys, such as witnesses, are carried and ignored, as the format asks.
// May import: node:crypto, base64 and the error of this room.

import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { FormatError } from './format-error.ts';

const ED25519_TYPE = 0x01;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const MAX_SIGNATURES = 100;
/** Before the 32 bytes of an Ed25519 public key in DER. */
export const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** Before the 32-byte seed of an Ed25519 private key in DER. */
export const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_NAME = /^[^\s+\u0085]+$/u;

/** A public key that a reader trusts: `<name>+<8 hex digits of the id>+<base64 of type and key>`. */
export interface VerifierKey {
  readonly name: string;
  readonly id: number;
  readonly publicKey: KeyObject;
  readonly text: string;
}

/** What signs: a key in memory, or a service that never gives its key away (then `sign` takes its time). */
export interface NoteSigner {
  readonly name: string;
  readonly id: number;
  sign(text: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  readonly signature: Uint8Array;
}

export interface Note {
  /** With its final newline, without the empty line after it. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The verifier key line of a raw 32-byte Ed25519 public key. */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  checkKeyName(name);
  if (publicKey.length !== KEY_BYTES) throw new FormatError('key_invalid', 'an Ed25519 public key has 32 bytes');
  const id = keyId(name, publicKey).toString(16).padStart(8, '0');
  return `${name}+${id}+${encodeBase64(Buffer.concat([Buffer.of(ED25519_TYPE), publicKey]))}`;
}

/** Reads one verifier key line; one newline after it is allowed. Throws `key_invalid`. */
export function parseVerifierKey(line: string): VerifierKey {
  const text = line.endsWith('\n') ? line.slice(0, -1) : line;
  // The base64 may itself hold a plus sign, the name and the id may not.
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) {
    throw new FormatError('key_invalid', 'a verifier key reads <name>+<8 hex digits>+<base64>');
  }
  const name = match[1];
  const material = decodeKeyMaterial(match[3]);
  checkKeyName(name);
  const id = keyId(name, material);
  if (id !== Number.parseInt(match[2], 16)) throw new FormatError('key_invalid', 'the id does not belong to this key');
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, material]), format: 'der', type: 'spki' });
  return { name, id, publicKey, text };
}

/** A signer from the 32-byte seed of an Ed25519 key (RFC 8032, 5.1.5). */
export function signerFromSeed(name: string, seed: Uint8Array): NoteSigner & { readonly verifierKey: string } {
  if (seed.length !== KEY_BYTES) throw new FormatError('key_invalid', 'an Ed25519 seed has 32 bytes');
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  const verifierKey = formatVerifierKey(name, raw);
  return { name, id: keyId(name, raw), verifierKey, sign: (text) => sign(null, text, privateKey) };
}

/** Signs a text that ends in a newline. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  checkText(text);
  if (signers.length === 0) throw new FormatError('note_invalid', 'a note needs at least one signature');
  let lines = '';
  for (const signer of signers) {
    lines += formatSignature({ name: signer.name, id: signer.id, signature: await signer.sign(Buffer.from(text)) });
  }
  return `${text}\n${lines}`;
}

/** One signature line, with its newline. */
export function formatSignature({ name, id, signature }: NoteSignature): string {
  const idBytes = Buffer.alloc(4);
  idBytes.writeUInt32BE(id);
  return `\u2014 ${name} ${encodeBase64(Buffer.concat([idBytes, signature]))}\n`;
}

/** Takes a note apart without trusting it. Throws `note_invalid`. */
export function parseNote(note: Uint8Array | string): Note {
  const whole = typeof note === 'string' ? note : decodeUtf8(note);
  const cut = whole.lastIndexOf('\n\n');
  if (cut === -1 || !whole.endsWith('\n')) throw new FormatError('note_invalid', 'no signatures after an empty line');
  const text = whole.slice(0, cut + 1);
  checkText(text);
  const lines = whole.slice(cut + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new FormatError('note_invalid', `more than ${MAX_SIGNATURES} signatures`);
  return { text, signatures: lines.map(parseSignature) };
}

/**
 * The text of a note that the given key signed. Every line that claims to be of this key must verify, and there must be
 * one. Throws `note_invalid`, `signature_missing` (no line of this key) or `signature_invalid`.
 */
export function openNote(note: Uint8Array | string, key: VerifierKey): Note {
  const parsed = parseNote(note);
  const own = parsed.signatures.filter((line) => line.name === key.name && line.id === key.id);
  if (own.length === 0) throw new FormatError('signature_missing', `not signed by ${key.name}`);
  for (const { signature } of own) {
    const valid =
      signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(parsed.text), key.publicKey, signature);
    if (!valid) throw new FormatError('signature_invalid', `the signature of ${key.name} does not fit the text`);
  }
  return parsed;
}

export function keyId(name: string, publicKey: Uint8Array, type = ED25519_TYPE): number {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]);
  return hash('sha256', bytes, 'buffer').readUInt32BE(0);
}

function decodeKeyMaterial(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(text);
  } catch (cause) {
    throw new FormatError('key_invalid', cause instanceof Error ? cause.message : 'not base64');
  }
  if (bytes[0] !== ED25519_TYPE || bytes.length !== 1 + KEY_BYTES) {
    throw new FormatError('key_invalid', 'only Ed25519 keys (type 1, 32 bytes) are read');
  }
  return bytes.subarray(1);
}

/** Throws `note_invalid`. */
export function parseSignature(line: string): NoteSignature {
  const match = /^\u2014 (\S+) (\S+)$/u.exec(line);
  if (match?.[1] === undefined || match[2] === undefined || !KEY_NAME.test(match[1])) {
    throw new FormatError('note_invalid', 'a signature line reads: em dash, key name, base64');
  }
  const bytes = decodeBase64(match[2]);
  if (bytes.length < 5) throw new FormatError('note_invalid', 'a signature is shorter than its key id');
  return { name: match[1], id: Buffer.from(bytes).readUInt32BE(0), signature: bytes.subarray(4) };
}

export function checkKeyName(name: string): void {
  if (!KEY_NAME.test(name)) throw new FormatError('key_invalid', 'a key name has no spaces and no plus sign');
}

function checkText(text: string): void {
  if (!text.isWellFormed() || !text.endsWith('\n') || hasControl(text)) {
    throw new FormatError('note_invalid', 'a text ends in a newline and holds no other control characters');
  }
}

function hasControl(text: string): boolean {
  return Buffer.from(text).some((byte) => byte < 0x20 && byte !== 0x0a);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError('note_invalid', 'not UTF-8');
  }
}
