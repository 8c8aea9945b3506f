// What a command of the CLI is: its place in the table, what `--help` says of it, and what it does. One file a command;
// what takes long to load is imported when the command runs. Imports errors.

import type { Readable, Writable } from 'node:stream';
import type { Planner } from '../admin/resources/plan-routes.ts';
import type { BackupTool } from './backups.ts';
import type { FoundProduct } from './find-product.ts';

export interface CliIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Relative paths are taken from here. */
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What stands for the value in the help: `FILE`. */
  readonly value?: string;
  readonly help: string;
  readonly required?: true;
  readonly multiple?: true;
}

export interface CommandInput {
  readonly io: CliIo;
  readonly positionals: readonly string[];
  readonly values: OptionValues;
  /** The running product. @throws AppError `not_running`. */
  readonly product: () => Promise<FoundProduct>;
  /** Absolute path of the file in which "login" keeps its token. */
  readonly loginFile: () => string;
  /** Plans on this machine, whether anything runs or not. */
  readonly planner: () => Promise<Planner>;
  /** Verifies bundles offline. */
  readonly verifier: () => Promise<BundleVerifier>;
  /** Backs up and restores the data folder. */
  readonly backups: () => Promise<BackupTool>;
}

export interface BundleToVerify {
  /** Absolute path. */
  readonly folder: string;
  /** Text of the verifier key. */
  readonly key: string;
  /** Text of a checkpoint seen earlier. */
  readonly since?: string;
  /** Text of the verifier key of a witness that must have cosigned. */
  readonly witnessKey?: string;
}

export interface BundleVerdict {
  readonly ok: boolean;
  /** For a person, ending in a line break: what was verified, or the first bad record and why. */
  readonly text: string;
  readonly [fact: string]: unknown;
}

/** What is wrong with a bundle is a verdict; only a folder that cannot be read is an error. */
export type BundleVerifier = (bundle: BundleToVerify) => Promise<BundleVerdict>;

export interface OptionValues {
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}

export interface Command {
  /** One or two words: `audit verify`. */
  readonly name: string;
  /** `DIR --key FILE`: what follows the name. */
  readonly usage: string;
  readonly summary: string;
  /** More lines for `--help`. */
  readonly details?: string;
  readonly positionals: { readonly min: number; readonly max: number };
  readonly options: Readonly<Record<string, Option>>;
  /** The exit code: 0 done, 1 a negative result. */
  run(input: CommandInput): Promise<number>;
}

/** The command line itself is wrong: exit code 2 and a word about the help. */
export class UsageError extends Error {
  /** The option or argument at fault. */
  readonly param: string;

  constructor(param: string, message: string) {
    super(message);
    this.name = 'UsageError';
    this.param = param;
  }
}

export const OUTPUT_OPTION: Readonly<Record<'output', Option>> = {
  output: { type: 'string', short: 'o', value: 'json|yaml', help: 'Print data instead of text.' },
};

export type OutputFormat = 'text' | 'json' | 'yaml';

export function readOutputFormat(values: OptionValues): OutputFormat {
  const format = values.text('output');
  if (format === undefined) return 'text';
  if (format === 'json' || format === 'yaml') return format;
  throw new UsageError('--output', 'takes json or yaml');
}
