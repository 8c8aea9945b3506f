// Receipts: the name of a record, the same ASCII string in the response header and inside the record. 128 random bits in
// Crockford's base32, so that it can be read aloud, typed and searched for with plain tools.
// May import: the error of this room.

import { FormatError } from './format-error.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DIGITS = 26;

/** `imr_` and 26 digits of Crockford base32; the first is 0 to 7, since 128 bits fill 26 digits but for two bits. */
export const RECEIPT = /^imr_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export function isReceipt(text: string): boolean {
  return RECEIPT.test(text);
}

/** The receipt of 16 random bytes. */
export function receiptOf(random: Uint8Array): string {
  if (random.length !== 16) throw new FormatError('record_invalid', 'a receipt is made of 16 random bytes', 'receipt');
  let rest = BigInt(`0x${Buffer.from(random).toString('hex')}`);
  let digits = '';
  for (let i = 0; i < DIGITS; i += 1) {
    digits = `${ALPHABET[Number(rest % 32n)]}${digits}`;
    rest /= 32n;
  }
  return `imr_${digits}`;
}
