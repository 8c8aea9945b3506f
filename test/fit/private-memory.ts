// What a process really takes, told by the kernel: the private pages of /proc/PID/smaps_rollup (a mapped file counts
// there too while no other process maps it), and how much of them is memory that no file stands behind.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { freePort, RunningEngine } from '../engines/engine-process.ts';

const HOLD = fileURLToPath(new URL('./hold-before-loading.ts', import.meta.url));
/** A young generation of fixed size: else V8 gives 16 MiB of it back whenever it likes, before or after. */
const V8_FLAGS = ['--expose-gc', '--max-semi-space-size=1'];

export interface PrivateMemory {
  /** Private_Clean and Private_Dirty. */
  readonly privateBytes: number;
  /** Of these, what no file stands behind: it can only go to swap. */
  readonly anonymousBytes: number;
}

export function privateMemoryOf(pid: number): PrivateMemory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string) => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1];
    if (kilobytes === undefined) throw new Error(`smaps_rollup has no ${name}`);
    return Number(kilobytes) * 1024;
  };
  return { privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'), anonymousBytes: bytes('Anonymous') };
}

export interface MeasuredEngine {
  readonly engine: RunningEngine;
  /** The same process with everything imported, just before it opened its weights. */
  readonly before: PrivateMemory;
  /** Where the process looks for what it is told. */
  readonly release: string;
}

/** Starts the bundled engine, measures it before it loads, and waits until it has loaded. */
export async function startMeasured(
  weights: string,
  input: { readonly contextTokens: number; readonly slots: number },
): Promise<MeasuredEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'fit-'));
  const release = join(folder, 'release');
  const port = await freePort();
  const bearer = randomBytes(16).toString('hex');
  const launch = llamaWorkerEngine.launch({ weights, host: '127.0.0.1', port, bearer, ...input });
  const child = spawn(launch.command, [...V8_FLAGS, '--import', HOLD, ...launch.args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOLD_UNTIL: release, ...launch.env },
  });
  const engine = new RunningEngine(child, port, bearer);
  while (!engine.stderr.includes('held\n')) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the engine ended: ${engine.stderr}`);
    await sleep(10);
  }
  const before = await settledMemoryOf(engine, release);
  writeFileSync(release, '');
  await engine.ready();
  return { engine, before, release };
}

/** What the process took since `before`. */
export async function growthSince({ engine, before, release }: MeasuredEngine): Promise<PrivateMemory> {
  const now = await settledMemoryOf(engine, release);
  return {
    privateBytes: now.privateBytes - before.privateBytes,
    anonymousBytes: now.anonymousBytes - before.anonymousBytes,
  };
}

export async function stopMeasured({ engine, release }: MeasuredEngine): Promise<void> {
  await engine.stop();
  rmSync(dirname(release), { recursive: true });
}

/** After a collection, with the time that V8 takes to give pages back. */
async function settledMemoryOf(engine: RunningEngine, release: string): Promise<PrivateMemory> {
  const collect = `${release}.collect`;
  writeFileSync(collect, '');
  while (existsSync(collect)) await sleep(20);
  let settled = privateMemoryOf(engine.pid);
  for (let still = 0; still < 5; ) {
    await sleep(100);
    const now = privateMemoryOf(engine.pid);
    still = Math.abs(now.privateBytes - settled.privateBytes) < 2 ** 20 ? still + 1 : 0;
    settled = now;
  }
  return settled;
}
