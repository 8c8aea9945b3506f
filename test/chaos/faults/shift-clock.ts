// Loaded before the product: on SIGUSR2 the wall clock of this process jumps by what the file says, in milliseconds. As on a
// machine whose clock is set: `Date` jumps, monotonic clocks and timers do not.

import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['INTRAMUROS_TEST_CLOCK'] ?? '';
const RealDate = Date;
const realNow = Date.now.bind(Date);
let offsetMs = 0;

// A thread hears no signal; what ours do with threads needs no clock.
if (isMainThread) {
  process.on('SIGUSR2', () => {
    offsetMs = Number(readFileSync(file, 'utf8'));
  });
}

const shifted = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [realNow() + offsetMs] : args, newTarget) as object,
  apply: () => new RealDate(realNow() + offsetMs).toString(),
  get: (target, name, receiver) =>
    name === 'now' ? () => realNow() + offsetMs : (Reflect.get(target, name, receiver) as unknown),
});
globalThis.Date = shifted;
