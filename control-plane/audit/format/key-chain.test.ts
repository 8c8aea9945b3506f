import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { followHandovers, openByAny, openHandover, signHandover } from './key-chain.ts';
import { parseVerifierKey, signerFromSeed, signNote } from './note.ts';

const LOG = 'log.example/one';
const keys = Array.from({ length: 4 }, () => signerFromSeed(LOG, randomBytes(32)));
const [first, second, third, other] = keys as [Key, Key, Key, Key];
type Key = ReturnType<typeof signerFromSeed>;
const trusted = (key: Key) => parseVerifierKey(key.verifierKey);

function handover(former: Key, next: Key): Promise<string> {
  return signHandover(next.verifierKey, { former, next });
}

test('from the first key to the last, and from any in between', async () => {
  const notes = [await handover(first, second), await handover(second, third)];
  const idsFrom = (key: Key) => followHandovers(notes, trusted(key)).map(({ id }) => id);
  assert.deepEqual(idsFrom(first), [first.id, second.id, third.id]);
  assert.deepEqual(idsFrom(second), [second.id, third.id]);
  assert.deepEqual(idsFrom(third), [third.id]);
  assert.deepEqual(idsFrom(other), [other.id], 'a key of nobody gains no other');
});

test('a chain that is broken, out of order or from another key is refused', async () => {
  const notes = [await handover(first, second), await handover(second, third)] as const;
  const refuses = (chain: readonly string[], code: string) =>
    assert.throws(() => followHandovers(chain, trusted(first)), { code });
  refuses([notes[0], await handover(other, third)], 'signature_missing');
  refuses([notes[0], notes[0]], 'key_invalid');
  refuses([notes[0].replace(second.verifierKey, third.verifierKey)], 'signature_invalid');
  assert.equal(
    followHandovers([notes[1], notes[0]], trusted(first)).length,
    2,
    'the second one is cut off, not trusted',
  );
});

test('both keys must have signed, for the same log, and nothing else stands in the note', async () => {
  const text = `intramuros.dev/audit-key@v1\n${second.verifierKey}\n`;
  const alone = await signNote(text, [first]);
  assert.throws(() => openHandover(alone, trusted(first)), { code: 'signature_missing' });
  const elsewhere = signerFromSeed('log.example/two', randomBytes(32));
  await assert.rejects(signHandover(elsewhere.verifierKey, { former: first, next: elsewhere }), {
    code: 'key_invalid',
  });
  await assert.rejects(handover(first, first), { code: 'key_invalid' });
  for (const wrong of [`${text}more\n`, text.replace('@v1', '@v2'), 'intramuros.dev/audit-key@v1\nx\n']) {
    const note = await signNote(wrong, [first, second]);
    assert.throws(() => openHandover(note, trusted(first)), { code: 'key_invalid' });
  }
});

test('a checkpoint is no handover, and one of either key is opened', async () => {
  const checkpoint = { origin: LOG, size: 1, root: randomBytes(32) };
  const both = [trusted(first), trusted(second)];
  for (const signer of [first, second]) {
    const note = await signCheckpoint(checkpoint, [signer]);
    assert.equal(openByAny(both, (key) => openCheckpoint(note, key)).size, 1);
    assert.throws(() => openHandover(note, trusted(signer)), { code: 'key_invalid' });
  }
  const foreign = await signCheckpoint(checkpoint, [other]);
  assert.throws(() => openByAny(both, (key) => openCheckpoint(foreign, key)), { code: 'signature_missing' });
});
