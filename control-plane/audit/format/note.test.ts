import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { test } from 'node:test';
import { formatVerifierKey, openNote, parseNote, parseVerifierKey, signerFromSeed, signNote } from './note.ts';

// The example of golang.org/x/mod/sumdb/note, with which implementations of C2SP signed-note are tested.
const KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const LINE =
  '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const NOTE = `${TEXT}\n${LINE}`;

const peter = parseVerifierKey(KEY);
const seeded = (name = 'log.example/a') => signerFromSeed(name, randomBytes(32));

test('the published example opens, and is signed again to the byte', async () => {
  const { text, signatures } = openNote(NOTE, peter);
  assert.equal(text, TEXT);
  assert.equal(signatures.length, 1);
  const signer = signerFromSeed('PeterNeumann', SEED);
  assert.equal(signer.verifierKey, KEY);
  assert.equal(await signNote(TEXT, [signer]), NOTE);
  assert.equal(openNote(Buffer.from(NOTE), peter).text, TEXT);
});

test('no character of a verifier key can be changed, and no part of it is a key', () => {
  assert.equal(parseVerifierKey(`${KEY}\n`).text, KEY);
  for (let at = 0; at < KEY.length; at++) {
    const changed = KEY.slice(0, at) + String.fromCodePoint((KEY.codePointAt(at) ?? 0) + 1) + KEY.slice(at + 1);
    assert.throws(() => parseVerifierKey(changed), { code: 'key_invalid' }, changed);
    assert.throws(() => parseVerifierKey(KEY.slice(0, at)), { code: 'key_invalid' });
    if (at > 0) assert.throws(() => parseVerifierKey(KEY.slice(at)), { code: 'key_invalid' });
  }
  for (const key of [
    'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==', // too long, right id
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', // another algorithm, right id
    `${KEY}\n\n`,
    ` ${KEY}`,
    `${KEY} `,
    KEY.toUpperCase(),
    '',
  ]) {
    assert.throws(() => parseVerifierKey(key), { code: 'key_invalid' }, JSON.stringify(key));
  }
});

test('a plus sign inside the base64 of a key belongs to the key', async () => {
  let signer = seeded();
  while (!signer.verifierKey.split('+').slice(2).join('+').includes('+')) signer = seeded();
  const key = parseVerifierKey(signer.verifierKey);
  assert.equal(key.name, 'log.example/a');
  assert.equal(openNote(await signNote('a\n', [signer]), key).text, 'a\n');
});

test('a key id is the hash of name, type and key, also with leading zeros', () => {
  let signer = seeded();
  for (let i = 0; i < 5_000 && signer.id >= 0x1000_0000; i++) signer = seeded();
  const [name = '', id = '', ...rest] = signer.verifierKey.split('+');
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from(rest.join('+'), 'base64')]);
  assert.equal(id, createHash('sha256').update(bytes).digest('hex').slice(0, 8));
  assert.match(id, /^0/);
  assert.equal(parseVerifierKey(signer.verifierKey).id, signer.id);
});

test('idle bits of a base64 character do not make a second form of a signature', () => {
  const changed = NOTE.replace('JnAM=\n', 'JnAN=\n');
  assert.deepEqual(Buffer.from('nAN=', 'base64'), Buffer.from('nAM=', 'base64'), 'Node reads both alike');
  assert.throws(() => openNote(changed, peter), { code: 'base64_invalid' });
});

test('lines of other signers are carried and not judged, before and after our own', async () => {
  const [own, other] = [seeded(), seeded('witness.example')];
  const key = parseVerifierKey(own.verifierKey);
  for (const signers of [
    [own, other],
    [other, own],
  ]) {
    const note = openNote(await signNote('a\n', signers), key);
    assert.deepEqual(
      note.signatures.map(({ name }) => name),
      signers.map(({ name }) => name),
    );
  }
  const foreign = `\u2014 witness.example ${Buffer.from('not a signature').toString('base64')}\n`;
  assert.equal(openNote(`${await signNote('a\n', [own])}${foreign}`, key).text, 'a\n');
});

test('the name alone does not make a signature ours, and one of ours that is wrong spoils the note', async () => {
  const [own, twin] = [seeded(), seeded()];
  const key = parseVerifierKey(own.verifierKey);
  assert.throws(() => openNote(NOTE, key), { code: 'signature_missing' });
  const byTwin = await signNote('a\n', [twin]);
  assert.throws(() => openNote(byTwin, key), { code: 'signature_missing' }, 'same name, another id');
  const withOwnId = await signNote('a\n', [{ ...twin, id: own.id }]);
  assert.throws(() => openNote(withOwnId, key), { code: 'signature_invalid' });
  const both = await signNote('a\n', [own, { ...twin, id: own.id }]);
  assert.throws(() => openNote(both, key), { code: 'signature_invalid' });
  const short = await signNote('a\n', [{ ...own, sign: () => randomBytes(63) }]);
  assert.throws(() => openNote(short, key), { code: 'signature_invalid' });
});

test('no single bit of a note can be changed', () => {
  const bytes = Buffer.from(NOTE);
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      assert.throws(() => openNote(changed, peter), { name: 'FormatError' }, `byte ${at}, bit ${bit}`);
    }
  }
});

test('a text without an end, with control characters or with lone surrogates is neither signed nor read', async () => {
  const signer = seeded();
  const key = parseVerifierKey(signer.verifierKey);
  for (const text of ['', 'a', 'a\r\n', 'a\u0000\n', 'a\tb\n', '\u001b[1m\n', 'a\ud800\n']) {
    await assert.rejects(signNote(text, [signer]), { code: 'note_invalid' }, JSON.stringify(text));
    const signature = Buffer.concat([idOf(signer.id), Buffer.from(await signer.sign(Buffer.from(text)))]);
    const note = `${text}\n\u2014 ${signer.name} ${signature.toString('base64')}\n`;
    assert.throws(() => openNote(note, key), { code: 'note_invalid' }, JSON.stringify(text));
  }
  await assert.rejects(signNote('a\n', []), { code: 'note_invalid' });
  assert.equal(
    openNote(await signNote('é\u007f\n\n\nb\n', [signer]), key).text,
    'é\u007f\n\n\nb\n',
    'empty lines are text',
  );
});

function idOf(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes;
}

test('what is not built as a note is refused', () => {
  const bad = [
    '',
    TEXT,
    `${TEXT}\n`,
    NOTE.slice(0, -1),
    `${NOTE}\n`,
    ` ${LINE}`,
    `${TEXT}\n${LINE}x\n`,
    `${TEXT}\n- PeterNeumann x08go/ZJ\n`,
    `${TEXT}\n\u2014 Peter+Neumann x08go/ZJ\n`,
    `${TEXT}\n\u2014 PeterNeumann x08go/ZJ extra\n`,
    `${TEXT}\n\u2014 PeterNeumann x08g\n`,
    `${TEXT}\n${LINE.repeat(101)}`,
  ];
  for (const [i, note] of bad.entries()) assert.throws(() => parseNote(note), { code: 'note_invalid' }, `note ${i}`);
  assert.throws(() => parseNote(Buffer.from([0xff, 0x0a, 0x0a])), { code: 'note_invalid' }, 'not UTF-8');
  const withMark = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(NOTE)]);
  assert.throws(
    () => openNote(withMark, peter),
    { code: 'signature_invalid' },
    'a byte order mark is part of the text',
  );
});

test('names and keys are held to their form when written', () => {
  const raw = randomBytes(32);
  for (const name of ['', 'a b', 'a+b', 'a\n', 'a\u00a0b', 'a\u2028b']) {
    assert.throws(() => formatVerifierKey(name, raw), { code: 'key_invalid' }, JSON.stringify(name));
  }
  assert.throws(() => formatVerifierKey('a', raw.subarray(1)), { code: 'key_invalid' });
  assert.throws(() => signerFromSeed('a', raw.subarray(1)), { code: 'key_invalid' });
});

test('a signer elsewhere, that answers later and never gives its key away, signs as well', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key = parseVerifierKey(formatVerifierKey('remote.example', raw));
  assert.ok(
    createPublicKey(createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))).equals(key.publicKey),
  );
  const note = await signNote('a\n', [
    { name: key.name, id: key.id, sign: async (text) => sign(null, text, privateKey) },
  ]);
  assert.equal(openNote(note, key).text, 'a\n');
});
