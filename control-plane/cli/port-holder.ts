// Which process listens on a TCP port of this machine, as far as /proc lets us see: the socket's inode from the table of
// sockets, then whoever has it open. Processes of other users stay unseen unless we are root. Imports nothing of ours.

import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

export interface PortHolder {
  readonly pid: number;
  /** Of the program, as it was started. */
  readonly name: string;
}

const LISTEN = '0A';
const MAX_NAME = 64;

/** Undefined where nobody is seen: another user's process, another network namespace, or no /proc at all. */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const inodes = new Set([...(await listening('tcp', port)), ...(await listening('tcp6', port))]);
  if (inodes.size === 0) return undefined;
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry) || !(await holdsOne(entry, inodes))) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const name = basename(command.split('\0', 1)[0] ?? '').slice(0, MAX_NAME);
    // Another program chose its name: it must not write into our terminal.
    return { pid: Number(entry), name: name.replaceAll(/[^\x20-\x7e]/g, '?') || 'unnamed' };
  }
  return undefined;
}

/** Lines of /proc/net/tcp: `sl local_address rem_address st ... inode`, the port in hex after the last colon. */
async function listening(table: 'tcp' | 'tcp6', port: number): Promise<string[]> {
  const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '');
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(ending) === true && state === LISTEN)
    .flatMap((columns) => columns[9] ?? []);
}

async function holdsOne(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await readdir(folder).catch(() => [])) {
    const target = await readlink(`${folder}/${fd}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}
