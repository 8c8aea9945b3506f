// Fails when the committed client is not what the schema gives: generates it again in a temporary folder and compares.
// Needs the CLI of this folder (`npm ci` inside prisma/). `--write` puts the fresh one in place instead.

import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const COMMITTED = join(FOLDER, '..', 'control-plane', 'database', 'generated');
const CLI = join(FOLDER, 'node_modules', 'prisma', 'build', 'index.js');

/** The files that differ, by their path inside the generated folder. */
export async function findStaleFiles(fresh: string, committed: string): Promise<string[]> {
  const names = new Set([...(await listFiles(fresh)), ...(await listFiles(committed))]);
  const stale: string[] = [];
  for (const name of [...names].toSorted()) {
    const [ours, theirs] = await Promise.all([readOptional(join(committed, name)), readOptional(join(fresh, name))]);
    if (ours === undefined || theirs === undefined || !ours.equals(theirs)) stale.push(name);
  }
  return stale;
}

async function generate(into: string): Promise<string> {
  const folder = join(into, 'prisma'); // the schema names its output relative to itself
  await mkdir(folder);
  for (const name of ['schema.prisma', 'prisma.config.ts', 'package.json']) {
    await cp(join(FOLDER, name), join(folder, name));
  }
  const run = spawnSync(process.execPath, [CLI, 'generate'], { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  if (run.status !== 0) {
    throw new Error(
      `prisma generate failed; is the CLI installed (npm ci inside prisma/)?\n${run.stdout}${run.stderr}`,
    );
  }
  return join(into, 'control-plane', 'database', 'generated');
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

async function readOptional(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(() => undefined);
}

async function main(): Promise<number> {
  const temporary = await mkdtemp(join(tmpdir(), 'intramuros-prisma-'));
  try {
    const fresh = await generate(temporary);
    const stale = await findStaleFiles(fresh, COMMITTED);
    if (stale.length === 0) return 0;
    if (process.argv.includes('--write')) {
      await rm(COMMITTED, { recursive: true, force: true });
      await cp(fresh, COMMITTED, { recursive: true });
      return 0;
    }
    process.stderr.write(
      `The generated client is stale: ${stale.join(', ')}.\nRun node prisma/check-generated.ts --write and commit it.\n`,
    );
    return 1;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

if (import.meta.main) process.exitCode = await main();
