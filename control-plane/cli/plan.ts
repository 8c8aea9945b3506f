// What resources would come to on this machine; nothing running needed, nothing started, nothing written.

import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, write } from './print.ts';
import { readResources } from './read-input.ts';

export const planCommand: Command = {
  name: 'plan',
  usage: '-f FILE|-',
  summary: 'Say what resources would come to on this machine',
  details: 'Needs nothing running and changes nothing. Exit code 1 when a Model could not be started as written.',
  positionals: { min: 0, max: 0 },
  options: {
    file: {
      type: 'string',
      short: 'f',
      value: 'FILE|-',
      help: 'File to read; - is standard input.',
      required: true,
      multiple: true,
    },
    ...OUTPUT_OPTION,
  },
  async run({ io, values, planner }) {
    const format = readOutputFormat(values);
    const resources = await readResources(io, values.texts('file'));
    const plan = await planner();
    const { text, feasible, plans } = await plan(resources);
    await write(io.stdout, format === 'text' ? text : formatData({ feasible, plans }, format));
    return feasible ? 0 : 1;
  },
};
