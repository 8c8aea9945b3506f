// Digests that were computed before, by what tells one state of a file from another: a file of 40 GB is read once, not
// at every start. Whoever can write this folder can start processes anyway, so it needs no seal.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { DigestMessage } from './digest-worker.ts';

const fileSchema = z.record(z.string(), z.string().regex(/^sha256:[0-9a-f]{64}$/));
const MOST_ENTRIES = 1000;

export class DigestCache {
  readonly #path: string | undefined;
  readonly #known = new Map<string, string>();

  /** Without a path, digests are forgotten at the end. */
  constructor(path?: string) {
    this.#path = path;
    if (path !== undefined) this.#load(path);
  }

  get(identity: string): string | undefined {
    return this.#known.get(identity);
  }

  set(identity: string, digest: string): void {
    this.#known.delete(identity);
    this.#known.set(identity, digest);
    for (const oldest of [...this.#known.keys()].slice(0, Math.max(0, this.#known.size - MOST_ENTRIES)))
      this.#known.delete(oldest);
    if (this.#path === undefined) return;
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(Object.fromEntries(this.#known)), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // It is only a cache: the digest is computed again next time.
    }
  }

  #load(path: string): void {
    try {
      for (const [identity, digest] of Object.entries(fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))))) {
        this.#known.set(identity, digest);
      }
    } catch {
      // Absent or damaged: start with none.
    }
  }
}

/** SHA-256 of the file as `sha256:<hex>`, computed in a thread of its own. Rejects when it cannot be read or on abort. */
export function computeDigest(
  path: string,
  onProgress: (bytesDone: number) => void,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./digest-worker.ts', import.meta.url), { workerData: { path } });
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort);
      settle();
      void worker.terminate();
    };
    const onAbort = () => end(() => reject(signal.reason as Error));
    signal.addEventListener('abort', onAbort, { once: true });
    worker.on('message', (message: DigestMessage) => {
      if ('bytesDone' in message) onProgress(message.bytesDone);
      else if ('digest' in message) end(() => resolve(message.digest));
      else end(() => reject(new Error(`the file cannot be read (${message.errorCode})`)));
    });
    worker.on('error', (error) => end(() => reject(error)));
  });
}
