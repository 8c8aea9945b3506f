// A restored data folder at its start: it waits for the keys that belong to it, and the log says first of all that it was
// recovered, and from when. May import errors.ts, audit/, secrets/, database/ and its own room.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditLog } from '../audit/audit-log.ts';
import { waitForCheckpoint } from '../audit/bundle.ts';
import { LogReader, type Queryable } from '../audit/log-reader.ts';
import { type KeyLabel, readFolderNote, writeFolderNote } from '../database/folder-note.ts';
import { fail } from '../errors.ts';
import { type RotatingSecrets, SECRET_NAMES } from '../secrets/secrets.ts';

/** Throws `secret_unavailable` where the keys of the folder are gone: new ones must not be made in silence. */
export async function requireKeysOf(folder: string): Promise<void> {
  const note = await readFolderNote(folder);
  if (note?.keys === undefined || (await exists(join(folder, 'secrets')))) return;
  throw missingKeys(folder, note.keys);
}

/** Throws `secret_unavailable` where keys of another installation are there; a folder without any on its note gets these. */
export async function requireSameKeys(folder: string, secrets: Pick<RotatingSecrets, 'versions'>): Promise<void> {
  const note = await readFolderNote(folder);
  if (note === undefined) return;
  const found = labelsOf(secrets);
  if (note.keys === undefined) return writeFolderNote(folder, { ...note, keys: currentOf(found) });
  const foreign = note.keys.filter(({ name, id }) => !found.some((key) => key.name === name && key.id === id));
  if (foreign.length > 0) throw missingKeys(folder, foreign);
}

/** The public labels of all versions of all keys: a note from before a rotation names one that is a former version now. */
function labelsOf(secrets: Pick<RotatingSecrets, 'versions'>): KeyLabel[] {
  return SECRET_NAMES.flatMap((name) => secrets.versions(name).map(({ id, version }) => ({ name, id, version })));
}

function currentOf(labels: readonly KeyLabel[]): KeyLabel[] {
  return labels.filter(({ name }, index) => labels.findIndex((label) => label.name === name) === index);
}

/** The next start makes keys of its own: those of before were given up. */
export async function hasNewKeys(folder: string): Promise<boolean> {
  return (await readFolderNote(folder))?.recovery?.keys === 'new';
}

/**
 * Appends the record of a recovery once, and waits until a checkpoint covers it: its receipt was chosen by the restore, so
 * that a start which is cut short before is followed by one that finds it there.
 */
export async function recordRecovery(folder: string, audit: Pick<AuditLog, 'append'>, db: Queryable): Promise<void> {
  const note = await readFolderNote(folder);
  if (note?.recovery === undefined) return;
  const { recovery, ...rest } = note;
  const { receipt, ...facts } = recovery;
  await audit.append(
    {
      kind: 'lifecycle',
      tenant: '-',
      actor: { kind: 'system', id: 'restore' },
      action: 'recovered',
      receipt,
      recovery: facts,
    },
    { deadlineMs: 10_000 },
  );
  await waitForCheckpoint(db, new LogReader(db), new AbortController().signal);
  await writeFolderNote(folder, rest);
}

function missingKeys(folder: string, keys: readonly KeyLabel[]) {
  const names = keys.map(({ name, id }) => `${name} (${id})`).join(', ');
  return fail('secret_unavailable', {
    param: 'INTRAMUROS_DATA',
    detail: `What is in the data folder ${folder} was made with keys that are not there: ${names}.`,
    remedy:
      'Put them there with "intramuros restore --keys FILE", FILE being what "intramuros backup --keys FILE" wrote. Are they lost for good, "intramuros restore --new-keys" says what that costs.',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
