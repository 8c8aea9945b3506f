// The options that every benchmark takes.

import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Where the report goes as JSON too. */
  readonly json: string | undefined;
  /** A run of seconds that shows that the benchmark works; its numbers mean nothing. */
  readonly smoke: boolean;
}

export function readOptions(args: string[] = process.argv.slice(2)): BenchOptions {
  const { values } = parseArgs({ args, options: { json: { type: 'string' }, smoke: { type: 'boolean' } } });
  return { json: values.json, smoke: values.smoke === true };
}
