// Loaded first into every process that a chaos script starts: it ends with the script, however that one ends. Descriptor 3
// is a pipe whose other end the script holds.

import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

// Threads inherit the words of the command line, not what they are for.
if (isMainThread) {
  const line = new Socket({ fd: 3, readable: true, writable: false });
  const end = () => process.kill(process.pid, 'SIGKILL');
  line.on('end', end).on('close', end).on('error', end).resume();
  line.unref();
}
