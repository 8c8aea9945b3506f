// What an engine writes to stderr: its last lines in memory, to explain its end, and files of bounded size, to read
// afterwards. Engines write no prompts there.

import { RotatingFile, type RotatingFileLimits } from '../../../control-plane/rotating-file.ts';

const TAIL_BYTES = 16 * 1024;

export class EngineLog {
  readonly #file: RotatingFile | undefined;
  #tail = Buffer.alloc(0);

  /** Without a path only the tail is kept. */
  constructor(path?: string, limits?: RotatingFileLimits) {
    this.#file = path === undefined ? undefined : new RotatingFile(path, limits);
  }

  write(chunk: Buffer): void {
    const joined = Buffer.concat([this.#tail, chunk]);
    this.#tail = joined.subarray(Math.max(0, joined.length - TAIL_BYTES));
    this.#file?.write(chunk);
  }

  /** The last 16 KB since the last `startTail`. */
  tail(): string {
    return this.#tail.toString('utf8');
  }

  /** A new process begins: what the last one said no longer explains anything. */
  startTail(): void {
    this.#tail = Buffer.alloc(0);
  }

  close(): void {
    this.#file?.close();
  }
}
