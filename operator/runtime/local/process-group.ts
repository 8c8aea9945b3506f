// What the kernel tells of a group of processes: processor time used, whether a thread wants to run, which ports it
// listens on. Read from /proc on Linux; elsewhere every answer is undefined and the caller falls back to the clock.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface GroupActivity {
  /** Processor time of all processes of the group, in clock ticks (1/100 s). */
  readonly ticks: number;
  /** Times that its threads were given a processor. */
  readonly wakes: number;
  /** A thread runs, waits for a processor, or waits for the disk: slow, but not hung. */
  readonly wantsToRun: boolean;
  /** Somebody sent it SIGSTOP. */
  readonly stopped: boolean;
}

/** Undefined when nothing of the group exists or the platform does not tell. */
export function groupActivity(group: number): GroupActivity | undefined {
  const members = membersOf(group);
  if (members.length === 0) return undefined;
  const threads = members.map(({ pid }) => threadsOf(pid));
  const states = threads.flatMap((each) => each.states);
  return {
    ticks: members.reduce((sum, { ticks }) => sum + ticks, 0),
    wakes: threads.reduce((sum, { wakes }) => sum + wakes, 0),
    wantsToRun: states.some((state) => state === 'R' || state === 'D'),
    stopped: states.some((state) => state === 'T'),
  };
}

/** Whether a process of the group listens on the port; undefined when the platform does not tell. */
export function ownsPort(group: number, port: number): boolean | undefined {
  const inodes = listeningInodes(port);
  if (inodes === undefined) return undefined;
  return membersOf(group).some(({ pid }) => openSockets(pid).some((inode) => inodes.has(inode)));
}

/** Bytes that wait in the kernel to be sent from or read by the port: a slow reader keeps an engine at work. */
export function queuedBytes(port: number): number {
  return tcpRows()
    .filter(({ localPort }) => localPort === port)
    .reduce((sum, { queued }) => sum + queued, 0);
}

/** When the process was started, in ticks since the machine was; undefined when there is none. Tells a used id from a new one. */
export function processStart(pid: number): string | undefined {
  return statFields(`/proc/${pid}/stat`)?.[19];
}

interface Member {
  readonly pid: number;
  readonly ticks: number;
}

function membersOf(group: number): Member[] {
  const members: Member[] = [];
  for (const name of list('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const fields = statFields(`/proc/${pid}/stat`);
    if (fields === undefined || Number(fields[2]) !== group) continue;
    members.push({ pid, ticks: Number(fields[11]) + Number(fields[12]) });
  }
  return members;
}

interface Threads {
  readonly states: readonly string[];
  readonly wakes: number;
}

function threadsOf(pid: number): Threads {
  const states: string[] = [];
  let wakes = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    const status = read(`/proc/${pid}/task/${thread}/status`) ?? '';
    states.push(/^State:\s+(\S)/m.exec(status)?.[1] ?? '');
    for (const match of status.matchAll(/^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/gm)) wakes += Number(match[1]);
  }
  return { states, wakes };
}

/** The fields of a stat file after the name, which may itself hold spaces and parentheses: [0] is the state. */
function statFields(path: string): string[] | undefined {
  const text = read(path);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

interface TcpRow {
  readonly localPort: number;
  readonly listening: boolean;
  readonly queued: number;
  readonly inode: string;
}

function tcpRows(): TcpRow[] {
  const lines = (read('/proc/net/tcp') ?? '').split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local, , state, queues, , , , , inode] = line.trim().split(/\s+/);
    if (local === undefined || queues === undefined || inode === undefined) return [];
    const [send, receive] = queues.split(':');
    return [
      {
        localPort: Number.parseInt(local.split(':')[1] ?? '', 16),
        listening: state === '0A',
        queued: Number.parseInt(send ?? '0', 16) + Number.parseInt(receive ?? '0', 16),
        inode,
      },
    ];
  });
}

function listeningInodes(port: number): Set<string> | undefined {
  const rows = tcpRows();
  if (rows.length === 0) return undefined;
  return new Set(rows.filter(({ localPort, listening }) => localPort === port && listening).map(({ inode }) => inode));
}

function openSockets(pid: number): string[] {
  return list(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      return match?.[1] === undefined ? [] : [match[1]];
    } catch {
      return [];
    }
  });
}

// Processes come and go while we look: what is gone says nothing.
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
