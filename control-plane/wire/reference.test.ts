import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDPOINTS } from './endpoint.ts';
import { renderWireReference } from './reference.ts';
import { tableRows } from './table-rows.ts';

test('the reference page has a row for every field of every endpoint, with reasons for what is refused', () => {
  const page = renderWireReference();
  for (const { path, table } of ENDPOINTS) {
    const section = page.split(`## POST ${path}\n`)[1]?.split('\n## ')[0] ?? '';
    for (const row of tableRows(table)) {
      assert.ok(section.includes(`| \`${row.path}\` |`), row.path);
      if (row.field.kind === 'refuse') assert.ok(section.includes(row.field.why), row.path);
    }
  }
});

test('rows of the page keep to their columns', () => {
  const rows = renderWireReference()
    .split('\n')
    .filter((line) => line.startsWith('|'));
  for (const row of rows) assert.equal(row.replaceAll('\\|', '').split('|').length, 5, row);
});
