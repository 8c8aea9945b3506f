// One engine process: a process group of its own, so that a terminal's Ctrl-C reaches only us; a lifeline pipe, so that
// it ends when we do; its stderr kept. Knows nothing of probes or restarts.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Launch } from '../../engines/engine.ts';
import type { EngineLog } from './engine-log.ts';

export interface EngineExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The program could not be started at all: the code of the error (`ENOENT`). */
  readonly spawnError?: string;
}

export class EngineProcess {
  /** Also the id of its process group; 0 when it could not be started. */
  readonly pid: number;
  readonly exited: Promise<EngineExit>;
  #ended = false;

  constructor(launch: Launch, environment: Readonly<Record<string, string>>, log: EngineLog) {
    const child = spawn(launch.command, [...launch.args], {
      detached: true,
      env: { ...environment, ...launch.env },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.pid = child.pid ?? 0;
    child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
    child.stdio[3]?.on('error', () => {});
    this.exited = whenEnded(child).then((exit) => {
      this.#ended = true;
      // A helper of the engine that outlived it would keep the port and the memory.
      this.kill('SIGKILL');
      child.stdio[3]?.destroy();
      return exit;
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends a signal to the whole group. */
  kill(signal: NodeJS.Signals): void {
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  }

  /** SIGTERM, and SIGKILL when it did not end in time. */
  async end(graceMs: number): Promise<EngineExit> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

/** Waits for the exit and then, for a moment, for the rest of stderr. */
function whenEnded(child: ChildProcess): Promise<EngineExit> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: null, signal: null, spawnError: error.code ?? 'unknown' }),
    );
    child.once('exit', (code, signal) => {
      const exit = { code, signal };
      const timer = setTimeout(() => resolve(exit), 200);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(exit);
      });
      // The lifeline keeps `close` from coming while it is open at our end.
      child.stdio[3]?.destroy();
    });
  });
}
