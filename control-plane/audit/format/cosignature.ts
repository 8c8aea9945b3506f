// Cosignatures (https://c2sp.org/tlog-cosignature, Ed25519): the statement of a witness that, at this time, this
// checkpoint is the largest that it has seen of a log, and continues all that it saw before.
// May import: node:crypto, notes, base64 and the error of this room.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { FormatError } from './format-error.ts';
import { checkKeyName, formatSignature, keyId, type Note, PKCS8_PREFIX, parseNote, SPKI_PREFIX } from './note.ts';

const COSIGNATURE_TYPE = 0x04;
const KEY_BYTES = 32;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

export interface WitnessKey {
  readonly name: string;
  readonly id: number;
  readonly publicKey: KeyObject;
  /** The verifier key line. */
  readonly text: string;
}

export interface Cosigner {
  readonly name: string;
  /** The verifier key line. */
  readonly verifierKey: string;
  /** The signature line, with its newline, over the text of a note at a time in seconds since 1970. */
  cosign(text: string, timeS: number): string;
}

/** From the 32-byte seed of an Ed25519 key, which must sign nothing else. */
export function cosignerFromSeed(name: string, seed: Uint8Array): Cosigner {
  checkKeyName(name);
  if (seed.length !== KEY_BYTES) throw new FormatError('key_invalid', 'an Ed25519 seed has 32 bytes');
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  const id = keyId(name, raw, COSIGNATURE_TYPE);
  const material = encodeBase64(Buffer.concat([Buffer.of(COSIGNATURE_TYPE), raw]));
  return {
    name,
    verifierKey: `${name}+${id.toString(16).padStart(8, '0')}+${material}`,
    cosign(text, timeS) {
      const time = Buffer.alloc(TIME_BYTES);
      time.writeBigUInt64BE(BigInt(timeS));
      const signature = sign(null, messageOf(text, BigInt(timeS)), privateKey);
      return formatSignature({ name, id, signature: Buffer.concat([time, signature]) });
    },
  };
}

/** Reads the verifier key line of a witness (type 4). Throws `key_invalid`. */
export function parseWitnessKey(line: string): WitnessKey {
  const text = line.trimEnd();
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) {
    throw new FormatError('key_invalid', 'a verifier key reads <name>+<8 hex digits>+<base64>');
  }
  const name = match[1];
  checkKeyName(name);
  const material = readMaterial(match[3]);
  const id = keyId(name, material, COSIGNATURE_TYPE);
  if (id !== Number.parseInt(match[2], 16)) throw new FormatError('key_invalid', 'the id does not belong to this key');
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, material]), format: 'der', type: 'spki' });
  return { name, id, publicKey, text };
}

/**
 * When the witness cosigned the note, in seconds since 1970; the latest where it did more than once.
 * Throws `signature_missing` or `signature_invalid`.
 */
export function openCosignature(note: Note | Uint8Array | string, key: WitnessKey): number {
  const { text, signatures } = typeof note === 'string' || note instanceof Uint8Array ? parseNote(note) : note;
  const own = signatures.filter(({ name, id }) => name === key.name && id === key.id);
  if (own.length === 0) throw new FormatError('signature_missing', `not cosigned by ${key.name}`);
  const times = own.map(({ signature }) => {
    const time = signature.length === TIME_BYTES + SIGNATURE_BYTES ? Buffer.from(signature).readBigUInt64BE() : -1n;
    const fits =
      time >= 0n &&
      time <= BigInt(Number.MAX_SAFE_INTEGER) &&
      verify(null, messageOf(text, time), key.publicKey, signature.subarray(TIME_BYTES));
    if (!fits) throw new FormatError('signature_invalid', `the cosignature of ${key.name} does not fit the text`);
    return Number(time);
  });
  return Math.max(...times);
}

function messageOf(text: string, timeS: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timeS}\n${text}`);
}

function readMaterial(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(text);
  } catch (cause) {
    throw new FormatError('key_invalid', cause instanceof Error ? cause.message : 'not base64');
  }
  if (bytes[0] !== COSIGNATURE_TYPE || bytes.length !== 1 + KEY_BYTES) {
    throw new FormatError('key_invalid', 'the key of a witness is an Ed25519 cosignature key (type 4, 32 bytes)');
  }
  return bytes.subarray(1);
}
