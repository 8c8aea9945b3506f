import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderEntityReference } from './reference.ts';

test('docs/reference/entities.md says what the recognisers do', () => {
  const page = readFileSync(new URL('../../docs/reference/entities.md', import.meta.url), 'utf8');
  assert.equal(page, renderEntityReference(), 'run npm run generate');
});
