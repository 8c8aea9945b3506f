import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_DRAFT, fieldsOf, readYaml, withField, yamlOfDraft } from './draft.ts';

test('form and YAML are one value: what the form does not know stays', () => {
  const read = readYaml(`${yamlOfDraft(FIRST_DRAFT)}  adapters:\n    - name: letters\n`);
  assert.ok(read.ok);
  const changed = withField(withField(read.draft, 'contextTokens', '4096'), 'policy', 'health');
  assert.match(yamlOfDraft(changed), /name: letters/);
  assert.deepEqual([fieldsOf(changed).contextTokens, fieldsOf(changed).policy], ['4096', 'health']);
  assert.deepEqual(withField(withField(changed, 'contextTokens', ''), 'policy', ''), read.draft);
});

test('what is no number stays as written, so that the fault can name it', () => {
  const spec = withField(FIRST_DRAFT, 'replicas', 'two')['spec'] as { readonly replicas: unknown };
  assert.equal(spec.replicas, 'two');
});

test('a YAML that is none says where', () => {
  const read = readYaml('a: [1');
  assert.ok(!read.ok && /line 1/.test(read.fault));
  for (const text of ['', '- a', 'word']) assert.ok(!readYaml(text).ok, text);
});
