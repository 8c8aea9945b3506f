// Takes a backup of the embedded data folder; the keys into a file of their own.

import { resolve } from 'node:path';
import { type Command, UsageError } from './command.ts';
import { write } from './print.ts';
import { refuseOccupied } from './refuse-occupied.ts';

export const backupCommand: Command = {
  name: 'backup',
  usage: '[DIR] [--keys FILE] [--without-models]',
  summary: 'Back up the embedded data folder, its keys apart',
  details: `
Of one moment, whether the product runs or not: the database (without signed-in sessions) and the models folder go to DIR,
which must not exist or be empty; sizes and SHA-256 of all files stand in a manifest signed with the key of the log.
The keys go to FILE (0600) and never to DIR: who has DIR cannot sign the log, and who has FILE alone has no data. Keep the
two in different places. FILE changes only when keys do. Without DIR only the keys are written.
DIR holds no prompt and no answer; it holds digests of passwords and API keys, and the weights.`,
  positionals: { min: 0, max: 1 },
  options: {
    keys: { type: 'string', value: 'FILE', help: 'Write the keys to this new file.' },
    'without-models': { type: 'boolean', help: 'List the weights by their digest, but leave them out.' },
  },
  async run({ io, positionals: [folder], values, backups }) {
    const keys = values.text('keys');
    if (folder === undefined && keys === undefined) throw new UsageError('DIR', 'or --keys FILE is missing');
    const target = folder === undefined ? undefined : resolve(io.cwd, folder);
    if (target !== undefined) await refuseOccupied(target, 'DIR', 'a backup is a closed set of files');
    const tool = await backups();
    if (keys !== undefined) {
      await tool.exportKeys(resolve(io.cwd, keys));
      await write(io.stdout, `keys: ${resolve(io.cwd, keys)}; keep it apart from the backup\n`);
    }
    if (target === undefined) return 0;
    const facts = await tool.create({ target, withModels: !values.flag('without-models'), signal: io.signal });
    const { tables, models, log } = facts;
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const kept = models.included ? 'weights' : 'weights listed and left out';
    await write(
      io.stdout,
      `backup of ${facts.takenAt}: ${log.size} audit records, ${rows} rows, ${models.files.length} ${kept}: ${target}\n`,
    );
    if (keys === undefined)
      await write(io.stderr, 'The keys are not in it: "intramuros backup --keys FILE" writes them, once is enough.\n');
    return 0;
  },
};
