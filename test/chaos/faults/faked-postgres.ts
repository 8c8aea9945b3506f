// PostgreSQL under libfaketime, so that its wall clock can be set as well. The library is the system's (Debian: libfaketime);
// without it the clocks of our own processes jump and that of the database stays, which is also a thing that happens.

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { chooseLauncher, type Launcher } from '../../../control-plane/database/launcher.ts';
import { locatePostgres } from '../../../control-plane/database/postgres-binaries.ts';

const PLACES = [
  process.env['INTRAMUROS_TEST_FAKETIME'] ?? '',
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
];

/** Reads its offset from `file` at each look at the clock; undefined where there is no libfaketime. */
export async function fakedPostgres(file: string): Promise<Launcher | undefined> {
  const library = PLACES.find((path) => path !== '' && existsSync(path));
  if (library === undefined) return undefined;
  const { postgres } = await locatePostgres();
  const plain = chooseLauncher(postgres, tmpdir());
  const variables = [
    `LD_PRELOAD=${library}`,
    `FAKETIME_TIMESTAMP_FILE=${file}`,
    'FAKETIME_NO_CACHE=1',
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
  ];
  return { ...plain, wrap: (command, args) => plain.wrap('/usr/bin/env', [...variables, command, ...args]) };
}
