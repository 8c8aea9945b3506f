import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { receiptOf } from './receipt.ts';
import { decodeRecord, encodeRecord, hasKnownFacts, RECORD_KINDS } from './record.ts';
import { MAX_ENTRY_BYTES } from './tiles.ts';

const receipt = receiptOf(randomBytes(16));
const base = {
  v: 1,
  receipt,
  kind: 'intent',
  time: '2026-11-25T10:00:00.000Z',
  producer: { id: 'all', epoch: 1, n: 0 },
  tenant: 'default',
  actor: { kind: 'key', id: 'k1' },
  action: 'chat.completions',
};
const digest = `hmac-sha256:${randomBytes(32).toString('base64url')}`;
const facts = {
  attempt: 1,
  dataClass: 'internal',
  model: { name: 'small', generation: 2 },
  target: { kind: 'llama', revision: 'r1' },
  policy: { name: 'internal', hash: `sha256:${randomBytes(32).toString('hex')}` },
  recognisers: '3',
  redactions: { PERSON: 2 },
  request: { digest, texts: [digest], bytes: 10, messages: 1 },
  timings: { totalMs: 1.5 },
  outcome: { ok: true, code: 'answered' },
};

const without = (field: string) => Object.fromEntries(Object.entries(base).filter(([name]) => name !== field));

test('a record reads as it was written, in canonical bytes', () => {
  const record = { ...base, ...facts };
  const entry = encodeRecord(record);
  assert.deepEqual(decodeRecord(entry), record);
  assert.ok(
    Buffer.from(entry).toString('utf8').startsWith('{"action":"chat.completions","actor":{"id":"k1","kind":"key"}'),
  );
  assert.ok(hasKnownFacts(decodeRecord(entry)));
  for (const kind of RECORD_KINDS) assert.equal(decodeRecord(encodeRecord({ ...base, kind })).kind, kind);
  assert.equal(decodeRecord(encodeRecord({ ...base, kind: 'outcome', intent: receipt })).intent, receipt);
});

test('each field of the envelope is required, and a wrong one is named', () => {
  for (const field of Object.keys(base)) {
    assert.throws(() => encodeRecord(without(field)), { code: 'record_invalid', path: field });
  }
  const wrong: readonly (readonly [path: string, change: Record<string, unknown>])[] = [
    ['v', { v: 2 }],
    ['receipt', { receipt: receipt.toLowerCase() }],
    ['kind', { kind: 'other' }],
    ['time', { time: '2026-11-25T10:00:00Z' }],
    ['time', { time: '2026-11-25T10:00:00.000+01:00' }],
    ['time', { time: '2026-02-30T10:00:00.000Z' }],
    ['time', { time: '2026-11-25T24:00:00.000Z' }],
    ['producer.epoch', { producer: { id: 'all', epoch: 0, n: 0 } }],
    ['producer.n', { producer: { id: 'all', epoch: 1, n: -1 } }],
    ['producer.n', { producer: { id: 'all', epoch: 1, n: 0.5 } }],
    ['producer.id', { producer: { id: 'a b', epoch: 1, n: 0 } }],
    ['producer', { producer: { id: 'all', epoch: 1, n: 0, x: 1 } }],
    ['tenant', { tenant: '' }],
    ['tenant', { tenant: 'a\nb' }],
    ['tenant', { tenant: 'x'.repeat(254) }],
    ['actor.kind', { actor: { kind: 'root', id: 'k' } }],
    ['actor.id', { actor: { kind: 'key', id: 'a\u001b[1m' } }],
    ['actor', { actor: { kind: 'key', id: 'k', name: 'n' } }],
    ['action', { action: 'a b' }],
    ['intent', { intent: 'imr_1' }],
  ];
  for (const [path, change] of wrong) {
    assert.throws(() => encodeRecord({ ...base, ...change }), { code: 'record_invalid', path }, JSON.stringify(change));
  }
});

test('what is wrong is told without the value', () => {
  const secret = randomBytes(8).toString('hex');
  try {
    encodeRecord({ ...base, tenant: `a\n${secret}` });
    assert.fail('it was accepted');
  } catch (error) {
    assert.ok(error instanceof Error && error.message.includes('tenant') && !error.message.includes(secret));
  }
});

test('facts that this version does not know are carried, told apart, and make no record bad', () => {
  for (const change of [
    { novelty: 1 },
    { attempt: 0 },
    { model: { name: 'm', generation: 1, size: 2 } },
    { redactions: { person: 1 } },
  ]) {
    const read = decodeRecord(encodeRecord({ ...base, ...change }));
    assert.ok(!hasKnownFacts(read), JSON.stringify(change));
    assert.deepEqual(read, { ...base, ...change });
  }
});

test('the same record in other bytes is refused', () => {
  const text = Buffer.from(encodeRecord(base)).toString('utf8');
  const other = [
    ` ${text}`,
    `${text}\n`,
    text.replace('"v":1', '"v":1.0'),
    text.replace('"v":1', '"v": 1'),
    JSON.stringify(base),
    text.replace('default', String.raw`\u0064efault`),
    text.replace('"v":1', '"v":1,"v":1'),
  ];
  for (const bytes of other) {
    assert.throws(() => decodeRecord(Buffer.from(bytes)), { code: 'record_not_canonical' }, bytes);
  }
  assert.throws(() => decodeRecord(Buffer.from(text.replace('default', String.raw`\ud800`))), {
    code: 'record_not_canonical',
  });
});

test('what is no JSON, no UTF-8 or no object is refused', () => {
  const text = Buffer.from(encodeRecord(base));
  for (const bytes of [
    Buffer.of(),
    Buffer.from('{'),
    Buffer.from([0xff]),
    text.subarray(1),
    Buffer.from('null'),
    Buffer.from('[]'),
    Buffer.from('"a"'),
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text]),
  ]) {
    assert.throws(() => decodeRecord(bytes), { code: 'record_invalid' }, bytes.toString('latin1'));
  }
});

test('a record that would not fit an entry bundle is refused', () => {
  const room = MAX_ENTRY_BYTES - encodeRecord({ ...base, note: '' }).length;
  assert.equal(encodeRecord({ ...base, note: 'x'.repeat(room) }).length, MAX_ENTRY_BYTES);
  assert.throws(() => encodeRecord({ ...base, note: 'x'.repeat(room + 1) }), { code: 'record_too_large' });
});
