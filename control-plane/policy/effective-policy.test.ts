import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  ACTIONS,
  KEPT_FEATURES,
  POLICY_ENTITIES,
  type PrivacyPolicySpec,
} from '../../operator/api/v1alpha1/privacy-policy.ts';
import { ENTITY_TYPES } from '../redaction/entities.ts';
import { DATA_CLASSES, isDataClass, raise } from './data-class.ts';
import { effectivePolicy, INTERNAL_POLICY } from './effective-policy.ts';

const action = fc.constantFrom(...ACTIONS);
const specs: fc.Arbitrary<PrivacyPolicySpec> = fc.record({
  default: action,
  entities: fc.dictionary(fc.constantFrom(...POLICY_ENTITIES), action),
  keep: fc.subarray([...KEPT_FEATURES]),
  minScore: fc.double({ min: 0, max: 1, noNaN: true }),
}) as fc.Arbitrary<PrivacyPolicySpec>;
const named = (all: readonly PrivacyPolicySpec[]) => all.map((spec, at) => ({ name: `p${at}`, spec }));

test('composing is as strict as the strictest, per entity, and never keeps what one does not', () => {
  fc.assert(
    fc.property(fc.array(specs, { minLength: 1, maxLength: 4 }), (all) => {
      const policy = effectivePolicy(named(all));
      for (const type of ENTITY_TYPES) {
        const wanted = Math.max(...all.map((spec) => ACTIONS.indexOf(spec.entities?.[type] ?? spec.default)));
        const floor = type === 'SURROGATE' ? Math.max(1, wanted) : wanted;
        assert.equal(policy.action(type), ACTIONS[floor]);
      }
      for (const feature of KEPT_FEATURES) {
        assert.equal(
          policy.keep.has(feature),
          all.every(({ keep }) => keep.includes(feature)),
        );
      }
      assert.equal(policy.minScore, Math.min(...all.map(({ minScore }) => minScore)));
    }),
    { numRuns: 200 },
  );
});

test('equal rules have equal hashes, in whatever order they are composed; other rules have another', () => {
  fc.assert(
    fc.property(specs, specs, (a, b) => {
      const one = effectivePolicy(named([a, b]));
      assert.equal(one.hash, effectivePolicy(named([b, a])).hash);
      assert.match(one.hash, /^sha256:[0-9a-f]{64}$/);
    }),
  );
  const strict = { name: 'strict', spec: { ...INTERNAL_POLICY.spec, entities: { EMAIL: 'block' as const } } };
  assert.notEqual(effectivePolicy([INTERNAL_POLICY]).hash, effectivePolicy([strict]).hash);
  assert.deepEqual(effectivePolicy([INTERNAL_POLICY, strict]).sources, ['internal', 'strict']);
  assert.throws(() => effectivePolicy([]), RangeError);
});

test('a data class is only ever raised', () => {
  for (const [at, a] of DATA_CLASSES.entries()) {
    for (const [bt, b] of DATA_CLASSES.entries()) assert.equal(raise(a, b), DATA_CLASSES[Math.max(at, bt)]);
  }
  assert.ok(isDataClass('internal') && !isDataClass('secret') && !isDataClass(undefined));
});
