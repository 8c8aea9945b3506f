// Builds the console's files, once when its sources changed: the name of the build is a digest over what it is made of.
// A package that was shipped built needs no build tool. Imports errors; vite only when there is something to build.

import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../../errors.ts';

const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/', import.meta.url));
const LOCKFILE = fileURLToPath(new URL('../../../package-lock.json', import.meta.url));
const SOURCES = /\.(tsx?|css|html|json)$/;
const TESTS = /\.test\.tsx?$/;

/**
 * The folder with `index.html` and `assets/` of the console as its sources are now, built if need be.
 * @throws AppError `console_unbuilt` when it must be built and cannot.
 */
export async function buildConsole(): Promise<string> {
  const builds = join(CONSOLE_FOLDER, 'dist');
  const folder = join(builds, await nameOfBuild());
  if (await exists(join(folder, 'index.html'))) return folder;
  const unfinished = join(builds, `unfinished-${process.pid}`);
  try {
    const { build } = await import('vite');
    await mkdir(builds, { recursive: true });
    await build({
      configFile: false,
      root: CONSOLE_FOLDER,
      logLevel: 'error',
      build: {
        outDir: unfinished,
        emptyOutDir: true,
        // The content security policy lets nothing inline run.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        target: 'es2024',
      },
    });
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    throw fail('console_unbuilt', {
      detail: 'The console has changed and cannot be built here.',
      remedy: 'Run "npm ci" with the development packages in a checkout that can be written, then start again.',
      cause,
    });
  }
  await takePlace(unfinished, folder);
  await removeOthers(builds, folder);
  return folder;
}

/** Two starts at once build the same thing: the first to finish gives the place, the other is thrown away. */
async function takePlace(unfinished: string, folder: string): Promise<void> {
  await rename(unfinished, folder).catch(async (error: unknown) => {
    if (!(await exists(join(folder, 'index.html')))) throw error;
    await rm(unfinished, { recursive: true, force: true });
  });
}

async function removeOthers(builds: string, kept: string): Promise<void> {
  for (const name of await readdir(builds)) {
    const other = join(builds, name);
    if (other !== kept && /^[0-9a-f]{16}$/.test(name)) await rm(other, { recursive: true, force: true });
  }
}

async function nameOfBuild(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(LOCKFILE).catch(() => ''));
  const names = (await readdir(CONSOLE_FOLDER, { recursive: true })).filter(isSource).sort();
  for (const name of names) hash.update(`\n${name}\n`).update(await readFile(join(CONSOLE_FOLDER, name)));
  return hash.digest('hex').slice(0, 16);
}

function isSource(name: string): boolean {
  return SOURCES.test(name) && !TESTS.test(name) && !name.startsWith('dist/') && !name.startsWith('node_modules/');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
