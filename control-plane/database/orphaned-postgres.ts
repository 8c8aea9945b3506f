// A PostgreSQL that outlived the process that started it (we were killed by SIGKILL) still holds its folder. The next
// start, which has the lock of the folder, ends it here: only if the process really is the server of this folder.
// May import nothing of ours.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What each signal means to PostgreSQL, and how long we wait for it. The last resort is safe: the log is replayed. */
const STEPS: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGINT', 10_000], // fast: roll back, checkpoint, end
  ['SIGQUIT', 3_000], // immediate: end without a checkpoint
  ['SIGKILL', 3_000],
];

/** Ends the server that runs on `cluster`, if there is one. Returns its process id, or undefined. */
export async function stopOrphan(cluster: string): Promise<number | undefined> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await isAlive(pid))) return undefined; // PostgreSQL clears a stale file
  if (!(await servesCluster(pid, cluster))) {
    // The number was reused by a stranger: PostgreSQL would take it for a running server and refuse to start.
    await rm(pidFile, { force: true });
    return undefined;
  }
  await endPostgres(pid);
  return pid;
}

/** Asks a server to end, ever more firmly. Resolves when it is gone. */
export async function endPostgres(pid: number): Promise<void> {
  for (const [signal, patienceMs] of STEPS) {
    send(pid, signal);
    send(pid, 'SIGCONT'); // a stopped process takes no signal but this and SIGKILL
    if (await isGone(pid, patienceMs)) return;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGone(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (!(await isAlive(pid))) return true;
    await delay(20);
  }
  return false;
}

/** A zombie counts as gone: where the first process does not reap, it would stay for ever. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return false;
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

async function servesCluster(pid: number, cluster: string): Promise<boolean> {
  const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const at = argv.indexOf('-D');
  return /(^|\/)postgres$/.test(argv[0] ?? '') && at > 0 && argv[at + 1] === cluster;
}
