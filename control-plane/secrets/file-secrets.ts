// Keys in the data folder: one file sealed with AES-256-GCM, and the key that opens it beside it, each 0600 in a 0700
// folder. The seal keeps the keys out of a copy of the one file alone and shows a change; whoever reads the whole
// folder has the keys. May import errors.ts and its own room.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError, fail } from '../errors.ts';
import { formatHistory, keyHistorySchema, parseHistory } from './key-history.ts';
import {
  completeKeyring,
  followedBy,
  type KeyHistory,
  type Keyring,
  KeyringSecrets,
  type KeyStore,
  nextKey,
} from './keyring.ts';
import { type Endorse, type RotatingSecrets, SECRET_NAMES, type SecretName } from './secrets.ts';

const SEAL_LABEL = Buffer.from('intramuros sealed keys v1');

const sealedFile = z.strictObject({ v: z.literal(1), nonce: z.base64(), tag: z.base64(), sealed: z.base64() });
const storedKeys = z.record(z.string(), keyHistorySchema);

export interface FileSecretsOptions {
  /** The key that opens the sealed file, where it should lie elsewhere. */
  readonly keyFile?: string;
  /** False: keys that are not there are an error. For a process that joins others, whose keys it must share. */
  readonly make?: boolean;
}

/**
 * Opens the store in `folder` (`<data>/secrets`), making folder and keys at first unless told not to.
 * Throws `secret_unavailable` when a file has other rights than ours alone, is damaged or is missing its partner.
 */
export async function openFileSecrets(folder: string, options: FileSecretsOptions = {}): Promise<RotatingSecrets> {
  return new KeyringSecrets(await openFileKeyring(folder, options), fileStore(folder, options));
}

function fileStore(folder: string, options: FileSecretsOptions): KeyStore {
  const load = () => openFileKeyring(folder, { ...options, make: false });
  return {
    kind: 'file',
    load,
    add: (name, current, endorse) => underLock(folder, async () => addKey(await load(), name, current, endorse)),
  };

  async function addKey(keys: Keyring, name: SecretName, current: KeyHistory, endorse: Endorse): Promise<void> {
    if (keys[name].id !== current.id) throw rotatedElsewhere(name);
    const next = { ...keys, [name]: followedBy(current, await nextKey(name, current, endorse)) };
    const sealingKey = await readSealingKey(keyFileOf(folder, options), join(folder, 'keys.sealed'));
    await replaceFile(join(folder, 'keys.sealed'), seal(next, sealingKey));
  }
}

function keyFileOf(folder: string, { keyFile }: FileSecretsOptions): string {
  return keyFile ?? join(folder, 'sealing-key');
}

/** One rotation at a time over all processes: a file that only one of them can make. A dead one's is taken over. */
async function underLock(folder: string, run: () => Promise<void>): Promise<void> {
  const path = join(folder, 'rotation.lock');
  const stale = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > STALE_LOCK_MS,
    () => false,
  );
  if (stale) await rm(path, { force: true });
  const lock = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? rotatedElsewhere('a key') : error;
  });
  try {
    await run();
  } finally {
    await lock.close();
    await rm(path, { force: true });
  }
}

const STALE_LOCK_MS = 60_000;

function rotatedElsewhere(name: string): AppError {
  return fail('secret_unavailable', {
    detail: `Another process is rotating ${name}, or has just done so.`,
    remedy: 'Look at "intramuros secret list" and try again.',
  });
}

/** The keys themselves, for who carries them elsewhere. Makes and throws as `openFileSecrets` does. */
export async function openFileKeyring(folder: string, options: FileSecretsOptions = {}): Promise<Keyring> {
  try {
    const keyFile = keyFileOf(folder, options);
    const sealed = join(folder, 'keys.sealed');
    if (options.make === false) await requireKeys([keyFile, sealed]);
    await makeFolder(folder);
    const sealingKey = await readSealingKey(keyFile, sealed);
    return await readKeyring(sealed, sealingKey);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw fail('secret_unavailable', {
      detail: `The keys in ${folder} cannot be read (${reason}).`,
      remedy: 'Check that the folder and its files belong to the user that runs Intramuros.',
      cause,
    });
  }
}

/** Puts keys that come from elsewhere into a folder that has none. Throws `secret_unavailable` where it has. */
export async function installKeys(folder: string, keys: Keyring): Promise<void> {
  const [keyFile, sealed] = [join(folder, 'sealing-key'), join(folder, 'keys.sealed')];
  if ((await exists(keyFile)) || (await exists(sealed))) {
    throw fail('secret_unavailable', {
      param: 'INTRAMUROS_DATA',
      detail: `There are keys in ${folder} already, and keys are not replaced.`,
      remedy: 'If they are not those of this data, move that folder away first and keep it.',
    });
  }
  await makeFolder(folder);
  const sealingKey = randomBytes(32);
  await writeOnce(sealed, seal(keys, sealingKey));
  await writeOnce(keyFile, `${base64(sealingKey)}\n`);
}

async function requireKeys(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (await exists(path)) continue;
    throw fail('secret_unavailable', {
      param: 'INTRAMUROS_DATA',
      detail: `The key file ${path} is missing, and this process must use the keys of those that it joins.`,
      remedy: 'Set INTRAMUROS_DATA to their data folder, or copy its folder "secrets" with its rights.',
    });
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await checkRights(folder, 'folder');
}

async function checkRights(path: string, kind: 'folder' | 'file'): Promise<void> {
  const stat = await lstat(path);
  const wanted = kind === 'folder' ? '700' : '600';
  if (kind === 'folder' ? !stat.isDirectory() : !stat.isFile()) {
    throw fail('secret_unavailable', {
      detail: `${path} is not a plain ${kind}.`,
      remedy: 'Remove it or restore a backup.',
    });
  }
  if (stat.uid !== process.getuid?.()) {
    throw fail('secret_unavailable', {
      detail: `${path} belongs to another user (uid ${stat.uid}).`,
      remedy: `Run as that user, or give it to the user that runs Intramuros: chown ${process.getuid?.()} ${path}`,
    });
  }
  if ((stat.mode & 0o077) !== 0) {
    throw fail('secret_unavailable', {
      detail: `${path} has the rights ${(stat.mode & 0o777).toString(8)}: others may read keys.`,
      remedy: `chmod ${wanted} ${path} and consider the keys in it known to others.`,
    });
  }
}

async function readSealingKey(keyFile: string, sealed: string): Promise<Uint8Array> {
  if (!(await exists(keyFile))) {
    // Asked again: another process may have made both files between our two looks.
    if ((await exists(sealed)) && !(await exists(keyFile))) {
      throw fail('secret_unavailable', {
        detail: `The key file ${keyFile} is missing, so ${sealed} cannot be opened.`,
        remedy: 'Restore it from a backup. New keys would make old records unverifiable and API keys invalid.',
      });
    }
    await writeOnce(keyFile, `${randomBytes(32).toString('base64')}\n`);
  }
  await checkRights(keyFile, 'file');
  const key = Buffer.from((await readFile(keyFile, 'utf8')).trim(), 'base64');
  if (key.length !== 32) throw damaged(keyFile);
  return key;
}

async function readKeyring(path: string, sealingKey: Uint8Array): Promise<Keyring> {
  if (!(await exists(path))) await writeOnce(path, seal(completeKeyring(), sealingKey));
  await checkRights(path, 'file');
  const found = unseal(await readFile(path, 'utf8'), sealingKey, path);
  const missing = SECRET_NAMES.some((name) => found[name] === undefined);
  if (!missing) return found as Keyring;
  const complete = completeKeyring(found); // a later version needs one key more
  await replaceFile(path, seal(complete, sealingKey));
  return complete;
}

function seal(keys: Keyring, sealingKey: Uint8Array): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce).setAAD(SEAL_LABEL);
  const plain = Object.entries(keys).map(([name, history]) => [name, formatHistory(history)]);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(Object.fromEntries(plain))), cipher.final()]);
  const parts = { v: 1, nonce: base64(nonce), tag: base64(cipher.getAuthTag()), sealed: base64(sealed) };
  return `${JSON.stringify(parts)}\n`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function unseal(text: string, sealingKey: Uint8Array, path: string): Partial<Record<string, KeyHistory>> {
  try {
    const { nonce, tag, sealed } = sealedFile.parse(JSON.parse(text));
    const decipher = createDecipheriv('aes-256-gcm', sealingKey, Buffer.from(nonce, 'base64'), { authTagLength: 16 });
    decipher.setAAD(SEAL_LABEL).setAuthTag(Buffer.from(tag, 'base64'));
    const plain = Buffer.concat([decipher.update(Buffer.from(sealed, 'base64')), decipher.final()]);
    const keys = storedKeys.parse(JSON.parse(plain.toString('utf8')));
    return Object.fromEntries(Object.entries(keys).map(([name, stored]) => [name, parseHistory(stored)]));
  } catch {
    throw damaged(path); // the cause is left out: it could quote what the file holds
  }
}

function damaged(path: string): AppError {
  return fail('secret_unavailable', {
    detail: `${path} is damaged or does not belong with its partner.`,
    remedy: 'Restore both files of the folder from one backup.',
  });
}

/** The first of several processes wins; all read what it wrote, whole. */
async function writeOnce(path: string, text: string): Promise<void> {
  const draft = await writeDraft(path, text);
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  await syncFolder(path);
}

async function replaceFile(path: string, text: string): Promise<void> {
  await rename(await writeDraft(path, text), path);
  await syncFolder(path);
}

async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(draft, 0o600);
  return draft;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(join(path, '..'), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
