// The source files of the repository, as git knows them: tracked ones and new ones that are not ignored.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export function listSources(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx', '*.js'],
    {
      cwd: REPOSITORY,
      encoding: 'utf8',
    },
  );
  return listed
    .split('\n')
    .filter((file) => file !== '' && !file.includes('/generated/') && !file.includes('node_modules/'));
}
