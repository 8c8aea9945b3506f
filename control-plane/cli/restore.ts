// Restores a backup into an empty data folder, or puts keys into a restored one.

import { resolve } from 'node:path';
import { type Command, UsageError } from './command.ts';
import { write } from './print.ts';

export const restoreCommand: Command = {
  name: 'restore',
  usage: '[DIR] [--keys FILE | --new-keys]',
  summary: 'Restore a backup into an empty data folder',
  details: `
INTRAMUROS_DATA names the folder to make; one that is not empty is refused. Every file of DIR is checked before anything is
written, and the first bad one is named; with --keys also that these keys signed its manifest. The log is held against the
checkpoint in the backup, and says at the next start that it was recovered, and from when.
Without --keys the folder waits for its keys: "restore --keys FILE", without DIR, puts them there later.
--new-keys, without DIR, gives the old ones up: every API key must be made again, texts can no longer be compared with older
records, and the log goes on under a new verifier key.`,
  positionals: { min: 0, max: 1 },
  options: {
    keys: { type: 'string', value: 'FILE', help: 'The file that "backup --keys FILE" wrote.' },
    'new-keys': { type: 'boolean', help: 'The old keys are lost for good: make new ones at the next start.' },
  },
  async run({ io, positionals: [folder], values, backups }) {
    const file = values.text('keys');
    const renews = values.flag('new-keys');
    if (renews && (folder !== undefined || file !== undefined)) throw new UsageError('--new-keys', 'stands alone');
    if (folder === undefined && file === undefined && !renews) throw new UsageError('DIR', 'or --keys FILE is missing');
    const tool = await backups();
    const keysFile = file === undefined ? undefined : resolve(io.cwd, file);
    if (renews) {
      await tool.renewKeys();
      await write(io.stdout, 'new keys will be made at the next start\n');
    } else if (folder === undefined && keysFile !== undefined) {
      await tool.importKeys(keysFile);
      await write(io.stdout, 'the keys are in their place\n');
    } else if (folder !== undefined) {
      const said: string[] = [];
      const source = resolve(io.cwd, folder);
      const { takenAt, log } = await tool.restore({ source, keysFile, say: (line) => said.push(line) });
      for (const line of said) await write(io.stderr, `${line}\n`);
      await write(io.stdout, `restored the backup of ${takenAt}: ${log.size} audit records\n`);
      if (keysFile === undefined) await write(io.stderr, WITHOUT_KEYS);
    }
    return 0;
  },
};

const WITHOUT_KEYS = `The keys are not in it: "intramuros restore --keys FILE" puts them there, and the product does not start before.
Who made the backup was not checked: that, too, needs the keys.
`;
