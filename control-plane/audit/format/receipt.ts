// Receipts: the name of a record, the same ASCII string in the response header and inside the record. 128 random bits in
// Crockford's base32, so that it can be read aloud, typed and searched for with plain tools.
// May import: the error of this room.

import { FormatError } from './format-error.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `imr_` and 26 digits of Crockford base32; the first is 0 to 7, since 128 bits fill 26 digits but for two bits. */
export const RECEIPT = /^imr_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export function isReceipt(text: string): boolean {
  return RECEIPT.test(text);
}

/** The receipt of 16 random bytes. */
export function receiptOf(random: Uint8Array): string {
  if (random.length !== 16) throw new FormatError('record_invalid', 'a receipt is made of 16 random bytes', 'receipt');
  let digits = 'imr_';
  let held = 0; // bits that are not written yet, and how many: 26 digits hold 130, so the number begins with two zeros
  let bits = 2;
  for (const byte of random) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      digits += ALPHABET.charAt((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return digits;
}
