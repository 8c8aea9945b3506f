// Runs in a worker thread: SHA-256 of a file as a stream, so that a large file neither fills the memory nor holds up
// the requests of the gateway. Tells how far it is once a second.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

export type DigestMessage =
  | { readonly bytesDone: number }
  | { readonly digest: string }
  | { readonly errorCode: string };

function tell(message: DigestMessage): void {
  parentPort?.postMessage(message);
}

async function run(path: string): Promise<void> {
  const hash = createHash('sha256');
  let bytesDone = 0;
  let toldAt = performance.now();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    bytesDone += (chunk as Buffer).length;
    if (performance.now() - toldAt < 1000) continue;
    toldAt = performance.now();
    tell({ bytesDone });
  }
  tell({ digest: `sha256:${hash.digest('hex')}` });
}

run((workerData as { path: string }).path).catch((error: NodeJS.ErrnoException) =>
  tell({ errorCode: error.code ?? 'unknown' }),
);
