// Checks a backup before anything is done with it: a closed set of files, each with the size and the SHA-256 that its
// signed manifest says. The first bad file is named. May import errors.ts, audit/format and its own room.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '../audit/format/checkpoint.ts';
import { FormatError } from '../audit/format/format-error.ts';
import { type ManifestEntry, openManifest } from '../audit/format/manifest.ts';
import { parseVerifierKey } from '../audit/format/note.ts';
import { fail } from '../errors.ts';
import {
  BACKUP_HEADER,
  type BackupFacts,
  badFile,
  FACTS_FILE,
  MANIFEST_FILE,
  modelFile,
  parseFacts,
} from './backup-facts.ts';
import { readHashed } from './hashed-files.ts';

/** `verifierKeys` are those of the keys which belong to it, where they are at hand: only then is it known who made it. */
export async function checkBackup(folder: string, ...verifierKeys: readonly string[]): Promise<BackupFacts> {
  const found = await listFiles(folder);
  for (const name of [FACTS_FILE, MANIFEST_FILE]) if (!found.has(name)) throw badFile(name, 'it is not there');
  const facts = parseFacts(await readFile(join(folder, FACTS_FILE)));
  const trusted = verifierKeys.find((key) => key === facts.log.verifierKey) ?? verifierKeys[0];
  const listed = await readManifest(folder, trusted ?? facts.log.verifierKey, trusted !== undefined);
  for (const name of [...listed.keys()].toSorted()) {
    if (!found.has(name)) throw badFile(name, 'it is not there');
    await checkFile(folder, name, listed);
  }
  const extra = [...found].toSorted().find((name) => name !== MANIFEST_FILE && !listed.has(name));
  if (extra !== undefined) throw badFile(extra, 'the manifest does not know it');
  checkFacts(facts, listed);
  return facts;
}

async function readManifest(folder: string, key: string, isTrusted: boolean) {
  const bytes = await readFile(join(folder, MANIFEST_FILE));
  return read(MANIFEST_FILE, () => openManifest(bytes, parseVerifierKey(key), BACKUP_HEADER), {
    signature_missing: isTrusted
      ? 'the keys that you gave did not sign it: they are those of another installation, or it is forged'
      : 'the key that backup.json names did not sign it',
    signature_invalid: 'it was changed after it was signed',
  });
}

async function checkFile(folder: string, name: string, listed: ReadonlyMap<string, ManifestEntry>): Promise<void> {
  const line = listed.get(name);
  const { size, sha256 } = await readHashed(join(folder, name)).catch((cause: NodeJS.ErrnoException) => {
    throw badFile(name, `it cannot be read (${cause.code ?? 'unknown reason'})`, cause);
  });
  if (size !== line?.size) throw badFile(name, `it has ${size} bytes where the manifest says ${line?.size}`);
  if (!Buffer.from(sha256).equals(line.sha256)) throw badFile(name, 'its SHA-256 is not that of the manifest');
}

/** What backup.json speaks of must be there, and what is there must be spoken of. */
function checkFacts(facts: BackupFacts, listed: ReadonlyMap<string, ManifestEntry>): void {
  const due = new Set([FACTS_FILE]);
  for (const { file } of facts.tables) if (file !== undefined) due.add(file);
  if (facts.models.included) for (const { sha256 } of facts.models.files) due.add(modelFile(sha256));
  const missing = [...due].find((name) => !listed.has(name));
  if (missing !== undefined) throw badFile(missing, 'backup.json speaks of it and the manifest does not');
  const unknown = [...listed.keys()].find((name) => !due.has(name));
  if (unknown !== undefined) throw badFile(unknown, 'backup.json does not speak of it');
  const { checkpoint, verifierKey, size, root } = facts.log;
  const opened = read(FACTS_FILE, () => openCheckpoint(checkpoint, parseVerifierKey(verifierKey)));
  if (opened.size !== size || `sha256:${Buffer.from(opened.root).toString('hex')}` !== root)
    throw badFile(FACTS_FILE, 'its checkpoint says something else than its size and root');
}

function read<T>(name: string, open: () => T, words: Readonly<Record<string, string>> = {}): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw badFile(name, words[error.code] ?? error.message, error);
  }
}

async function listFiles(folder: string): Promise<Set<string>> {
  try {
    const names = await readdir(folder, { recursive: true });
    const files = new Set<string>();
    for (const name of names) if (!(await stat(join(folder, name))).isDirectory()) files.add(name);
    return files;
  } catch (cause) {
    throw fail('backup_unusable', {
      param: 'DIR',
      detail: `The folder ${folder} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      remedy: 'Name the folder that "intramuros backup DIR" wrote.',
      cause,
    });
  }
}
