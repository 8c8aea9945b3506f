import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionFor, changesOf } from './rule-changes.ts';

const ENTITIES = ['PERSON', 'EMAIL', 'SECRET', 'SURROGATE'] as const;

test('a change is told by kind of value, what lets more through first', () => {
  const before = { default: 'pseudonymise', entities: { SECRET: 'block' }, keep: ['gender'], minScore: 0.5 };
  const after = { default: 'mask', entities: { SECRET: 'allow' }, keep: ['year'], minScore: 0.7 };
  assert.deepEqual(changesOf(before, after, ENTITIES), {
    rules: [
      { from: 'block', to: 'allow', stricter: false, entities: ['SECRET'] },
      { from: 'pseudonymise', to: 'mask', stricter: true, entities: ['PERSON', 'EMAIL', 'SURROGATE'] },
    ],
    kept: [
      { feature: 'gender', kept: false },
      { feature: 'year', kept: true },
    ],
    minScore: { from: 0.5, to: 0.7 },
  });
});

test('the same rule said in another way is no change', () => {
  const summary = changesOf({ default: 'mask' }, { default: 'mask', entities: { EMAIL: 'mask' }, keep: [] }, ENTITIES);
  assert.deepEqual(summary, { rules: [], kept: [], minScore: undefined });
});

test('what looks like a surrogate is never let through, and half-written specs are read as far as they go', () => {
  assert.equal(actionFor({ default: 'allow' }, 'SURROGATE'), 'pseudonymise');
  assert.equal(actionFor({ default: 'allow' }, 'EMAIL'), 'allow');
  for (const spec of [undefined, null, 'x', [], { default: 7, entities: [] }, { entities: { EMAIL: 'no' } }]) {
    assert.equal(actionFor(spec, 'EMAIL'), 'pseudonymise');
  }
});
