// Makes an API key and prints it, alone, so that `KEY=$(intramuros key create NAME)` works.

import { newKeySchema } from '../admin/keys/routes.ts';
import { DATA_CLASSES } from '../policy/data-class.ts';
import { type Command, OUTPUT_OPTION, readOutputFormat, UsageError } from './command.ts';
import { formatData, write } from './print.ts';

const OPTION_OF: Readonly<Record<string, string>> = { name: 'NAME', tenant: '--tenant', dataClass: '--class' };

export const keyCreateCommand: Command = {
  name: 'key create',
  usage: 'NAME [--tenant NAME] [--class CLASS]',
  summary: 'Make an API key for the gateway and print it, this once',
  positionals: { min: 1, max: 1 },
  options: {
    tenant: { type: 'string', value: 'NAME', help: 'Tenant that its requests count for; default: default.' },
    class: { type: 'string', value: DATA_CLASSES.join('|'), help: 'Least class of its requests; default: internal.' },
    ...OUTPUT_OPTION,
  },
  async run({ io, positionals: [name], values, product }) {
    const format = readOutputFormat(values);
    const wanted = newKeySchema.safeParse({ name, tenant: values.text('tenant'), dataClass: values.text('class') });
    if (!wanted.success) {
      const issue = wanted.error.issues[0];
      throw new UsageError(OPTION_OF[String(issue?.path[0])] ?? 'NAME', issue?.message ?? 'has a wrong value');
    }
    const made = (await (await product()).call('POST', '/api/v1/keys', wanted.data)) as { readonly key: string };
    await write(io.stdout, format === 'text' ? `${made.key}\n` : formatData(made, format));
    return 0;
  },
};
