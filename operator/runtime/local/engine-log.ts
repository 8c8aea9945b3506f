// What an engine writes to stderr: its last lines in memory, to explain its end, and a file of bounded size, to read
// afterwards. Engines write no prompts there.
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const TAIL_BYTES = 16 * 1024;
const FILE_BYTES = 1024 * 1024;

export class EngineLog {
  readonly #path: string | undefined;
  #fd: number | undefined;
  #size = 0;
  #tail = Buffer.alloc(0);

  /** Without a path only the tail is kept. */
  constructor(path?: string) {
    this.#path = path;
  }

  write(chunk: Buffer): void {
    const joined = Buffer.concat([this.#tail, chunk]);
    this.#tail = joined.subarray(Math.max(0, joined.length - TAIL_BYTES));
    this.#append(chunk);
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
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  // A log that cannot be written must not stop an engine.
  #append(chunk: Buffer): void {
    if (this.#path === undefined) return;
    try {
      if (this.#size > FILE_BYTES) this.#rotate(this.#path);
      this.#fd ??= this.#open(this.#path);
      writeSync(this.#fd, chunk);
      this.#size += chunk.length;
    } catch {
      this.close();
    }
  }

  #open(path: string): number {
    const fd = openSync(path, 'a', 0o600);
    this.#size = fstatSync(fd).size;
    return fd;
  }

  #rotate(path: string): void {
    this.close();
    renameSync(path, `${path}.1`);
    this.#size = 0;
  }
}
