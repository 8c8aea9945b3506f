// The words of a command line against what the command takes. Errors name the option and say what it takes; they do not
// repeat values, which may be keys. Imports command.ts.

import { parseArgs } from 'node:util';
import { type Command, type Option, type OptionValues, UsageError } from './command.ts';

export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly values: OptionValues;
  readonly help: boolean;
}

/** @throws UsageError */
export function parseArguments(command: Command, words: readonly string[]): ParsedArguments {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), multiple: multiple ?? false },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...words],
    options: { ...options, help: { type: 'boolean', short: 'h', multiple: false } },
    allowPositionals: true,
    // Unknown options and missing values are judged below, in our own words.
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind === 'option') takeOption(command, token, given);
  }
  const help = given.has('help');
  if (!help) checkComplete(command, positionals, given);
  return {
    positionals,
    help,
    values: {
      text: (name) => given.get(name)?.at(-1),
      texts: (name) => given.get(name) ?? [],
      flag: (name) => given.has(name),
    },
  };
}

const HELP: Option = { type: 'boolean', help: 'Print this.' };

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

function takeOption(command: Command, { name, rawName, value }: OptionToken, given: Map<string, string[]>): void {
  const option: Option | undefined = name === 'help' ? HELP : command.options[name];
  if (option === undefined) {
    const known = Object.keys(command.options).map((option) => `--${option}`);
    const takes = known.length === 0 ? 'this command takes no options' : `the options are ${known.join(', ')}`;
    throw new UsageError(rawName, `is not an option of "${command.name}"; ${takes}`);
  }
  if (option.type === 'boolean' && value !== undefined) throw new UsageError(rawName, 'takes no value');
  if (option.type === 'string' && (value === undefined || value === '')) {
    throw new UsageError(rawName, `needs a value: ${option.value ?? 'VALUE'}`);
  }
  const before = given.get(name) ?? [];
  if (option.multiple === undefined && before.length > 0 && option.type === 'string')
    throw new UsageError(rawName, 'is given twice');
  given.set(name, [...before, value ?? '']);
}

function checkComplete(command: Command, positionals: readonly string[], given: Map<string, string[]>): void {
  const { min, max } = command.positionals;
  const names = command.usage.match(/\[?\b[A-Z]{2,}\b\]?/g) ?? [];
  if (positionals.length < min) {
    throw new UsageError(names[positionals.length]?.replaceAll(/[[\]]/g, '') ?? 'argument', 'is missing');
  }
  if (positionals.length > max) {
    throw new UsageError('arguments', max === 0 ? 'are not taken by this command' : `are too many: it takes ${max}`);
  }
  for (const [name, option] of Object.entries(command.options)) {
    if (option.required === true && !given.has(name)) {
      throw new UsageError(`--${name}`, `is missing: --${name} ${option.value ?? ''}`.trimEnd());
    }
  }
}
