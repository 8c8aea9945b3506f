// CONTRIBUTING.md taken at its word: what it says a recogniser and an engine are (one file, one line, one test) is done to
// a copy of this tree. The tests that it names pass there, and so do types, format and house rules.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { checkFile } from './check-house.ts';
import { REPOSITORY } from './sources.ts';

const run = promisify(execFile);
const [recogniser = '', row = '', engine = '', choice = '', engineTest = ''] = blocksOf(
  readFileSync(join(REPOSITORY, 'CONTRIBUTING.md'), 'utf8'),
);
const RECOGNISERS = 'control-plane/redaction/recognisers';
const NEW = ['operator/engines/echo-server.ts', 'test/engines/echo-server.test.ts', `${RECOGNISERS}/vin.ts`];
let copy: string;

before(() => {
  copy = mkdtempSync(join(tmpdir(), 'intramuros-newcomer-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
  });
  for (const file of listed.toString('utf8').split('\0')) {
    if (!/^(control-plane|operator|test)\/.*\.(ts|json)$|^[\w.-]+\.json$/.test(file)) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(REPOSITORY, file), join(copy, file), { force: true });
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
});
after(() => rmSync(copy, { recursive: true, force: true }));

/** The TypeScript blocks of the page, without the indentation of the list that they stand in. */
function blocksOf(page: string): string[] {
  return [...page.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

function edit(file: string, change: (text: string) => string): void {
  const path = join(copy, file);
  const before = readFileSync(path, 'utf8');
  const text = change(before);
  assert.notEqual(text, before, `${file}: the place that the page names is not there`);
  writeFileSync(path, text);
}

function testsPass(file: string): Promise<unknown> {
  // The runner above tells its children by a variable that they would heed.
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
  return run(process.execPath, ['--test', file], { cwd: copy, env });
}

test('a recogniser is one file, one line and one row of the table', async () => {
  writeFileSync(join(copy, RECOGNISERS, 'vin.ts'), recogniser);
  edit(`${RECOGNISERS}/index.ts`, (text) =>
    text
      .replace(/(?=import { url })/, "import { vin } from './vin.ts';\n")
      .replace(/(export const RECOGNISERS[^=]*= \[\n)/, '$1  vin,\n'),
  );
  edit(`${RECOGNISERS}/recognisers.test.ts`, (text) => text.replace(/(const TABLE[^=]*= \[\n)/, `$1${row}`));
  await testsPass(`${RECOGNISERS}/recognisers.test.ts`);
});

test('an engine is one file, one line and one test', async () => {
  writeFileSync(join(copy, 'operator/engines/echo-server.ts'), engine);
  writeFileSync(join(copy, 'test/engines/echo-server.test.ts'), engineTest);
  edit('operator/engines/engines.ts', (text) =>
    text
      .replace(/(?=import type { Engine })/, "import { createEchoServerEngine } from './echo-server.ts';\n")
      .replace(/(export function chooseEngine[\s\S]*?{\n)(?= {2}const)/, `$1  ${choice}`),
  );
  await testsPass('test/engines/echo-server.test.ts');
});

test('both keep to types, format and house rules', async () => {
  const tool = (name: string) => join(REPOSITORY, 'node_modules/.bin', name);
  cpSync(join(REPOSITORY, '.gitignore'), join(copy, '.gitignore'));
  writeFileSync(
    join(copy, 'tsconfig.new.json'),
    JSON.stringify({ extends: './tsconfig.json', include: [], files: NEW }),
  );
  await run(tool('tsc'), ['-p', 'tsconfig.new.json'], { cwd: copy });
  assert.deepEqual(
    NEW.flatMap((file) => checkFile(file, readFileSync(join(copy, file), 'utf8'))),
    [],
  );
  await run(tool('biome'), ['check', ...NEW], { cwd: copy });
});
