// `intramuros COMMAND`: the table of commands, and the one way that any of them is run. The arrows end here: like
// main.ts, this room may import both sides. `serve` is the composition in main.ts and is handed in.

import type { Planner } from '../admin/resources/plan-routes.ts';
import { fail, toAppError } from '../errors.ts';
import { accountCreateCommand } from './account-create.ts';
import { accountDeleteCommand } from './account-delete.ts';
import { accountListCommand } from './account-list.ts';
import { accountResetCommand } from './account-reset.ts';
import { accountSetCommand } from './account-set.ts';
import { applyCommand } from './apply.ts';
import { auditExportCommand } from './audit-export.ts';
import { auditMatchCommand } from './audit-match.ts';
import { auditProveCommand } from './audit-prove.ts';
import { auditReindexCommand } from './audit-reindex.ts';
import { auditVerifyCommand } from './audit-verify.ts';
import { backupCommand } from './backup.ts';
import type { BackupTool } from './backups.ts';
import { type BundleVerifier, type CliIo, type Command, UsageError } from './command.ts';
import { deleteCommand } from './delete.ts';
import { type FoundProduct, findProduct, type OpenedProduct, type ProductPlace } from './find-product.ts';
import { getCommand } from './get.ts';
import { commandHelp, overallHelp } from './help.ts';
import { keyCreateCommand } from './key-create.ts';
import { keyListCommand } from './key-list.ts';
import { keyRevokeCommand } from './key-revoke.ts';
import { keyRotateCommand } from './key-rotate.ts';
import { loginCommand } from './login.ts';
import { logoutCommand } from './logout.ts';
import { parseArguments } from './parse-arguments.ts';
import { planCommand } from './plan.ts';
import { formatError, OutputClosed, write } from './print.ts';
import { redactCommand } from './redact.ts';
import { restoreCommand } from './restore.ts';
import { ROLES_HELP } from './roles.ts';
import { secretListCommand } from './secret-list.ts';
import { secretRotateCommand } from './secret-rotate.ts';
import { witnessCommand } from './witness.ts';

export const COMMANDS: readonly Command[] = [
  applyCommand,
  getCommand,
  deleteCommand,
  planCommand,
  keyCreateCommand,
  keyListCommand,
  keyRotateCommand,
  keyRevokeCommand,
  accountListCommand,
  accountCreateCommand,
  accountSetCommand,
  accountResetCommand,
  accountDeleteCommand,
  loginCommand,
  logoutCommand,
  redactCommand,
  secretListCommand,
  secretRotateCommand,
  auditExportCommand,
  auditVerifyCommand,
  auditProveCommand,
  auditMatchCommand,
  auditReindexCommand,
  backupCommand,
  restoreCommand,
  witnessCommand,
];

const SERVE_USAGE = 'serve [--role all|admin|gateway|sequencer]';
const SERVE_HELP = `Run the product.

Usage: intramuros ${SERVE_USAGE}

Everything in one process tree, or one role of it, until Ctrl-C. Variables of the environment set it up:
docs/reference/configuration.md. Prints a line that begins with "ready " and holds its addresses once it can be used; the
log goes to stderr.

${ROLES_HELP}
`;

/** What main.ts gives; nothing here is touched before a command needs it. */
export interface CliLoad {
  /** Where the product is looked for. @throws AppError `invalid_configuration`. */
  place(): ProductPlace;
  /** Runs the product until it is told to stop. */
  serve(words: readonly string[]): Promise<number>;
  /** An admin listener on the database of DATABASE_URL, for a machine on which the product itself does not run. */
  readonly openProduct?: () => Promise<OpenedProduct>;
  /** `createLocalPlanner` with the engines and folders of this installation. */
  planner(): Promise<Planner>;
  /** The offline verifier of the audit room. */
  verifier(): Promise<BundleVerifier>;
  /** Backups of the data folder. */
  backups(): Promise<BackupTool>;
  readonly version: string;
}

/** The exit code: 0 done, 1 a negative result or a failure, 2 a wrong command line. */
export async function runCli(argv: readonly string[], io: CliIo, load: CliLoad): Promise<number> {
  // A closed pipe is met where something is written; without a listener it would end the process before.
  io.stdout.on('error', () => {});
  try {
    return await dispatch(argv, io, load);
  } catch (error) {
    if (error instanceof OutputClosed) return 1;
    throw error;
  }
}

async function dispatch(argv: readonly string[], io: CliIo, load: CliLoad): Promise<number> {
  const [first] = argv;
  if (first === undefined) {
    await write(io.stderr, overallHelp(COMMANDS, SERVE_USAGE));
    return 2;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    await write(io.stdout, overallHelp(COMMANDS, SERVE_USAGE));
    return 0;
  }
  if (first === '--version') {
    await write(io.stdout, `${load.version}\n`);
    return 0;
  }
  try {
    if (first === 'serve' && (argv[1] === '--help' || argv[1] === '-h')) {
      await write(io.stdout, SERVE_HELP);
      return 0;
    }
    if (first === 'serve') return await load.serve(argv.slice(1));
    return await runCommand(argv, io, load);
  } catch (error) {
    if (error instanceof OutputClosed) throw error;
    await write(io.stderr, formatError(error));
    if (!(error instanceof UsageError)) return 1;
    await write(io.stderr, `"intramuros ${helpTopic(argv)}--help" says what it takes.\n`);
    return 2;
  }
}

async function runCommand(argv: readonly string[], io: CliIo, load: CliLoad): Promise<number> {
  const command = findCommand(argv);
  if (command === undefined) return explainUnknown(argv, io);
  const { help, positionals, values } = parseArguments(command, argv.slice(command.name.split(' ').length));
  if (help) {
    await write(io.stdout, commandHelp(command));
    return 0;
  }
  let found: FoundProduct | undefined;
  const product = async () => (found ??= await findProduct(load.place(), load.openProduct));
  try {
    return await command.run({
      io,
      positionals,
      values,
      product,
      loginFile: () => load.place().loginFile ?? '',
      planner: () => load.planner(),
      verifier: () => load.verifier(),
      backups: () => load.backups(),
    });
  } catch (error) {
    if (io.signal.aborted) throw fail('shutting_down', { detail: 'Interrupted.', cause: error });
    throw error instanceof UsageError || error instanceof OutputClosed ? error : expected(error);
  } finally {
    await found?.stop();
  }
}

/** A defect keeps its stack for whoever reports it. */
function expected(error: unknown): unknown {
  const known = toAppError(error);
  return known.code === 'internal' && known !== error ? error : known;
}

function findCommand(argv: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name.split(' ').every((word, index) => argv[index] === word));
}

/** `audit` and `key` are groups: their help lists what is in them. */
async function explainUnknown(argv: readonly string[], io: CliIo): Promise<number> {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${argv[0] ?? ''} `));
  if (group.length === 0) throw new UsageError(`"${argv[0] ?? ''}"`, 'is not a command');
  const asked = argv[1] === '--help' || argv[1] === '-h';
  if (!asked && argv[1] !== undefined) throw new UsageError(`"${argv[0] ?? ''} ${argv[1]}"`, 'is not a command');
  await write(asked ? io.stdout : io.stderr, group.map(commandHelp).join('\n'));
  return asked ? 0 : 2;
}

function helpTopic(argv: readonly string[]): string {
  const command = findCommand(argv);
  if (command !== undefined) return `${command.name} `;
  return COMMANDS.some(({ name }) => name.startsWith(`${argv[0] ?? ''} `)) ? `${argv[0] ?? ''} ` : '';
}
