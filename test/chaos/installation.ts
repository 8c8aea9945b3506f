// The product as a company runs it: a PostgreSQL of its own, and admin, gateways and sequencers as processes beside each
// other, on one folder of keys. For chaos: every process can be killed, stopped and started again by name.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { Launcher } from '../../control-plane/database/launcher.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { REPOSITORY } from '../house/sources.ts';

const LAUNCH = join(REPOSITORY, 'control-plane/launch.js');
const ENGINE = fileURLToPath(new URL('journal-engine.ts', import.meta.url));
const LIFELINE = fileURLToPath(new URL('lifeline.ts', import.meta.url));
const START_TIMEOUT_MS = 90_000;
const run = promisify(execFile);

export type ServedRole = 'admin' | 'gateway' | 'sequencer';

export interface RoleProcess {
  readonly role: ServedRole;
  readonly child: ChildProcess;
  readonly pid: number;
  /** What follows `ready ` in its line: the address, or the word sequencer. */
  readonly address: string;
  readonly logged: () => string;
  readonly ended: Promise<number | null>;
}

export interface InstallationOptions {
  /** The database as the processes shall see it; the server's own address when not given. */
  readonly databaseUrl?: (server: string) => Promise<string> | string;
  readonly environment?: Readonly<Record<string, string>>;
  /** How PostgreSQL is started, where that matters. */
  readonly launcher?: Launcher;
  /** Words before the script on Node's own command line: a module that is loaded first. */
  readonly nodeOptions?: readonly string[];
}

export class Installation {
  readonly database: TemporaryDatabase;
  /** Folder of keys, engines' logs and the file that leads commands to the admin process. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #tools: string;
  readonly #nodeOptions: readonly string[];
  readonly #running = new Set<ChildProcess>();

  constructor(parts: {
    database: TemporaryDatabase;
    folder: string;
    tools: string;
    url: string;
    options: InstallationOptions;
  }) {
    this.database = parts.database;
    this.folder = parts.folder;
    this.#tools = parts.tools;
    this.#nodeOptions = parts.options.nodeOptions ?? [];
    this.environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      DATABASE_URL: parts.url,
      INTRAMUROS_DATA: parts.folder,
      INTRAMUROS_PORT: '0',
      INTRAMUROS_GATEWAY_PORT: '0',
      INTRAMUROS_LOG_LEVEL: 'warn',
      INTRAMUROS_REQUESTS_PER_MINUTE: '1000000000',
      INTRAMUROS_LLAMA_SERVER: join(parts.tools, 'engine'),
      ...parts.options.environment,
    };
  }

  /** Resolves when it has said that it is ready; rejects with its last words when it ends before. */
  async start(role: ServedRole, extra: Readonly<Record<string, string>> = {}): Promise<RoleProcess> {
    const words = ['--import', LIFELINE, ...this.#nodeOptions, LAUNCH, 'serve', '--role', role];
    const child = spawn(process.execPath, words, {
      env: { ...this.environment, ...extra },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let logged = '';
    const { stderr } = child;
    if (stderr === null) throw new Error('no pipe');
    stderr.setEncoding('utf8').on('data', (chunk: string) => {
      logged = (logged + chunk).slice(-65_536);
    });
    const ended = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => {
        this.#running.delete(child);
        resolve(code);
      });
    });
    const address = await readyWord(child, () => logged);
    return { role, child, pid: child.pid ?? 0, address, logged: () => logged, ended };
  }

  /** Output of a command of the product. */
  async intramuros(...words: string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [LAUNCH, ...words], {
      env: this.environment,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trim();
  }

  /** Receipts of the requests that reached an engine, in order. */
  upstream(): string[] {
    return readFileSync(join(this.#tools, 'journal'), 'utf8').split('\n').filter(Boolean);
  }

  /** Asks the database as its superuser. */
  async asOwner<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.database.server.url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends everything and removes the folders. */
  async remove(): Promise<void> {
    const exits = [...this.#running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.#running) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    }
    const forced = setTimeout(() => {
      for (const child of this.#running) child.kill('SIGKILL');
    }, 20_000);
    await Promise.all(exits);
    clearTimeout(forced);
    await this.database.stop();
    for (const path of [this.folder, this.#tools]) rmSync(path, { recursive: true, force: true });
  }
}

export async function openInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const database = await startTemporaryDatabase(options.launcher === undefined ? {} : { launcher: options.launcher });
  const tools = mkdtempSync(join(tmpdir(), 'intramuros-chaos-engine-'));
  const engine = join(tools, 'engine');
  const journal = join(tools, 'journal');
  writeFileSync(journal, '');
  writeFileSync(engine, `#!/bin/sh\nexec "${process.execPath}" "${ENGINE}" --journal "${journal}" "$@"\n`);
  chmodSync(engine, 0o755);
  const url = (await options.databaseUrl?.(database.server.url)) ?? database.server.url;
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-chaos-'));
  return new Installation({ database, folder, tools, url, options });
}

async function readyWord(child: ChildProcess, logged: () => string): Promise<string> {
  const late = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  let printed = '';
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      printed += chunk.toString();
      const word = /^ready (\S+)/m.exec(printed)?.[1];
      if (word !== undefined) return word;
    }
  } finally {
    clearTimeout(late);
  }
  throw new Error(`it ended before it was ready: ${logged().slice(-2000)}`);
}

/** The database server and all its children: a stopped postmaster alone leaves the backends at work. */
export async function serverProcesses(database: TemporaryDatabase): Promise<number[]> {
  const postmaster = database.server.pid() ?? 0;
  const pids = [postmaster];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === postmaster) pids.push(Number(name));
  }
  return pids;
}

/** The oracle's own reading of a bundle: every file of the folder. */
export async function readBundle(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), await readFile(path));
  }
  return files;
}
