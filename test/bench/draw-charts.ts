// `npm run bench -- charts FILE...`: bar charts of reports that `--json` wrote, one a table that asks for it, into
// docs/reference/charts/. Plain SVG that reads on light and on dark pages.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../house/sources.ts';
import { formatCell, type Report, type Table } from './report.ts';

const FOLDER = join(REPOSITORY, 'docs/reference/charts');
const WIDTH = 720;
const LABELS = 250;
const VALUES = 70;
const ROW = 26;
const TOP = 58;

interface ChartedTable extends Table {
  readonly chart: NonNullable<Table['chart']>;
}

/** An SVG of one column of a table; rows without a number are left out. */
export function chartOf({ machine, bench }: Pick<Report, 'machine' | 'bench'>, table: ChartedTable): string {
  const column = table.columns.indexOf(table.chart.column);
  const bars = table.rows.flatMap((row) => {
    const value = row[column];
    return typeof value === 'number' && value > 0 ? [{ label: row[0], value }] : [];
  });
  const lengthOf = lengths(
    bars.map(({ value }) => value),
    table.chart.scale === 'log',
  );
  const drawn = bars.map(({ label, value }, at) => {
    const y = TOP + at * ROW;
    const length = lengthOf(value).toFixed(1);
    const colour = /^(?:our|intramuros|append)/.test(label) ? 'ours' : 'other';
    const textY = y + 14;
    return [
      `  <text x="${LABELS - 8}" y="${textY}" text-anchor="end">${escapeXml(label)}</text>`,
      `  <rect class="${colour}" x="${LABELS}" y="${y}" width="${length}" height="18" rx="2"/>`,
      `  <text x="${(LABELS + Number(length) + 6).toFixed(1)}" y="${textY}">${formatCell(value)}</text>`,
    ].join('\n');
  });
  const height = TOP + bars.length * ROW + 22;
  const scale = table.chart.scale === 'log' ? ', logarithmic' : '';
  const ran = `${machine['processor']}, Node ${machine['node']}, ${machine['date']?.slice(0, 10)}, commit ${machine['commit']}, load ${machine['load']}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(`${bench}: ${table.title}`)}">
  <style>
    text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-weight: 600; font-size: 14px } .small { font-size: 10px; fill: #666 }
    .ours { fill: #1f6f5c } .other { fill: #9aa5ad }
    @media (prefers-color-scheme: dark) { text { fill: #ddd } .small { fill: #999 } .ours { fill: #4fb59b } .other { fill: #69747c } }
  </style>
  <text class="title" x="8" y="20">${escapeXml(table.title)}</text>
  <text class="small" x="8" y="38">${escapeXml(table.chart.column + scale)}</text>
${drawn.join('\n')}
  <text class="small" x="8" y="${height - 8}">${escapeXml(ran)}</text>
</svg>
`;
}

/** Pixels of a value; a logarithmic scale begins a little under its smallest one. */
function lengths(values: readonly number[], isLogarithmic: boolean): (value: number) => number {
  const room = WIDTH - LABELS - VALUES;
  const largest = Math.max(...values);
  if (!isLogarithmic) return (value) => (value / largest) * room;
  const least = Math.log(Math.min(...values)) - 0.3;
  return (value) => ((Math.log(value) - least) / (Math.log(largest) - least)) * room;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** Name of a chart's file: the benchmark and its place in the report. */
export function drawCharts(file: string): string[] {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const charted = report.tables.filter((table): table is ChartedTable => table.chart !== undefined);
  mkdirSync(FOLDER, { recursive: true });
  return charted.map((table, at) => {
    const name = `${report.bench}-${at + 1}.svg`;
    writeFileSync(join(FOLDER, name), chartOf(report, table));
    return name;
  });
}

if (import.meta.main) {
  for (const file of process.argv.slice(2)) console.log(drawCharts(file).join('\n'));
}
