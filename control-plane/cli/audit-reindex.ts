// Makes anew what the search of the log is found by. The log itself is read, never touched.

import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, write } from './print.ts';

export const auditReindexCommand: Command = {
  name: 'audit reindex',
  usage: '',
  summary: 'Make the search of the log anew from its records',
  details: `
For a search that finds less than there is: after a database was repaired, or where somebody edited the tables of the
search. It is made in the background; until then searches read record by record, and their pages are shorter. Only the
search is made anew: no record is written or changed but the one that says that this was done.`,
  positionals: { min: 0, max: 0 },
  options: OUTPUT_OPTION,
  async run({ io, values, product }) {
    const format = readOutputFormat(values);
    const answer = await (await product()).call('POST', '/api/v1/log/reindex');
    const line = 'the search is being made anew from the records of the log\n';
    await write(io.stdout, format === 'text' ? line : formatData(answer, format));
    return 0;
  },
};
