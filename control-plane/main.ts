// `intramuros <command>`: composition only. Reads the configuration once and hands each command what it needs.
// May import every room; nothing imports it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseEngine } from '../operator/engines/engines.ts';
import { runCli } from './cli/cli.ts';
import { createLocalPlanner } from './cli/local-planner.ts';
import { PACKAGE_FOLDER, readConfig } from './config.ts';
import { fail } from './errors.ts';

const { version } = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as { version: string };
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

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
      const { dataFolder, databaseUrl } = readConfig(process.env);
      return { dataFolder, databaseUrl };
    },
    serve: () =>
      Promise.reject(
        fail('not_running', {
          detail: 'This version does not put the listeners together yet.',
          remedy: 'The commands plan -f and redact --json run without it.',
        }),
      ),
    async planner() {
      const { llamaServer } = readConfig(process.env);
      return createLocalPlanner({
        folders: {
          modelsFolder: process.cwd(),
          bundledModels: {
            'clinical-extraction': join(PACKAGE_FOLDER, 'control-plane/models/clinical-extraction.gguf'),
          },
        },
        engines: [chooseEngine({ llamaServerPath: llamaServer })],
        slots: 4,
      });
    },
    verifier: () =>
      Promise.reject(
        fail('not_running', {
          detail: 'This version has no offline verifier yet.',
          remedy: 'docs/adr/0005-audit-log.md says how the bundle is laid out.',
        }),
      ),
  },
);
