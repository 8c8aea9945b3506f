// Makes an API key and prints it, alone, so that `KEY=$(intramuros key create NAME)` works.

import { newKeySchema } from '../admin/keys/routes.ts';
import { DATA_CLASSES } from '../policy/data-class.ts';
import { type Command, type OptionValues, OUTPUT_OPTION, readOutputFormat, UsageError } from './command.ts';
import { formatData, write } from './print.ts';

const OPTION_OF: Readonly<Record<string, string>> = {
  name: 'NAME',
  tenant: '--tenant',
  dataClass: '--class',
  expiresAt: '--days',
  models: '--model',
  requestsPerMinute: '--requests-per-minute',
  tokensPerMinute: '--tokens-per-minute',
};
const DAY_MS = 86_400_000;
const MAX_DAYS = 3650;

export const keyCreateCommand: Command = {
  name: 'key create',
  usage: 'NAME [--tenant NAME] [--class CLASS] [--days N] [--model MODEL ...]',
  summary: 'Make an API key for the gateway and print it, this once',
  positionals: { min: 1, max: 1 },
  options: {
    tenant: { type: 'string', value: 'NAME', help: 'Tenant that its requests count for; default: default.' },
    class: { type: 'string', value: DATA_CLASSES.join('|'), help: 'Least class of its requests; default: internal.' },
    days: { type: 'string', value: 'N', help: 'Days after which it opens nothing; default: no end.' },
    model: {
      type: 'string',
      value: 'MODEL',
      help: 'A model that it may ask for, MODEL or MODEL:ADAPTER; repeat for several. Default: all of its tenant.',
      multiple: true,
    },
    'requests-per-minute': { type: 'string', value: 'N', help: 'Requests a minute, at each gateway.' },
    'tokens-per-minute': { type: 'string', value: 'N', help: 'Tokens a minute, prompts and answers, at each gateway.' },
    ...OUTPUT_OPTION,
  },
  async run({ io, positionals: [name], values, product }) {
    const format = readOutputFormat(values);
    const wanted = newKeySchema.safeParse({
      name,
      tenant: values.text('tenant'),
      dataClass: values.text('class'),
      expiresAt: expiresAfter(values.text('days')),
      models: values.texts('model'),
      requestsPerMinute: countOf(values, 'requests-per-minute'),
      tokensPerMinute: countOf(values, 'tokens-per-minute'),
    });
    if (!wanted.success) {
      const issue = wanted.error.issues[0];
      throw new UsageError(OPTION_OF[String(issue?.path[0])] ?? 'NAME', issue?.message ?? 'has a wrong value');
    }
    const made = (await (await product()).call('POST', '/api/v1/keys', wanted.data)) as { readonly key: string };
    await write(io.stdout, format === 'text' ? `${made.key}\n` : formatData(made, format));
    return 0;
  },
};

function expiresAfter(days: string | undefined): string | undefined {
  if (days === undefined) return undefined;
  const count = Number(days);
  if (!Number.isInteger(count) || count < 1 || count > MAX_DAYS) {
    throw new UsageError('--days', `must be a whole number from 1 to ${MAX_DAYS}`);
  }
  return new Date(Date.now() + count * DAY_MS).toISOString();
}

function countOf(values: OptionValues, option: string): number | undefined {
  const text = values.text(option);
  return text === undefined ? undefined : Number(text);
}
