// Other people's software, measured beside ours. Not a dependency of the product: fetched when a benchmark asks for it,
// into .cache/, exactly as the lockfile in peers/ says (versions and checksums), without running its install scripts.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../house/sources.ts';

export type PeerSet = 'gateways' | 'redactors';

const CACHE = join(REPOSITORY, '.cache');

/** Where the packages of a set stand, or would stand. */
function folderOf(set: PeerSet): string {
  const lock = readFileSync(join(REPOSITORY, 'test/bench/peers', set, 'package-lock.json'));
  return join(CACHE, `bench-${set}-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
}

/** The folder of the set's packages if they are there. */
export function cachedPeers(set: PeerSet): string | undefined {
  const folder = folderOf(set);
  return existsSync(folder) ? folder : undefined;
}

/** The same, fetched first where they are not. Undefined, said aloud, where they cannot be had. */
export function fetchPeers(set: PeerSet): string | undefined {
  const cached = cachedPeers(set);
  if (cached !== undefined) return cached;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, `draft-${set}-`));
  cpSync(join(REPOSITORY, 'test/bench/peers', set), draft, { recursive: true });
  console.error(`fetching the ${set} to compare with (once, into .cache/) ...`);
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: draft, stdio: 'pipe' });
  if (npm.status !== 0) {
    console.error(`the ${set} could not be fetched: ${npm.stderr?.toString().trim().split('\n').at(-1) ?? 'no npm'}`);
    rmSync(draft, { recursive: true, force: true });
    return undefined;
  }
  const folder = folderOf(set);
  if (existsSync(folder)) rmSync(draft, { recursive: true, force: true });
  else renameSync(draft, folder);
  return folder;
}

/** The version of a package of a set, as its lockfile pins it. */
export function peerVersion(set: PeerSet, name: string): string {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, 'test/bench/peers', set, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  return lock.packages[`node_modules/${name}`]?.version ?? 'unknown';
}
