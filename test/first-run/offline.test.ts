// The first run again with no network but loopback: nothing of the product's reaches for anything outside.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPOSITORY } from '../house/sources.ts';

const canCut =
  process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0;

test('the whole first run passes with the network cut to loopback', {
  skip: canCut ? false : 'needs root, unshare and ip',
}, () => {
  const inner = `ip link set lo up && exec "${process.execPath}" --test --test-reporter=tap "${join(REPOSITORY, 'test/first-run/first-run.test.ts')}"`;
  // A test in a test: without this the inner runner would report to the outer one and print nothing.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { status, stdout } = spawnSync('unshare', ['--net', 'sh', '-c', inner], { encoding: 'utf8', env: environment });
  assert.match(stdout, /^# pass 1$/m);
  assert.equal(status, 0, stdout.slice(-3000));
});
