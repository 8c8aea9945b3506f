// What a witness keeps: its key, made at the first start, and one file a log with the checkpoint that it cosigned last.
// A file is written whole beside the old one, flushed and moved: after a loss of power it is the old or the new one.
// Imports errors.ts and the format of cosignatures.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cosigner, cosignerFromSeed } from '../audit/format/cosignature.ts';
import { fail } from '../errors.ts';
import type { WitnessMemory } from './witness.ts';

const KEY_FILE = 'witness-key';
export const PUBLIC_KEY_FILE = 'witness-key.pub';

export interface WitnessFolder {
  readonly cosigner: Cosigner;
  readonly memory: WitnessMemory;
}

/** Makes the folder and the key where there are none. @throws AppError `data_folder_unusable`. */
export async function openWitnessFolder(folder: string, name: string): Promise<WitnessFolder> {
  try {
    await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o700 });
    const cosigner = cosignerFromSeed(name, await readSeed(folder));
    await writeWhole(folder, PUBLIC_KEY_FILE, `${cosigner.verifierKey}\n`, 0o644);
    return { cosigner, memory: memoryIn(join(folder, 'logs')) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code !== 'string' || !code.startsWith('E')) throw cause;
    const remedy = 'Name a folder that this user may write, for the witness alone.';
    throw fail('data_folder_unusable', {
      param: '--folder',
      detail: `The folder of the witness cannot be used (${code}).`,
      remedy,
      cause,
    });
  }
}

async function readSeed(folder: string): Promise<Uint8Array> {
  const text = await readFile(join(folder, KEY_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    const seed = randomBytes(32);
    await writeWhole(folder, KEY_FILE, `${seed.toString('hex')}\n`, 0o600);
    return seed;
  }
  if (!/^[0-9a-f]{64}\n$/.test(text)) {
    throw fail('secret_unavailable', {
      param: '--folder',
      detail: `The file ${KEY_FILE} of the witness holds no key.`,
      remedy: 'Put it back from where it is kept; with another key, readers must be given the new one.',
    });
  }
  return Buffer.from(text.trim(), 'hex');
}

function memoryIn(folder: string): WitnessMemory {
  const fileOf = (origin: string) => createHash('sha256').update(origin).digest('hex').slice(0, 32);
  return {
    async read(origin) {
      return readFile(join(folder, fileOf(origin)), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    write: (origin, note) => writeWhole(folder, fileOf(origin), note, 0o644),
  };
}

async function writeWhole(folder: string, name: string, text: string, mode: number): Promise<void> {
  const path = join(folder, name);
  const file = await open(`${path}.new`, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const directory = await open(folder);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
