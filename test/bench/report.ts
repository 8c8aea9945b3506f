// What a benchmark says: what it ran on, tables, and the bars that it was held against. One shape for all, printed as
// Markdown, written as JSON, drawn by draw-charts.ts.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { REPOSITORY } from '../house/sources.ts';

export type Cell = string | number | undefined;

export interface Table {
  readonly title: string;
  /** The first column names the row. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [string, ...Cell[]])[];
  /** The column that is drawn; `log` where rows differ by orders of magnitude. */
  readonly chart?: { readonly column: string; readonly scale?: 'log' };
}

/** What was wanted of a number, and what it was. */
export interface Bar {
  readonly bar: string;
  readonly wanted: string;
  /** As it is printed; `undefined` where it could not be measured here. */
  readonly measured: string | undefined;
  readonly met: boolean;
}

export interface Report {
  readonly bench: string;
  readonly machine: Readonly<Record<string, string>>;
  /** What was sent, how often, and what was left out. */
  readonly notes: readonly string[];
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
}

/** What decides about every number below. Take it at the start: a benchmark raises the load that it would read. */
export function describeMachine(): Record<string, string> {
  const processors = cpus();
  return {
    processor: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    load: loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
    date: new Date().toISOString(),
    commit: commit(),
  };
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' }).trim();
  try {
    const isDirty = git('status', '--porcelain', '--', 'control-plane', 'operator', 'test/bench') !== '';
    return `${git('rev-parse', '--short=10', 'HEAD')}${isDirty ? ' with changes' : ''}`;
  } catch {
    const { version } = JSON.parse(readFileSync(`${REPOSITORY}/package.json`, 'utf8')) as { version: string };
    return `none (version ${version})`;
  }
}

/** Prints the report, and writes it where `file` says. */
export function tell(report: Report, file?: string): void {
  process.stdout.write(markdownOf({ ...report, machine: { ...report.machine, 'load at the end': loadNow() } }));
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
}

function loadNow(): string {
  return loadavg()[0]?.toFixed(1) ?? '';
}

export function markdownOf({ bench, machine, notes, tables, bars }: Report): string {
  const lines = [`## ${bench}`, '', ...Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`)];
  for (const note of notes) lines.push(`- ${note}`);
  for (const { title, columns, rows } of tables) {
    lines.push('', `### ${title}`, '', ...markdownTable(columns, rows));
  }
  if (bars.length > 0) {
    const rows = bars.map(({ bar, wanted, measured, met }): [string, ...Cell[]] => [
      bar,
      wanted,
      measured ?? 'not measured',
      measured === undefined ? '' : met ? 'met' : 'missed',
    ]);
    lines.push('', '### Bars', '', ...markdownTable(['bar', 'wanted', 'measured', ''], rows));
  }
  return `${lines.join('\n')}\n\n`;
}

function markdownTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const texts = [columns.slice(), ...rows.map((row) => row.map(formatCell))];
  const widths = columns.map((_, column) => Math.max(3, ...texts.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => pad(text, widths[column] ?? 0, column === 0)).join(' | ')} |`;
  const [head = [], ...body] = texts;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)];
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}

/** Three digits that say something. */
export function formatCell(value: Cell): string {
  if (value === undefined) return '-';
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** A bar on a number: `least` or `most` of it, in its unit. */
export function barOf(
  bar: string,
  value: number | undefined,
  limit: { least?: number; most?: number; unit: string },
): Bar {
  const { least, most, unit } = limit;
  const wanted = least === undefined ? `<= ${most}${unit}` : `>= ${least}${unit}`;
  if (value === undefined || !Number.isFinite(value)) return { bar, wanted, measured: undefined, met: false };
  const met = (least === undefined || value >= least) && (most === undefined || value <= most);
  return { bar, wanted, measured: `${formatCell(value)}${unit}`, met };
}
