// The benchmarks by name: `npm run bench -- NAME [--json FILE]`. Each prints a table with what it ran on.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BENCHES = ['audit', 'detect', 'gateway'] as const;

const [name, ...options] = process.argv.slice(2);
if (!(BENCHES as readonly (string | undefined)[]).includes(name)) {
  console.error(`Name one of: ${BENCHES.join(', ')}.`);
  process.exit(2);
}
const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
process.exitCode = spawnSync(process.execPath, [file, ...options], { stdio: 'inherit' }).status ?? 1;
