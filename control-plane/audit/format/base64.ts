// Strict base64 (RFC 4648 section 4). Node's own decoder skips unknown characters, accepts missing padding and ignores
// the idle bits of the last character, so that a changed byte could decode to the same key or signature.
// May import: the error of this room.

import { FormatError } from './format-error.ts';

/** Standard alphabet, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Decodes only what `encodeBase64` would have written; throws `base64_invalid` for anything else. */
export function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new FormatError('base64_invalid', 'not canonical base64 (RFC 4648, 4)');
  return bytes;
}
