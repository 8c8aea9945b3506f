// A PostgreSQL of our own in the data folder, for evaluation on one machine: real server, durable settings, a Unix
// socket that only this user reaches, no port. It runs in a process group of its own, so that a terminal's Ctrl-C
// leaves it to us to stop it last; it is started again when it dies, and a server left by a killed parent is ended
// by the next start. May import errors.ts and its own room.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { fail } from '../errors.ts';
import { RotatingFile, type RotatingFileLimits } from '../rotating-file.ts';
import { makeDataFolder } from './data-folder.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { upgradeFolder } from './folder-note.ts';
import { chooseLauncher, type Launcher, POSTGRES_ENVIRONMENT } from './launcher.ts';
import { endPostgres, stopOrphan } from './orphaned-postgres.ts';
import { locatePostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { makeSocketFolder, type SocketFolder } from './socket-folder.ts';

export interface EmbeddedPostgres {
  /** Connects as the owner, over the socket; hand it to `openDatabase` with `loginRoles: true`. */
  readonly url: string;
  readonly loginRoles: true;
  /** Process id of the server that runs now; it changes when the server had to be started again. */
  pid(): number | undefined;
  /** Tells a second start on the same folder where we serve. */
  announce(address: string): void;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** What an operator should know: an orphan ended, a restart. Sentences without values. */
  readonly log?: (message: string) => void;
  readonly launcher?: Launcher;
  readonly temporaryFolder?: string;
  readonly logLimits?: RotatingFileLimits;
  /** True for a restore, which works on a folder that is not whole yet. */
  readonly restores?: boolean;
}

const START_TIMEOUT_MS = 60_000; // crash recovery replays the log first
const INITDB_TIMEOUT_MS = 120_000;
const TAIL_BYTES = 4_096;
const RESTART_MS = [100, 500, 1_000, 2_000, 5_000];

/** Starts the server of `dataFolder`, making the folder and the cluster at first. */
export async function startEmbeddedPostgres(
  dataFolder: string,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const folder = await makeDataFolder(dataFolder);
  const lock = await lockFolder(folder);
  try {
    await upgradeFolder(folder, options);
    const binaries = await locatePostgres();
    const launcher = options.launcher ?? chooseLauncher(binaries.postgres, folder);
    const cluster = join(folder, 'postgres');
    const orphan = await stopOrphan(cluster);
    if (orphan !== undefined) options.log?.(`ended the database left by an earlier start (process ${orphan})`);
    await makeCluster(cluster, binaries, launcher);
    const socket = await makeSocketFolder(folder, options.temporaryFolder);
    launcher.own(socket.path);
    const server = new Server(
      { binaries, launcher, cluster, socket, logFile: join(folder, 'postgres.log'), lock },
      options,
    );
    await server.start();
    return server;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A cluster appears whole or not at all: it is made beside its place and renamed. */
async function makeCluster(cluster: string, binaries: PostgresBinaries, launcher: Launcher): Promise<void> {
  const found = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (found !== undefined) return checkMajor(cluster, found.trim(), binaries, launcher);
  const fresh = `${cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  launcher.own(fresh);
  const { command, args, ...identity } = launcher.wrap(binaries.initdb, [
    ...['-D', fresh, '-U', 'intramuros', '-A', 'trust', '--no-locale', '-E', 'UTF8', '--no-instructions'],
  ]);
  const made = spawnSync(command, args, {
    ...identity,
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    encoding: 'utf8',
    timeout: INITDB_TIMEOUT_MS,
  });
  if (made.status !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw fail('data_folder_unusable', {
      detail: `No database could be made in ${cluster}: ${lastLine(made.stderr ?? '') ?? made.error?.message ?? 'no reason given'}`,
      remedy: 'Check the free space and the rights of the data folder and of every folder above it.',
      cause: made.error,
    });
  }
  await rename(fresh, cluster);
}

function checkMajor(cluster: string, found: string, binaries: PostgresBinaries, launcher: Launcher): void {
  const { command, args, ...identity } = launcher.wrap(binaries.postgres, ['--version']);
  const said = spawnSync(command, args, { ...identity, cwd: '/', env: POSTGRES_ENVIRONMENT, encoding: 'utf8' });
  const ours = /\) (\d+)/.exec(said.stdout ?? '')?.[1];
  if (ours === found) return;
  const folder = dirname(cluster);
  throw fail('data_folder_unusable', {
    param: 'INTRAMUROS_DATA',
    detail: `The database in ${folder} was made by PostgreSQL ${found}, this version brings PostgreSQL ${ours ?? 'none'}.`,
    remedy: [
      'Nothing was touched. A backup carries it over; the names of the new folders and of the file are yours to choose.',
      'With the version of Intramuros that made it:',
      `  INTRAMUROS_DATA=${quote(folder)} npx intramuros backup ${quote(`${folder}-backup`)} --keys ${quote(`${folder}-keys`)}`,
      'With this one:',
      `  INTRAMUROS_DATA=${quote(`${folder}-new`)} npx intramuros restore ${quote(`${folder}-backup`)} --keys ${quote(`${folder}-keys`)}`,
      `  INTRAMUROS_DATA=${quote(`${folder}-new`)} npm start`,
    ].join('\n'),
  });
}

/** A word of a shell. */
function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

interface Parts {
  readonly binaries: PostgresBinaries;
  readonly launcher: Launcher;
  readonly cluster: string;
  readonly socket: SocketFolder;
  readonly logFile: string;
  readonly lock: FolderLock;
}

class Server implements EmbeddedPostgres {
  readonly url: string;
  readonly loginRoles = true;
  readonly #parts: Parts;
  readonly #log: (message: string) => void;
  readonly #logFile: RotatingFile;
  /** The last of what the server that runs now has said. */
  #tail = '';
  #child: ChildProcess | undefined;
  #stopping: Promise<void> | undefined;
  #restarting: Promise<void> | undefined;

  constructor(parts: Parts, options: EmbeddedPostgresOptions) {
    this.#parts = parts;
    this.#log = options.log ?? (() => {});
    this.#logFile = new RotatingFile(parts.logFile, options.logLimits);
    this.url = socketUrl(parts.socket.path, 'intramuros');
  }

  async start(): Promise<void> {
    await this.#launch(START_TIMEOUT_MS);
    await makeDatabase(socketUrl(this.#parts.socket.path, 'postgres'));
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  announce(address: string): void {
    this.#parts.lock.announce(address);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    await this.#restarting;
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await endPostgres(child.pid);
      await ended;
      await lastWords(child);
    }
    this.#child = undefined;
    this.#logFile.close();
    if (this.#parts.socket.temporary) await rm(this.#parts.socket.path, { recursive: true, force: true });
    await this.#parts.lock.release();
  }

  async #launch(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const child = this.#spawn();
      if (await answers(socketUrl(this.#parts.socket.path, 'postgres'), child, deadline)) {
        this.#child = child;
        child.once('exit', (code, signal) => this.#onExit(code, signal));
        if (child.exitCode !== null || child.signalCode !== null) this.#onExit(child.exitCode, child.signalCode);
        return;
      }
      await lastWords(child);
      const reason = lastLine(this.#tail);
      // The children of a killed server need a moment to notice; until then its shared memory is taken.
      if (/shared memory block|lock file/.test(reason ?? '') && performance.now() + 500 < deadline && !this.#stopping) {
        await delay(200);
        continue;
      }
      if (child.pid !== undefined && child.exitCode === null) await endPostgres(child.pid);
      throw fail('database_unavailable', {
        detail: `PostgreSQL did not start: ${reason ?? 'no reason given'}`,
        remedy: `Its log is ${this.#parts.logFile}.`,
      });
    }
  }

  #spawn(): ChildProcess {
    const { binaries, launcher, cluster, socket } = this.#parts;
    const { command, args, ...identity } = launcher.wrap(binaries.postgres, ['-D', cluster, ...settings(socket.path)]);
    this.#tail = '';
    const child = spawn(command, args, {
      ...identity,
      cwd: '/',
      env: POSTGRES_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.on('error', () => {}); // a command that cannot be run shows as a server that does not answer
    // Through us, so that its log can be bounded while it runs; a server that outlives us goes on without one.
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#tail = (this.#tail + chunk.toString('utf8')).slice(-TAIL_BYTES);
      this.#logFile.write(chunk);
    });
    return child;
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#stopping !== undefined || this.#restarting !== undefined) return;
    this.#log(`the database ended by itself (${signal ?? `exit code ${code}`}); starting it again`);
    this.#restarting = this.#restart().finally(() => {
      this.#restarting = undefined;
    });
  }

  async #restart(): Promise<void> {
    for (let attempt = 0; this.#stopping === undefined; attempt++) {
      await delay(RESTART_MS[Math.min(attempt, RESTART_MS.length - 1)]);
      try {
        await this.#launch(START_TIMEOUT_MS);
        this.#log('the database runs again');
        return;
      } catch (error) {
        this.#log(error instanceof Error ? error.message : 'the database did not start');
      }
    }
  }
}

/** Everything that matters stands on the command line, where nothing in the folder can override it. */
function settings(socketFolder: string): string[] {
  const values = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    // Acknowledged means on the disk.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    timezone: 'UTC',
    max_connections: '60',
    shared_buffers: '64MB',
    // No statement, no parameter, no row of a failed statement reaches the log.
    log_destination: 'stderr',
    logging_collector: 'off',
    log_timezone: 'UTC',
    log_min_messages: 'log',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_min_duration_statement: '-1',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** As the owner, over the socket in `folder`. */
export /** What an ended server wrote arrives after its end; a child of a killed one may hold the pipe open for a moment. */
async function lastWords(child: ChildProcess): Promise<void> {
  const { stderr } = child;
  if (stderr === null || stderr.closed || (child.exitCode === null && child.signalCode === null)) return;
  await Promise.race([new Promise((resolve) => stderr.once('close', resolve)), delay(1_000)]);
}

export function socketUrl(folder: string, database: string): string {
  return `postgresql://intramuros@localhost/${database}?host=${encodeURIComponent(folder)}`;
}

async function answers(url: string, child: ChildProcess, deadline: number): Promise<boolean> {
  while (
    performance.now() < deadline &&
    child.pid !== undefined &&
    child.exitCode === null &&
    child.signalCode === null
  ) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch {
      await delay(25);
    } finally {
      await client.end().catch(() => {});
    }
  }
  return false;
}

/** Our database, and the two roles as users that may log in: the socket's folder says who may connect at all. */
async function makeDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    for (const role of ['intramuros_runtime', 'intramuros_sequencer']) {
      const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
      if (rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
    }
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'intramuros'`);
    if (rowCount === 0) await client.query('CREATE DATABASE intramuros');
  } finally {
    await client.end();
  }
}

/** The most telling line of PostgreSQL's own words: the last fatal one, else the last. */
function lastLine(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1);
  return fatal?.replace(/^.*?(FATAL|PANIC|error): */, '');
}
