// Keys carried apart from the data that they belong to: all of them in one text, for a safe place of its own. Whoever
// holds it can sign the log and compare texts with records; it is the one file that a backup must never lie beside.
// May import errors.ts and its own room.

import { createHash } from 'node:crypto';
import * as z from 'zod';
import { fail } from '../errors.ts';
import { formatHistory, keyHistorySchema, parseHistory, type StoredHistory } from './key-history.ts';
import { completeKeyring, type KeyHistory, type Keyring, versionsOf } from './keyring.ts';
import { SECRET_NAMES, type SecretName } from './secrets.ts';

const fileSchema = z.strictObject({
  'intramuros-keys': z.literal(1),
  keys: z.record(z.string(), keyHistorySchema),
  /** Of the canonical text of `keys`: a damaged key must not pass for another one. */
  sha256: z.string(),
});

export interface KeyLabel {
  readonly name: string;
  readonly id: string;
  readonly version: number;
}

/** Names and public ids, without the keys. */
export function keyLabels(keyring: Keyring): KeyLabel[] {
  return SECRET_NAMES.map((name) => ({ name, id: keyring[name].id, version: keyring[name].version }));
}

/** Every version that is in the keyring. */
export function allKeyLabels(keyring: Keyring): KeyLabel[] {
  return SECRET_NAMES.flatMap((name) => versionsOf(keyring[name]).map(({ id, version }) => ({ name, id, version })));
}

export function formatKeys(keyring: Keyring): string {
  const keys = Object.fromEntries(SECRET_NAMES.map((name) => [name, formatHistory(keyring[name])]));
  return `${JSON.stringify({ 'intramuros-keys': 1, keys, sha256: digestOf(keys) }, null, 2)}\n`;
}

/** Throws `secret_unavailable` for a text that is damaged or was not written by `formatKeys`. */
export function parseKeys(text: string): Keyring {
  let parsed: z.infer<typeof fileSchema>;
  try {
    parsed = fileSchema.parse(JSON.parse(text));
  } catch {
    throw unreadable('it is not a file of keys, or of a later version'); // the cause could quote a key
  }
  if (digestOf(parsed.keys) !== parsed.sha256) throw unreadable('it is damaged');
  const found: Partial<Record<SecretName, KeyHistory>> = {};
  for (const name of SECRET_NAMES) {
    const entry = parsed.keys[name];
    if (entry !== undefined) found[name] = parseHistory(entry);
  }
  if (found['log-signing'] === undefined) throw unreadable('the key that signs the log is not in it');
  return completeKeyring(found); // a key that only this version knows is made
}

function digestOf(keys: z.infer<typeof fileSchema>['keys']): string {
  const lines = Object.entries(keys)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { former = [], ...current }]) => [current, ...former].map((key) => lineOf(name, key)));
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function lineOf(name: string, { id, version, key, endorsement }: Omit<StoredHistory, 'former'>): string {
  return `${name} ${id} ${version} ${key}${endorsement === undefined ? '' : ` ${JSON.stringify(endorsement)}`}\n`;
}

function unreadable(what: string) {
  return fail('secret_unavailable', {
    param: '--keys',
    detail: `The file of keys cannot be used: ${what}.`,
    remedy: 'Give the file that "intramuros backup --keys FILE" wrote.',
  });
}
