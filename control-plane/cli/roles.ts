// What each role of `serve` runs, and what it needs of the others: one table, which `--help` prints and serve.ts obeys.
// Several processes of one role may stand beside each other; what must be done by one at a time is elected by a lock of
// the database. Imports command.ts.

import { UsageError } from './command.ts';

export const ROLES = ['all', 'admin', 'gateway', 'sequencer'] as const;
export type Role = (typeof ROLES)[number];

export interface RoleParts {
  readonly admin: boolean;
  readonly gateway: boolean;
  /** Takes turns in putting the audit log in order. */
  readonly sequencer: boolean;
  /** Starts engines on this machine. */
  readonly controller: boolean;
  /** Brings tables and keys about. Others refuse to start where either is missing. */
  readonly founds: boolean;
}

/** A process without DATABASE_URL joins the one that runs the embedded database, which has the controller already. */
export function partsOf(role: Role, { hasDatabaseUrl }: { readonly hasDatabaseUrl: boolean }): RoleParts {
  const isAll = role === 'all';
  const leads = isAll || (role === 'admin' && hasDatabaseUrl);
  return {
    admin: isAll || role === 'admin',
    gateway: isAll || role === 'gateway',
    sequencer: isAll || role === 'sequencer',
    controller: leads,
    founds: leads,
  };
}

export const ROLES_HELP = `Roles, each with what it runs:
  all        everything below in one process tree; without DATABASE_URL also the embedded database
  admin      console and API on INTRAMUROS_PORT; with DATABASE_URL also the controller, which starts the engines
             (of several, one: elected by a lock of the database)
  gateway    the OpenAI-compatible listener on INTRAMUROS_GATEWAY_PORT; as many as you like
  sequencer  puts the audit log in order and signs it; of several, one works and the others stand by

What a role needs: DATABASE_URL, or in INTRAMUROS_DATA the data folder of a running "all", whose embedded database it
joins; and the same keys, in the folder "secrets" of INTRAMUROS_DATA. Only "all" and "admin" make tables and keys: they
start first. Gateways reach engines on the loopback of the machine on which the controller runs. At least one process
must run the sequencer: without one, gateways refuse after 60 s.`;

/** The words after `serve`. Throws UsageError. */
export function parseRole(words: readonly string[]): Role {
  const [option, name, ...rest] = words.flatMap((word) =>
    word.startsWith('--role=') ? ['--role', word.slice('--role='.length)] : [word],
  );
  if (option === undefined) return 'all';
  const role = ROLES.find((each) => each === name);
  if (option === '--role' && rest.length === 0 && role !== undefined) return role;
  throw new UsageError(
    `"${words.join(' ')}"`,
    `is not an option of serve: it takes --role ${ROLES.join('|')}, or nothing`,
  );
}
