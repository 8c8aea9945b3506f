import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureQuality, type Row, wilson } from './measure.ts';

const isLong = process.env['INTRAMUROS_TEST_LONG'] === '1';
const quality = measureQuality(isLong ? 1_000 : 100);
const share = (rows: readonly Row[], part: (row: Row) => number, whole: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + part(row), 0) / rows.reduce((sum, row) => sum + whole(row), 0);

test('structured entities are found with recall of at least 0.99 and precision of at least 0.98, plain and disguised', () => {
  for (const set of ['generated', 'adversarial'] as const) {
    const rows = quality.structured.filter((row) => row.set === set);
    assert.ok(
      share(
        rows,
        (row) => row.found,
        (row) => row.planted,
      ) >= 0.99,
      `recall, ${set}\n${quality.misses.slice(0, 20).join('\n')}`,
    );
    assert.ok(
      share(
        rows,
        (row) => row.right,
        (row) => row.reported,
      ) >= 0.98,
      `precision, ${set}\n${quality.misses.slice(0, 20).join('\n')}`,
    );
  }
});

test('no entity is found with recall under 0.97 or precision under 0.95 in any language or set', () => {
  for (const row of quality.structured) {
    const what = `${row.entity} ${row.language} ${row.set}: ${row.found}/${row.planted} found, ${row.right}/${row.reported} right`;
    assert.ok(row.found / row.planted >= 0.97, what);
    assert.ok(row.right / row.reported >= 0.95, what);
  }
});

test('text without personal data raises at most one false alarm in 10,000 words: prose, logs, code, near misses', () => {
  for (const { text, words, alarms } of quality.alarms) {
    assert.ok(words > 5_000, `${text} has only ${words} words`);
    assert.ok(alarms <= Math.max(1, words / 10_000), `${text}: ${alarms} false alarms in ${words} words`);
  }
});

test('names after a cue do not get worse', () => {
  assert.ok(
    share(
      quality.names,
      (row) => row.found,
      (row) => row.planted,
    ) >= 0.9,
  );
  assert.ok(
    share(
      quality.names,
      (row) => row.right,
      (row) => row.reported,
    ) >= 0.9,
  );
});

test('the interval is that of Wilson’s paper', () => {
  const [low, high] = wilson(8, 10);
  assert.ok(Math.abs(low - 0.4902) < 0.001 && Math.abs(high - 0.9433) < 0.001);
});
