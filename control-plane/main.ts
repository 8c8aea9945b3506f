// `intramuros <command>`: composition only. Reads the configuration once and hands each command what it needs.
// May import every room; nothing imports it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseEngine } from '../operator/engines/engines.ts';
import { FormatError } from './audit/format/format-error.ts';
import { BUNDLED_MODELS } from './cli/bundled-models.ts';
import { runCli } from './cli/cli.ts';
import { createLocalPlanner } from './cli/local-planner.ts';
import { parseRole } from './cli/roles.ts';
import { PACKAGE_FOLDER, readConfig } from './config.ts';
import { fail } from './errors.ts';

const { version } = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as { version: string };
const interrupted = new AbortController();
let interruptedAtMs: number | undefined;
process.on('SIGINT', () => {
  // npm may hand on one Ctrl-C twice; only a second one later than that means "at once".
  const nowMs = performance.now();
  if (interruptedAtMs !== undefined && nowMs - interruptedAtMs > 1000) process.exit(130);
  interruptedAtMs ??= nowMs;
  interrupted.abort();
});
process.on('SIGTERM', () => interrupted.abort());

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    signal: interrupted.signal,
  },
  {
    version,
    place() {
      const { dataFolder, databaseUrl, loginFile } = readConfig(process.env);
      return { dataFolder, databaseUrl, loginFile };
    },
    serve: (words) => runServe(words),
    async openProduct() {
      const { openProduct } = await import('./cli/open-product.ts');
      return openProduct(readConfig(process.env), version);
    },
    async planner() {
      const { llamaServer } = readConfig(process.env);
      return createLocalPlanner({
        folders: {
          modelsFolder: process.cwd(),
          bundledModels: BUNDLED_MODELS,
        },
        engines: [chooseEngine({ llamaServerPath: llamaServer })],
        slots: 4,
      });
    },
    async backups() {
      const { openBackups } = await import('./cli/backups.ts');
      return openBackups(readConfig(process.env));
    },
    async verifier() {
      const { verifyBundle } = await import('./audit/verify/verify-bundle.ts');
      const { folderFiles } = await import('./audit/verify/bundle-files.ts');
      const { renderVerifyReport } = await import('./audit/verify/verify-report.ts');
      return async ({ folder, key, since, witnessKey }) => {
        const report = await verifyBundle(folderFiles(folder), {
          verifierKey: key,
          ...(since === undefined ? {} : { since }),
          ...(witnessKey === undefined ? {} : { witnessKey }),
        }).catch((error: unknown) => {
          throw error instanceof FormatError ? wrongKey(error) : error;
        });
        return { ...report, text: renderVerifyReport(report) };
      };
    },
  },
);

async function runServe(words: readonly string[]): Promise<number> {
  const role = parseRole(words);
  const config = readConfig(process.env);
  // Loaded here: the other commands need neither the listeners nor the database.
  const { serve } = await import('./cli/serve.ts');
  return serve({
    config,
    role,
    version,
    write: (line) => void process.stdout.write(`${line}\n`),
    environment: engineEnvironment(),
    signal: interrupted.signal,
  });
}

/** Engines get what a process needs to run, and none of our own variables: those hold passwords. */
function engineEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'LD_LIBRARY_PATH'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function wrongKey(cause: FormatError) {
  return fail('invalid_field', {
    param: '--key, --witness-key',
    detail: `A file holds no verifier key: ${cause.message}.`,
    remedy: 'Give the line of log-key.pub, or of witness-key.pub, that you kept or got from its owner.',
    cause,
  });
}
