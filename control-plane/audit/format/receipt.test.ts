import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isReceipt, receiptOf } from './receipt.ts';

test('a receipt is its 16 bytes as one number in Crockford base32', () => {
  assert.equal(receiptOf(Buffer.alloc(16)), `imr_${'0'.repeat(26)}`);
  assert.equal(receiptOf(Buffer.alloc(16, 0xff)), `imr_7${'Z'.repeat(25)}`);
  assert.equal(receiptOf(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')), 'imr_00041061050R3GG28A1C60T3GF');
  for (const length of [0, 15, 17]) assert.throws(() => receiptOf(Buffer.alloc(length)), { code: 'record_invalid' });
});

test('different bytes give different receipts, which can be read back', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const receipt = receiptOf(bytes);
      assert.ok(isReceipt(receipt));
      const value = Array.from(receipt.slice(4)).reduce(
        (sum, digit) => sum * 32n + BigInt(alphabet.indexOf(digit)),
        0n,
      );
      assert.equal(value.toString(16).padStart(32, '0'), Buffer.from(bytes).toString('hex'));
    }),
  );
});

test('other forms are no receipts', () => {
  const good = receiptOf(Buffer.alloc(16, 0x5a));
  assert.ok(isReceipt(good));
  const bad = [
    good.toLowerCase(),
    good.slice(0, -1),
    `${good}0`,
    `${good}\n`,
    ` ${good}`,
    `imr_8${good.slice(5)}`,
    `${good.slice(0, -1)}U`,
    `${good.slice(0, -1)}I`,
    '',
  ];
  for (const text of bad) assert.ok(!isReceipt(text), JSON.stringify(text));
});
