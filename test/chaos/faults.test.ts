// The faults that pass in seconds; all of them with INTRAMUROS_TEST_LONG=1 or `npm run chaos -- faults`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, faults } from './faults.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';

test('whatever fails, callers are told within 2 s, nothing goes unrecorded, and it comes back by itself', async () => {
  const rows = await faults(LONG ? { holdMs: 10_000, short: false } : { holdMs: 2_600, short: true });
  const played = LONG ? FAULTS : FAULTS.filter(({ isLong }) => isLong !== true);
  assert.equal(rows.filter(({ ok }) => ok !== undefined).length, played.length + 3);
  assert.deepEqual(
    rows.filter(({ ok }) => ok === false),
    [],
  );
});
