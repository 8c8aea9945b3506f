// Loaded with `--import` before the engine: holds the process where it would open its weights, until the file that
// HOLD_UNTIL names exists, and collects garbage when one of that name and `.collect` appears. So a test can read what the
// process takes before and after it loads, on the very process that loads, without what V8 has not collected yet.
import { existsSync, rmSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const { open } = fsPromises;
const release = process.env['HOLD_UNTIL'] ?? '';
const collect = `${release}.collect`;
let held = false;

/** What only `--expose-gc` gives. */
const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error('to be run with --expose-gc');

fsPromises.open = async (...parameters: Parameters<typeof open>) => {
  if (!held && String(parameters[0]).endsWith('.gguf')) {
    held = true;
    process.stderr.write('held\n');
    while (!existsSync(release)) await sleep(20);
  }
  return open(...parameters);
};
syncBuiltinESMExports();

setInterval(() => {
  if (!existsSync(collect)) return;
  for (let round = 0; round < 3; round += 1) gc();
  rmSync(collect);
}, 20).unref();
