// Loaded with `--import` before the engine: holds the process where it would open its weights, until the file that
// HOLD_UNTIL names exists. So a test can read what the process takes before it loads anything, on the very process that
// will load.
import { existsSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const { open } = fsPromises;
const release = process.env['HOLD_UNTIL'] ?? '';
let held = false;

fsPromises.open = async (...parameters: Parameters<typeof open>) => {
  if (!held && String(parameters[0]).endsWith('.gguf')) {
    held = true;
    process.stderr.write('held\n');
    while (!existsSync(release)) await sleep(20);
  }
  return open(...parameters);
};
syncBuiltinESMExports();
