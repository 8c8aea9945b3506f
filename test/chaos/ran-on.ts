// What a chaos script ran on, and its result as a table: the same for all of them.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { REPOSITORY } from '../house/sources.ts';

export interface ResultRow {
  readonly what: string;
  readonly result: string;
  /** Undefined where the row only tells. */
  readonly ok?: boolean;
}

/** Date, commit, machine and load, in one line each. */
export function ranOn(): readonly ResultRow[] {
  const processors = cpus();
  return [
    { what: 'date', result: new Date().toISOString() },
    { what: 'commit', result: commit() },
    {
      what: 'machine',
      result: `${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
    },
    {
      what: 'load when it began',
      result: loadavg()
        .map((load) => load.toFixed(1))
        .join(' '),
    },
  ];
}

function commit(): string {
  const git = (...words: string[]) => execFileSync('git', words, { cwd: REPOSITORY, encoding: 'utf8' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ', with changes'}`;
  } catch {
    return 'not a git checkout';
  }
}

/** Prints the rows, writes them where `--json` says, and sets the exit code. */
export function tell(title: string, rows: readonly ResultRow[], jsonFile?: string): void {
  const width = Math.max(...rows.map(({ what }) => what.length));
  console.log(`\n${title}\n`);
  for (const { what, result, ok } of rows) {
    console.log(`${mark(ok)} ${what.padEnd(width)}  ${result}`);
  }
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ title, rows }, undefined, 2)}\n`);
  if (rows.some(({ ok }) => ok === false)) process.exitCode = 1;
}

function mark(ok: boolean | undefined): string {
  if (ok === undefined) return '    ';
  return ok ? 'ok  ' : 'FAIL';
}
