// Where a person's command line keeps its token for a product that runs elsewhere: a 0600 file of their own.
// Imports nothing of ours.

import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';

const loginSchema = z.object({
  address: z.url(),
  account: z.string(),
  token: z.string().min(1),
  tokenId: z.uuid(),
  expiresAt: z.iso.datetime(),
});
export type Login = z.output<typeof loginSchema>;

export async function readLogin(path: string): Promise<Login | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    return loginSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export async function writeLogin(path: string, login: Login): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(login)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}

export async function removeLogin(path: string): Promise<void> {
  await rm(path, { force: true });
}
