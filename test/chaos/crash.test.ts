// A tenth of the crash script; all of it with INTRAMUROS_TEST_LONG=1 or `npm run chaos -- crash`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crash } from './crash.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';

test('no acknowledged record is lost and none is missing that reached an engine, whatever is killed', async () => {
  const rows = await crash(
    LONG ? { rounds: 51, acknowledgements: 20_400, seed: 51 } : { rounds: 6, acknowledgements: 600, seed: 6 },
  );
  const judged = rows.filter(({ ok }) => ok !== undefined);
  assert.equal(judged.length, 6);
  assert.deepEqual(
    judged.filter(({ ok }) => ok === false),
    [],
    JSON.stringify(rows),
  );
});
