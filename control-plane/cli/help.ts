// What `--help` prints. Imports command.ts.

import type { Command, Option } from './command.ts';

export function overallHelp(commands: readonly Command[], serveUsage: string): string {
  const rows = commands.map(({ name, usage, summary }) => [`${name} ${usage}`.trimEnd(), summary] as const);
  return `Intramuros: specialised models within the walls, redacted both ways, on the record.

Usage: intramuros COMMAND [OPTIONS]

${table([[serveUsage, 'Run the product'], ...rows])}

"intramuros COMMAND --help" says more. Exit codes: 0 done, 1 a negative result or a failure, 2 a wrong command line.
A running product is found by INTRAMUROS_DATA (default: .intramuros beside the package) or by DATABASE_URL.
`;
}

export function commandHelp({ name, usage, summary, details, options }: Command): string {
  const rows = [...Object.entries(options).map(rowOf), ['-h, --help', 'Print this.'] as const];
  return `${summary}.

Usage: intramuros ${name} ${usage}

${table(rows)}
${details === undefined ? '' : `\n${details.trim()}\n`}`;
}

/** What is longer gets a line of its own. */
const MAX_LEFT = 50;

function rowOf([name, { short, value, help }]: [string, Option]): readonly [string, string] {
  const names = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return [value === undefined ? names : `${names} ${value}`, help];
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(MAX_LEFT, Math.max(...rows.map(([left]) => left.length)));
  const gap = (left: string) => (left.length > width ? `${left}\n  ${' '.repeat(width)}` : left.padEnd(width));
  return rows.map(([left, right]) => `  ${gap(left)}  ${right}`).join('\n');
}
