// A log file of bounded size: when it is full it becomes `.1`, what was `.1` becomes `.2`, and the oldest goes. For what
// engines and PostgreSQL say; our own log goes to stderr, which is whoever started us to keep. Writing a log must never
// stop what it speaks of: what cannot be written is dropped, and the next write tries again.
// Imports nothing of ours.

import { closeSync, fchmodSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

export interface RotatingFileLimits {
  /** No file grows beyond this. */
  readonly maxBytes: number;
  /** The one being written and the older ones together. */
  readonly files: number;
}

export const LOG_LIMITS: RotatingFileLimits = { maxBytes: 10 * 1024 * 1024, files: 5 };

const LINE_FEED = 0x0a;

export class RotatingFile {
  readonly #path: string;
  readonly #limits: RotatingFileLimits;
  #fd: number | undefined;

  constructor(path: string, limits: RotatingFileLimits = LOG_LIMITS) {
    this.#path = path;
    this.#limits = limits;
  }

  write(chunk: Uint8Array): void {
    try {
      for (let rest = chunk; rest.length > 0; ) {
        this.#fd ??= this.#open();
        // Asked each time: a replica that drains and the one that follows it write into the same file.
        const fitting = this.#fitting(rest, fstatSync(this.#fd).size);
        if (fitting.length === 0) this.#rotate();
        else rest = rest.subarray(writeSync(this.#fd, fitting));
      }
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** As much as the file still takes, in whole lines where there are any; nothing means that it is full. */
  #fitting(chunk: Uint8Array, size: number): Uint8Array {
    const room = this.#limits.maxBytes - size;
    if (chunk.length <= room) return chunk;
    const lineEnd = room <= 0 ? -1 : chunk.lastIndexOf(LINE_FEED, room - 1);
    if (lineEnd >= 0) return chunk.subarray(0, lineEnd + 1);
    return size === 0 ? chunk.subarray(0, room) : chunk.subarray(0, 0);
  }

  #open(): number {
    const fd = openSync(this.#path, 'a', 0o600);
    fchmodSync(fd, 0o600);
    return fd;
  }

  #rotate(): void {
    this.close();
    for (let age = this.#limits.files - 1; age > 0; age -= 1) {
      try {
        renameSync(age === 1 ? this.#path : `${this.#path}.${age - 1}`, `${this.#path}.${age}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}
