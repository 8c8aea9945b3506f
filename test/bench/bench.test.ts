// The benchmarks run, each for a moment: their numbers mean nothing here, that there are numbers does.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isGone } from './detection-set.ts';
import { chartOf } from './draw-charts.ts';
import type { Report } from './report.ts';
import { percentile } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'intramuros-bench-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(name: string): Report {
  const file = join(folder, `${name}.json`);
  const bench = fileURLToPath(new URL('./bench.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [bench, name, '--smoke', '--json', file], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}

/** Rows of the tables by the name of the row. */
function rowsOf({ tables }: Report): Map<string, readonly unknown[]> {
  return new Map(tables.flatMap(({ rows }) => rows.map(([name, ...cells]) => [name, cells] as const)));
}

for (const [name, rows] of [
  ['gateway', ['direct to the upstream', 'node:http + undici', 'our pipe, bare', 'our pipe, whole']],
  ['stream', ['direct to the upstream', 'node:http + undici', 'our pipe, whole']],
  ['detect', ['intramuros', 'prose']],
  ['audit', ['fdatasync of 8 KB, same disk', 'append, 64 callers, sequencer at work']],
  ['search', ['no filter', 'two that are common and never meet', 'a digest, of the first request']],
] as const) {
  test(`the benchmark ${name} measures what it says`, () => {
    const report = run(name);
    const found = rowsOf(report);
    for (const row of rows) {
      const numbers = (found.get(row) ?? []).filter((cell) => typeof cell === 'number');
      assert.ok(numbers.length > 0, `${name} has numbers for "${row}"`);
      assert.ok(numbers.every(Number.isFinite));
    }
    assert.ok(report.bars.length > 0);
    for (const key of ['processor', 'kernel', 'node', 'load', 'date', 'commit']) assert.ok(report.machine[key] !== '');
    assert.ok(!report.notes.some((note) => /failures: [1-9]/.test(note)), 'every request was answered');
  });
}

test('a value is gone when none of its words and numbers is left', () => {
  assert.ok(isGone('call 06 12 or 06 99', '06 12', 'call [x] or 06 99'));
  assert.ok(!isGone('call 06 12 or 06 99', '06 12', 'call 06 [x] or 06 99'));
  assert.ok(!isGone('dear Jane Roe', 'Jane Roe', 'dear [x] Roe'));
});

test('a percentile is a value that was measured', () => {
  assert.equal(percentile([3, 1, 2], 0.5), 2);
  assert.equal(percentile([3, 1, 2], 0.99), 3);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test('a chart draws each number in proportion and nothing that would be markup', () => {
  const table = {
    title: 'a <table>',
    columns: ['', 'n'],
    rows: [
      ['our <a>', 10] as [string, number],
      ['b', 5] as [string, number],
      ['none', undefined] as [string, undefined],
    ],
    chart: { column: 'n' },
  };
  const svg = chartOf({ bench: 'x', machine: {} }, table);
  const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  assert.equal(widths.length, 2);
  assert.equal(widths[0], (widths[1] ?? 0) * 2);
  assert.ok(svg.includes('our &lt;a>') && !svg.includes('<a>'));
});
