import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { consolePackages, renewNotice, runtimePackages } from './notice.ts';
import { REPOSITORY } from './sources.ts';

const notice = readFileSync(join(REPOSITORY, 'NOTICE'), 'utf8');
const packages = [...runtimePackages(), ...consolePackages()];
/** Licences under which a company may run and pass on what it installs; another one is a decision to be made. */
const KNOWN =
  /^\(?(?:(?:Apache-2\.0|MIT|ISC|0BSD|BSD-[23]-Clause|BlueOak-1\.0\.0|OFL-1\.1|Unlicense|Public Domain)(?: (?:OR|AND) )?)+\)?$/;

test('every package that runs with the product or reaches a browser has a licence that is known here', () => {
  assert.ok(packages.length > 150, `${packages.length} packages`);
  assert.deepEqual(
    packages.filter(({ licence }) => !KNOWN.test(licence)).map(({ name, licence }) => `${name} (${licence})`),
    [],
  );
});

test('each brings the text of its licence in its folder, or stands with it in section 5 of NOTICE', () => {
  const section = notice.slice(notice.indexOf('\n5. '));
  const without = packages.filter(({ hasText }) => !hasText).map(({ name }) => name);
  const named = (name: string) => section.includes(name.replace(/^(@reflink\/reflink)-.*/, '$1'));
  assert.deepEqual(
    without.filter((name) => !named(name)),
    [],
    'a package without the text of its licence',
  );
  for (const words of [
    'Permission is hereby granted, free of charge',
    'Permission to use, copy, modify, and/or distribute',
  ]) {
    assert.ok(section.includes(words));
  }
});

test('the lists of NOTICE are what is installed', (t) => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return t.skip('not here: another architecture');
  assert.equal(renewNotice(notice), notice, 'run npm run generate');
});
