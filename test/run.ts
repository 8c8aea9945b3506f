// Runs the test suites: every *.test.ts of the repository, each file in a process of its own, on as many cores as there
// are. Says aloud what was skipped and why; with --strict (CI) a skip fails unless its reason is a thing that this
// kind of machine cannot give. Ends with the line `N passed, N failed, N skipped`.
//
//   node test/run.ts [--strict] [--long] [path prefix ...]

import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { REPOSITORY } from './house/sources.ts';

/** Reasons that excuse a skip even under --strict: no machine of this kind has them. */
const EXCUSED = /^(?:not yet: .|not here: (a GPU|macOS|Windows|another architecture|a disk that can be filled)\b)/;
const FILE_TIMEOUT_MS = 10 * 60_000;

const options = process.argv.slice(2);
const strict = options.includes('--strict');
if (options.includes('--long')) process.env['INTRAMUROS_TEST_LONG'] = '1';
const prefixes = options.filter((option) => !option.startsWith('--'));

const files = globSync('{control-plane,operator,test,docs,prisma}/**/*.test.ts', {
  cwd: REPOSITORY,
  exclude: (name) => name === 'node_modules' || name === 'generated',
})
  .filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)))
  .toSorted(heavyFirst);

const counts = { passed: 0, failed: 0, skipped: 0 };
const skips: { name: string; reason: string }[] = [];
const startedAtMs = Date.now();

const stream = run({ files, cwd: REPOSITORY, concurrency: availableParallelism(), timeout: FILE_TIMEOUT_MS });
stream.on('test:pass', (event) => count(event, 'passed'));
stream.on('test:fail', (event) => count(event, 'failed'));
stream.compose(new spec()).pipe(process.stdout);
await new Promise((resolve) => stream.once('end', resolve));
// The reporter prints behind the stream: let it finish before the last line.
await new Promise((resolve) => setTimeout(resolve, 200));

for (const { name, reason } of skips) console.log(`skipped: ${name}: ${reason}`);
const unexcused = strict ? skips.filter(({ reason }) => !EXCUSED.test(reason)) : [];
for (const { name } of unexcused) console.log(`failed: ${name}: skipped, though this machine could have run it`);
counts.failed += unexcused.length;
counts.skipped -= unexcused.length;
if (counts.passed === 0) {
  console.log('failed: no test ran');
  counts.failed += 1;
}
console.log(`${files.length} files in ${Math.round((Date.now() - startedAtMs) / 1000)} s`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed > 0 ? 1 : 0);

interface Result {
  readonly name: string;
  readonly skip?: string | boolean;
  /** A promise that is not kept yet: it runs, and its failure is told with its reason. */
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string };
}

/** Suites are counted by their tests, files by theirs; a file that dies counts as one failure. */
function count(event: object, kind: 'passed' | 'failed'): void {
  const { name, todo, details } = event as Result;
  const skip = (event as Result).skip ?? (kind === 'failed' ? todo : undefined);
  if (details.type === 'suite') return;
  const isFile = name.endsWith('.test.ts');
  if (isFile && kind === 'passed') return;
  if (skip !== undefined && skip !== false) {
    counts.skipped += 1;
    skips.push({ name, reason: typeof skip === 'string' ? skip : 'no reason given' });
  } else counts[kind] += 1;
}

/** What starts processes takes longest: it goes first, so that no core idles at the end. */
function heavyFirst(a: string, b: string): number {
  const weight = (file: string) => (file.startsWith('test/') ? 0 : 1);
  return weight(a) - weight(b) || a.localeCompare(b);
}
