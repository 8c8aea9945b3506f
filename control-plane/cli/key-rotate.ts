// Makes a key in the place of another and prints it, alone; the old one stays valid for a while.

import { type Command, OUTPUT_OPTION, readOutputFormat, UsageError } from './command.ts';
import { formatData, write } from './print.ts';

const HOUR_S = 3600;
const MAX_HOURS = 2160;

export const keyRotateCommand: Command = {
  name: 'key rotate',
  usage: 'PREFIX [--overlap-hours N]',
  summary: 'Make a key in the place of another and print it, this once',
  details: 'The new key has the name, tenant, class, models and limits of the old one, which ends after the overlap.',
  positionals: { min: 1, max: 1 },
  options: {
    'overlap-hours': {
      type: 'string',
      value: 'N',
      help: 'How long the old key stays valid; default: 24, 0: not at all.',
    },
    ...OUTPUT_OPTION,
  },
  async run({ io, positionals: [prefix = ''], values, product }) {
    const format = readOutputFormat(values);
    if (!/^im_[A-Za-z0-9]{8}$/.test(prefix)) throw new UsageError('PREFIX', 'must be im_ and 8 characters');
    const hours = Number(values.text('overlap-hours') ?? '24');
    if (!Number.isInteger(hours) || hours < 0 || hours > MAX_HOURS) {
      throw new UsageError('--overlap-hours', `must be a whole number from 0 to ${MAX_HOURS}`);
    }
    const path = `/api/v1/keys/${prefix}/rotate`;
    const made = (await (await product()).call('POST', path, { overlapSeconds: hours * HOUR_S })) as { key: string };
    await write(io.stdout, format === 'text' ? `${made.key}\n` : formatData(made, format));
    return 0;
  },
};
