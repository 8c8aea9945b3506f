// PostgreSQL refuses to run as root. This chooses how its processes are started so that it need not: as ourselves, in
// a user namespace where root is not root, or as the system's user `postgres`. May import errors.ts.

import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { fail } from '../errors.ts';

export interface Launcher {
  readonly kind: 'direct' | 'namespace' | 'postgres-user';
  /** The command line that runs `command` without root's rights. */
  wrap(command: string, args: readonly string[]): { command: string; args: string[]; uid?: number; gid?: number };
  /** Hands a folder that only we could enter to the user that PostgreSQL runs as. */
  own(folder: string): void;
}

/** No variable of ours reaches PostgreSQL: it would take PGDATA, PGPORT and the like from there. */
export const POSTGRES_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

export interface LauncherOptions {
  readonly uid?: number;
  /** `unshare` of util-linux; named in tests only. */
  readonly unshare?: string;
  readonly passwd?: string;
}

/** `dataFolder` is the parent of what PostgreSQL needs. Throws `data_folder_unusable` with the ways out. */
export function chooseLauncher(postgres: string, dataFolder: string, options: LauncherOptions = {}): Launcher {
  const uid = options.uid ?? process.getuid?.() ?? -1;
  if (uid !== 0) return direct;
  const inNamespace = namespace(options.unshare ?? 'unshare');
  if (runs(inNamespace, postgres)) return inNamespace;
  const asUser = postgresUser(options.passwd ?? '/etc/passwd');
  if (asUser !== undefined && runs(asUser, postgres) && reaches(asUser, dataFolder)) return asUser;
  throw fail('data_folder_unusable', {
    detail: `PostgreSQL must not run as root, and no other way works here for the data folder ${dataFolder}.`,
    remedy:
      'Start as an ordinary user, allow user namespaces (unshare --user), or create the user postgres and choose INTRAMUROS_DATA and a checkout below folders which that user can enter.',
  });
}

const direct: Launcher = {
  kind: 'direct',
  wrap: (command, args) => ({ command, args: [...args] }),
  own: () => {},
};

function namespace(unshare: string): Launcher {
  return {
    kind: 'namespace',
    wrap: (command, args) => ({ command: unshare, args: ['--user', '--map-user=1000', command, ...args] }),
    own: () => {},
  };
}

function postgresUser(passwdFile: string): Launcher | undefined {
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync(passwdFile, 'utf8'));
  if (line === null) return undefined;
  const [uid, gid] = [Number(line[1]), Number(line[2])];
  return {
    kind: 'postgres-user',
    wrap: (command, args) => ({ command, args: [...args], uid, gid }),
    own: (folder) => chownSync(folder, uid, gid),
  };
}

function runs(launcher: Launcher, postgres: string): boolean {
  const { command, args, uid, gid } = launcher.wrap(postgres, ['--version']);
  return spawnSync(command, args, spawnOptions(uid, gid)).status === 0;
}

function reaches(launcher: Launcher, folder: string): boolean {
  // Others may pass through our folder to their own part of it, not list it; the keys lie in a 0700 folder beside.
  chmodSync(folder, 0o711);
  const { command, args, uid, gid } = launcher.wrap('test', ['-x', folder]);
  return spawnSync(command, args, spawnOptions(uid, gid)).status === 0;
}

function spawnOptions(uid: number | undefined, gid: number | undefined): SpawnSyncOptions {
  return {
    stdio: 'ignore',
    timeout: 10_000,
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}
