import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { PACKAGE_FOLDER } from '../config.ts';
import { greetingLines } from './greeting.ts';

const greet = (dataFolder: string) => greetingLines({ admin: 'http://a', gateway: 'http://g', dataFolder }).join('\n');

test('the line to try names the data folder where another terminal would look elsewhere', () => {
  const usual = greet(join(PACKAGE_FOLDER, '.intramuros'));
  assert.match(usual, /Bearer \$\(npx intramuros key create try\)"/);
  assert.match(usual, /^ready http:\/\/a http:\/\/g$/m);
  assert.match(greet('/srv/im'), /Bearer \$\(INTRAMUROS_DATA=\/srv\/im npx intramuros key create try\)"/);
});

test('a data folder with a space, a quote or a dollar sign comes through a shell as it is', () => {
  for (const folder of ['/srv/my data', `/srv/it's "mine"`, '/srv/$HOME`id`']) {
    const assignment = /\((INTRAMUROS_DATA=.*) npx /.exec(greet(folder))?.[1] ?? '';
    // In the line it stands in a command substitution inside double quotes, as here.
    const script = `echo "$(${assignment} printenv INTRAMUROS_DATA)"`;
    assert.equal(execFileSync('sh', ['-c', script], { encoding: 'utf8' }), `${folder}\n`);
  }
});
