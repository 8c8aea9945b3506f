// What the processes of the product cost, as Linux tells it: /proc, read from outside, believing nothing that the
// product says of itself.

import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_S = 100;

export interface ProcessCost {
  readonly pid: number;
  readonly name: string;
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly cpuS: number;
}

/** The process and all that came from it; those that end meanwhile are left out. */
export function processTree(root: number): ProcessCost[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (Number.isInteger(pid)) parents.set(pid, parentOf(pid));
  }
  const tree = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents) {
      if (!tree.has(parent) || tree.has(pid)) continue;
      tree.add(pid);
      grown = true;
    }
  }
  return [...tree].flatMap((pid) => costOf(pid) ?? []);
}

export function costOf(pid: number): ProcessCost | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const fields = statFields(pid);
    return {
      pid,
      name: nameOf(command),
      rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
    };
  } catch {
    return undefined;
  }
}

function nameOf(command: string): string {
  if (command.includes('llama-worker')) return 'engine';
  if (command.startsWith('postgres') || command.includes('/postgres')) return 'database';
  return command.includes('launch.js') ? 'product' : 'other';
}

function parentOf(pid: number): number {
  try {
    return Number(statFields(pid)[1]);
  } catch {
    return 0;
  }
}

/** Fields of /proc/PID/stat from the third on: the second may hold anything in its brackets. */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
