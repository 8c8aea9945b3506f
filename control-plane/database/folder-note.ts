// The note in the data folder, `intramuros.json`: which format the folder has and who wrote it, so that a program never
// works on a folder that it does not understand. A newer folder is refused, an older one is upgraded at the start, step
// by step. A restored folder also says here which keys belong to it and what it was recovered from, until the log does.
// May import errors.ts.

import { readFileSync } from 'node:fs';
import { access, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { fail } from '../errors.ts';
import { unwritable } from './data-folder.ts';

/** Of this version. Format 0 is a folder from before there was a note. */
export const FOLDER_FORMAT = 2;

const NOTE_FILE = 'intramuros.json';
/** What a folder of format 0 holds; one without these is new. */
const OLD_SIGNS = ['postgres', 'secrets'];

const keyLabel = z.strictObject({ name: z.string(), id: z.string(), version: z.int().min(1) });

/** What the log will say of a recovery, and the receipt of that record: made once, so that it is written once. */
const recovery = z.strictObject({
  receipt: z.string(),
  takenAt: z.string(),
  size: z.int().min(0),
  root: z.string(),
  keys: z.enum(['kept', 'new']),
});

const noteSchema = z.object({
  format: z.int().min(0),
  /** Version of the program that wrote the folder last. */
  writtenBy: z.string(),
  /** A restore has begun and not ended: what is here is a part. */
  restoring: z.boolean().optional(),
  /** The keys without which the folder is not whole, by their public labels. */
  keys: z.array(keyLabel).optional(),
  recovery: recovery.optional(),
});

export type FolderNote = z.infer<typeof noteSchema>;
export type KeyLabel = z.infer<typeof keyLabel>;
export type Recovery = z.infer<typeof recovery>;

export interface FolderUpgrade {
  /** The format that the folder has after this step. */
  readonly to: number;
  /** Must be repeatable: the program may end between the step and the note that tells of it. */
  readonly run: (folder: string) => Promise<void>;
}

/** One step a format, in order. */
const UPGRADES: readonly FolderUpgrade[] = [
  // Nothing moved between the formats 0 and 1: what is new is the note itself.
  { to: 1, run: async () => {} },
  // From 2 on a key may have former versions: a program that knows none would take the sealed file for a damaged one.
  { to: 2, run: async () => {} },
];

export const PRODUCT_VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Undefined in a folder without one. Throws `data_folder_unusable` for a note that cannot be read. */
export async function readFolderNote(folder: string): Promise<FolderNote | undefined> {
  const path = join(folder, NOTE_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Appears whole or not at all, and is on the disk when this resolves. */
export async function writeFolderNote(folder: string, note: Omit<FolderNote, 'writtenBy'>): Promise<void> {
  const path = join(folder, NOTE_FILE);
  const draft = `${path}.new`;
  try {
    await writeSynced(draft, `${JSON.stringify({ ...note, writtenBy: PRODUCT_VERSION }, null, 2)}\n`);
    await rename(draft, path);
    const parent = await open(folder, 'r');
    await parent.sync();
    await parent.close();
  } catch (cause) {
    throw unwritable(folder, (cause as NodeJS.ErrnoException).code ?? 'unknown reason', cause);
  }
}

export interface UpgradeOptions {
  readonly log?: (message: string) => void;
  /** Only the restore itself works on a folder that is being restored. */
  readonly restores?: boolean;
  readonly upgrades?: readonly FolderUpgrade[];
}

/** Brings the folder to the format of this program. Throws `data_folder_unusable` where it cannot be. */
export async function upgradeFolder(folder: string, options: UpgradeOptions = {}): Promise<void> {
  const { log, restores = false, upgrades = UPGRADES } = options;
  const newest = upgrades.at(-1)?.to ?? 0;
  const note = (await readFolderNote(folder)) ?? (await firstNote(folder, newest));
  if (note.format > newest) throw tooNew(folder, note, newest);
  if (note.restoring === true && !restores) throw cutShort(folder);
  for (const { to, run } of upgrades) {
    if (to <= note.format) continue;
    await run(folder);
    note.format = to;
    await writeFolderNote(folder, note);
    log?.(`the data folder was upgraded to format ${to}`);
  }
}

async function firstNote(folder: string, newest: number): Promise<FolderNote> {
  for (const name of OLD_SIGNS) {
    const isOld = await access(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (isOld) return { format: 0, writtenBy: 'unknown' };
  }
  const note = { format: newest, writtenBy: PRODUCT_VERSION };
  await writeFolderNote(folder, note);
  return note;
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function tooNew(folder: string, { format, writtenBy }: FolderNote, newest: number) {
  return fail('data_folder_unusable', {
    param: 'INTRAMUROS_DATA',
    detail: `The data folder ${folder} has format ${format}, written by Intramuros ${writtenBy}; this is ${PRODUCT_VERSION}, which knows formats up to ${newest}.`,
    remedy: `Start Intramuros ${writtenBy} or later on it, or restore a backup that was taken with this version into another folder ("intramuros restore --help").`,
  });
}

function cutShort(folder: string) {
  return fail('data_folder_unusable', {
    param: 'INTRAMUROS_DATA',
    detail: `A restore into the data folder ${folder} was cut short, so that it holds a part only.`,
    remedy: `Remove what is in it and restore again: rm -rf ${folder}, then "intramuros restore DIR".`,
  });
}

function unreadable(path: string, cause: unknown) {
  return fail('data_folder_unusable', {
    param: 'INTRAMUROS_DATA',
    detail: `${path} cannot be read${cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ': it is not what this program or a later one wrote'}.`,
    remedy: 'Put it back from a backup of the folder, or restore a backup into another folder.',
    cause,
  });
}
