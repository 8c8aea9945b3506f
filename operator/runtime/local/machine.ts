// What this machine has: memory that new processes may take, and whether the kernel killed for lack of it. Takes the
// tightest of the machine's own figure and the limits of our control group.
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import type { MachineMemory } from '../../planning/world.ts';

export interface Machine {
  memory(): MachineMemory;
  /** Processes that the kernel killed for lack of memory since it started; undefined where it does not tell. */
  outOfMemoryKills(): number | undefined;
}

export const thisMachine: Machine = {
  memory() {
    const info = read('/proc/meminfo') ?? '';
    const total = kilobytes(info, 'MemTotal') ?? totalmem();
    const available = kilobytes(info, 'MemAvailable') ?? freemem();
    const limits = groupLimits();
    return {
      totalBytes: Math.min(total, ...limits.map(({ limit }) => limit)),
      availableBytes: Math.max(0, Math.min(available, ...limits.map(({ limit, used }) => limit - used))),
    };
  },
  outOfMemoryKills() {
    const match = /^oom_kill (\d+)$/m.exec(read('/proc/vmstat') ?? '');
    return match?.[1] === undefined ? undefined : Number(match[1]);
  },
};

function kilobytes(info: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(info);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}

/** Limit and use of our control group, version 2 or 1; caches that the kernel gives back at once do not count as use. */
function groupLimits(): { limit: number; used: number }[] {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n');
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '') return limitsAt(`/sys/fs/cgroup${path}`, 'memory.max', 'memory.current', 'inactive_file');
    if (controllers?.split(',').includes('memory') !== true) return [];
    const files = ['memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_inactive_file'] as const;
    return limitsAt(`/sys/fs/cgroup/memory${path}`, ...files);
  });
}

function limitsAt(
  folder: string,
  limitFile: string,
  usageFile: string,
  cacheField: string,
): { limit: number; used: number }[] {
  const limit = Number(read(`${folder}/${limitFile}`));
  const usage = Number(read(`${folder}/${usageFile}`));
  // "max" and the huge number of version 1 both mean that there is no limit.
  if (!(limit > 0 && limit < 2 ** 60) || !(usage >= 0)) return [];
  const cache = new RegExp(`^${cacheField} (\\d+)$`, 'm').exec(read(`${folder}/memory.stat`) ?? '');
  return [{ limit, used: Math.max(0, usage - Number(cache?.[1] ?? 0)) }];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
