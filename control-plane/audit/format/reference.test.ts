import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { RECORD_KINDS, RECORD_SCHEMAS } from './record.ts';
import { RECORD_KIND_FACTS, renderRecordReference } from './reference.ts';

const page = renderRecordReference();

test('docs/reference/audit-records.md says what the schema says', () => {
  const written = readFileSync(new URL('../../../docs/reference/audit-records.md', import.meta.url), 'utf8');
  assert.equal(written, page, 'run npm run generate');
});

test('each kind, and each field with what it is, stands on the page', () => {
  for (const kind of RECORD_KINDS) assert.ok(page.includes(`| \`${kind}\` |`), kind);
  for (const field of [...Object.keys(RECORD_SCHEMAS.envelope.shape), ...Object.keys(RECORD_SCHEMAS.facts.shape)]) {
    assert.ok(page.includes(`| \`${field}\` |`), field);
  }
  const undescribed = page.split('\n').filter((line) => /^\| `[\w.]+` \|.*\|\s+\|$/.test(line));
  assert.deepEqual(undescribed, []);
});

test('each fact belongs to a kind', () => {
  const held = new Set<string>(Object.values(RECORD_KIND_FACTS).flatMap(({ facts }) => facts));
  assert.deepEqual(
    Object.keys(RECORD_SCHEMAS.facts.shape).filter((fact) => !held.has(fact)),
    [],
  );
});
