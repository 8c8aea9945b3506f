// The benchmarks by name: `npm run bench -- NAME [--json FILE]`. Each prints tables with what it ran on, and the bars that
// it was held against. `npm run bench -- charts FILE...` draws what `--json` wrote.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FILES: Readonly<Record<string, string>> = {
  audit: 'audit.ts',
  detect: 'detect.ts',
  gateway: 'gateway.ts',
  scroll: '../browser/scroll.ts',
  search: 'search.ts',
  stream: 'stream.ts',
  charts: 'draw-charts.ts',
};

const [name = '', ...options] = process.argv.slice(2);
const found = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
if (found === undefined) {
  console.error(`Name one of: ${Object.keys(FILES).join(', ')}.`);
  process.exit(2);
}
const file = fileURLToPath(new URL(found, import.meta.url));
process.exitCode = spawnSync(process.execPath, [file, ...options], { stdio: 'inherit' }).status ?? 1;
