import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { parseRole, partsOf, ROLES } from './roles.ts';

test('a role is one of four, and all when none is named', () => {
  assert.equal(parseRole([]), 'all');
  for (const role of ROLES) {
    assert.equal(parseRole(['--role', role]), role);
    assert.equal(parseRole([`--role=${role}`]), role);
  }
  for (const words of [['--role'], ['--role', 'both'], ['gateway'], ['--role', 'all', 'x'], ['--role=']]) {
    assert.throws(() => parseRole(words), UsageError, words.join(' '));
  }
});

test('the roles together run what all runs, and each part that must be one is elected or is of one process', () => {
  const all = partsOf('all', { hasDatabaseUrl: true });
  const [admin, gateway, sequencer] = (['admin', 'gateway', 'sequencer'] as const).map((role) =>
    partsOf(role, { hasDatabaseUrl: true }),
  );
  for (const part of ['admin', 'gateway', 'sequencer', 'controller', 'founds'] as const) {
    assert.equal(all[part], true);
    assert.equal([admin, gateway, sequencer].filter((parts) => parts?.[part] === true).length, 1, part);
  }
});

test('a process that joins an embedded database neither founds nor controls', () => {
  for (const role of ['admin', 'gateway', 'sequencer'] as const) {
    const { founds, controller } = partsOf(role, { hasDatabaseUrl: false });
    assert.deepEqual([founds, controller], [false, false]);
  }
});
