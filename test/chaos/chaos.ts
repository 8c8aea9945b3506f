// The chaos scripts by name: `npm run chaos -- NAME [--json FILE] [options]`. Each prints what it ran on and its table, and
// ends with 1 when a promise did not hold.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPTS = ['crash', 'tamper', 'faults', 'soak'] as const;

const [name, ...options] = process.argv.slice(2);
if (!(SCRIPTS as readonly (string | undefined)[]).includes(name)) {
  console.error(`Name one of: ${SCRIPTS.join(', ')}.`);
  process.exit(2);
}
const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
process.exitCode = spawnSync(process.execPath, [file, ...options], { stdio: 'inherit' }).status ?? 1;
