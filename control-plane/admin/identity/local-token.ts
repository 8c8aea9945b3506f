// How the CLI finds and convinces the product on the same machine: a 0600 file in the data folder with the address of
// this listener and a token that lives as long as the process. Whoever can read the data folder is the admin already.
// Imports nothing of ours.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

export const LOCAL_FILE = 'admin.json';

export const localFileSchema = z.object({
  /** `http://127.0.0.1:8080` */
  address: z.url(),
  /** Path of the certificate that the listener shows: the one that the CLI expects. */
  certificate: z.string().min(1).optional(),
  token: z.string().min(1),
  pid: z.int().positive(),
});
export type LocalFile = z.infer<typeof localFileSchema>;

export interface LocalToken {
  readonly text: string;
  matches(text: string): boolean;
}

export function makeLocalToken(): LocalToken {
  const text = `iml_${randomBytes(32).toString('base64url')}`;
  const digest = digestOf(text);
  return { text, matches: (given) => timingSafeEqual(digestOf(given), digest) };
}

/** Written whole under another name and moved: a reader never meets half a file, nor one that others may read. */
export async function writeLocalFile(dataFolder: string, content: LocalFile): Promise<void> {
  const path = join(dataFolder, LOCAL_FILE);
  const draft = `${path}.${content.pid}`;
  await writeFile(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}

/** Removes the file if it is still this process's. */
export async function removeLocalFile(dataFolder: string, token: LocalToken): Promise<void> {
  const path = join(dataFolder, LOCAL_FILE);
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text.includes(token.text)) await rm(path, { force: true });
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
