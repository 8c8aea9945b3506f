// The processes of a benchmark: what is measured, and what it stands before, each in a process of its own on a core of
// its own, so that none pays for another. They end with us: their channel closes.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Core 0 is that of what is measured; the load, the upstream and the database share core 1. */
export const CORE = { measured: 0, load: 1 } as const;

export interface Part {
  /** What it said once it was up. */
  readonly hello: { readonly url: string; readonly key?: string };
  /** User and system time of the process so far, seconds; undefined where the system does not tell. */
  cpuS(): number | undefined;
  /** Asks the part for something it knows. */
  ask(question: string): Promise<unknown>;
  stop(): Promise<void>;
}

export interface PartOptions {
  readonly core: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Loaded before the file: for programs that are not ours. */
  readonly preload?: string;
  readonly cwd?: string;
  /** What it says on stderr is nobody's business here. */
  readonly silent?: boolean;
  /** Waits no longer for an answer. */
  readonly patienceMs?: number;
}

const START_MS = 30_000;

/** Asked before anything is pinned: a process that is kept on one core sees one. */
const CAN_PIN = availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Whether processes can be kept on a core. */
export function canPin(): boolean {
  return CAN_PIN;
}

/** Keeps this process, and what it starts without a core of its own, on a core. */
export function pinSelf(core: number): void {
  if (canPin()) spawnSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)], { stdio: 'ignore' });
}

/** `file` is one of this folder, or an absolute path. It sends `{ url }` once it is up. */
export async function startPart(
  file: string,
  { core, args = [], env = {}, preload, cwd, silent, patienceMs = START_MS }: PartOptions,
): Promise<Part> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const command = [process.execPath, ...(preload === undefined ? [] : ['--import', preload]), path, ...args];
  const pinned = canPin() ? ['taskset', '-c', String(core), ...command] : command;
  const child = spawn(pinned[0] ?? '', pinned.slice(1), {
    stdio: ['ignore', 'ignore', silent === true ? 'ignore' : 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const hello = (await answerOf(child, file, patienceMs)) as Part['hello'];
  return {
    hello,
    cpuS: () => cpuSecondsOf(child.pid),
    async ask(question) {
      child.send(question);
      return answerOf(child, file, patienceMs);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function answerOf(child: ChildProcess, file: string, patienceMs: number): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as unknown),
      once(child, 'exit', { signal }).then(() => Promise.reject(new Error(`${file} ended before it answered`))),
      new Promise((_, reject) => {
        const timer = setTimeout(() => reject(new Error(`${file} did not answer in time`)), patienceMs);
        signal.addEventListener('abort', () => clearTimeout(timer));
      }),
    ]);
  } finally {
    settled.abort();
  }
}

/** In a part: says that it is up, answers questions, and ends when whoever started it does. */
export function serveAsPart(
  hello: Part['hello'],
  stop: () => unknown,
  answers: Readonly<Record<string, () => unknown>> = {},
): void {
  process.on('message', (question) => {
    void Promise.resolve(answers[String(question)]?.()).then((answer) => process.send?.(answer ?? null));
  });
  process.on('disconnect', () => {
    void (async () => {
      await stop();
      process.exit(0);
    })();
  });
  process.send?.(hello);
}

/** The clock of /proc ticks a hundred times a second. */
function cpuSecondsOf(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}
