// One process a data folder. The lock is an abstract Unix socket named after the folder's inode: the kernel frees it
// when its holder dies, however it dies, and a second start can ask the holder who it is.
// It reaches as far as one network namespace; docs/adr/0003 says what that leaves. May import errors.ts.

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { fail } from '../errors.ts';

export interface FolderLock {
  /** What a second start is told besides our process id: the address of the console. */
  announce(address: string): void;
  release(): Promise<void>;
}

interface Holder {
  readonly pid?: number;
  readonly address?: string;
}

const ANSWER_TIMEOUT_MS = 1_000;

/** Throws `data_folder_in_use` naming the process and, once it has announced it, the address that it serves. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const name = await lockName(folder);
  let holder: Holder = { pid: process.pid };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify(holder));
  });
  if (!(await listens(server, name))) throw inUse(folder, await ask(name));
  server.unref();
  return {
    announce: (address) => {
      holder = { pid: process.pid, address };
    },
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Who holds the folder, or undefined when nobody does. Takes nothing. */
export async function folderHolder(folder: string): Promise<Holder | undefined> {
  const name = await lockName(folder);
  return new Promise((resolve) => {
    const socket = connect(name);
    socket.on('error', () => resolve(undefined));
    socket.on('connect', () => {
      socket.destroy();
      resolve(ask(name));
    });
  });
}

async function lockName(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `\0intramuros-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`;
}

function listens(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(name, () => resolve(true));
  });
}

function ask(name: string): Promise<Holder> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(name);
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(parseHolder(text)));
  });
}

function parseHolder(text: string): Holder {
  try {
    const { pid, address } = JSON.parse(text) as Holder;
    return { ...(typeof pid === 'number' ? { pid } : {}), ...(typeof address === 'string' ? { address } : {}) };
  } catch {
    return {}; // it holds the folder but does not answer: stopped or just ending
  }
}

function inUse(folder: string, { pid, address }: Holder) {
  const who = pid === undefined ? 'another process, which does not answer' : `process ${pid}`;
  const where = address === undefined ? '' : ` (it serves ${address})`;
  return fail('data_folder_in_use', {
    detail: `The data folder ${folder} is in use by ${who}${where}.`,
    remedy: 'Stop it first, or name another folder in INTRAMUROS_DATA.',
  });
}
