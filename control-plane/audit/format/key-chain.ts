// How the key of a log hands over to the next one: a signed note that names the log and the next key, signed by both, so
// that whoever trusts the first key comes to trust the last, and nobody can be named as a successor without knowing.
// May import: notes and the error of this room.

import { FormatError } from './format-error.ts';
import { type NoteSigner, openNote, parseVerifierKey, signNote, type VerifierKey } from './note.ts';

const HEADER = 'intramuros.dev/audit-key@v1';

/** Both keys bear the name of the log. Throws `key_invalid` where they do not. */
export async function signHandover(next: string, signers: { former: NoteSigner; next: NoteSigner }): Promise<string> {
  const key = parseVerifierKey(next);
  if (key.name !== signers.former.name || key.id !== signers.next.id || key.id === signers.former.id) {
    throw new FormatError('key_invalid', 'the next key is another one of the same log');
  }
  return signNote(`${HEADER}\n${key.text}\n`, [signers.former, signers.next]);
}

/** The key that `former` handed over to. Throws the codes of `openNote` and `key_invalid`. */
export function openHandover(note: Uint8Array | string, former: VerifierKey): VerifierKey {
  const { text } = openNote(note, former);
  const [header, line = '', ...rest] = text.split('\n');
  if (header !== HEADER || rest.length !== 1)
    throw new FormatError('key_invalid', `a handover has two lines, ${HEADER} first`);
  const next = parseVerifierKey(line);
  if (next.name !== former.name || next.id === former.id) {
    throw new FormatError('key_invalid', 'the next key is not another one of the same log');
  }
  openNote(note, next);
  return next;
}

/**
 * The keys to trust, from `key` on. Handovers from before `key` are passed over; behind the first one that it signed, each
 * must be signed by the key before. Throws the codes of `openHandover`.
 */
export function followHandovers(notes: readonly (Uint8Array | string)[], key: VerifierKey): readonly VerifierKey[] {
  const keys = [key];
  for (const note of notes) {
    const last = keys.at(-1) ?? key;
    try {
      keys.push(openHandover(note, last));
    } catch (error) {
      const isEarlier = keys.length === 1 && error instanceof FormatError && error.code === 'signature_missing';
      // The note that introduced `key` is signed by it too, and names it.
      if (!isEarlier && !(keys.length === 1 && introduces(note, key))) throw error;
    }
  }
  return keys;
}

/** What the newest key that signed it makes of a note. Throws what the oldest one throws where none signed it. */
export function openByAny<T>(keys: readonly VerifierKey[], open: (key: VerifierKey) => T): T {
  let failure: unknown;
  for (const key of keys.toReversed()) {
    try {
      return open(key);
    } catch (error) {
      if (!(error instanceof FormatError) || error.code !== 'signature_missing') throw error;
      failure = error;
    }
  }
  throw failure;
}

function introduces(note: Uint8Array | string, key: VerifierKey): boolean {
  return openNote(note, key).text === `${HEADER}\n${key.text}\n`;
}
