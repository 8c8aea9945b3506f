import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { INVALID, VALID } from '../../test/conformance/resources.ts';
import { findKind, validateResource } from './resource.ts';

describe('validateResource', () => {
  it('is held to a table of at least 60 resources', () => {
    assert.ok(VALID.length + INVALID.length >= 60);
  });

  for (const { name, resource } of VALID) {
    it(`accepts ${name}`, () => {
      const validation = validateResource(resource);
      assert.deepEqual(validation.ok ? [] : validation.problems, []);
    });
  }

  for (const { name, resource, field, says } of INVALID) {
    it(`refuses ${name}, naming the field and the remedy`, () => {
      const validation = validateResource(resource);
      assert.equal(validation.ok, false);
      const problems = validation.ok ? [] : validation.problems;
      assert.deepEqual(
        problems.map((problem) => problem.field),
        [field],
      );
      for (const { message, remedy } of problems) {
        assert.ok(
          field === '' || message.includes(field) || message.includes(field.replace(/\[\d+\]/g, '')),
          `"${message}" does not name ${field}`,
        );
        assert.ok(`${message} ${remedy}`.includes(says), `"${message}; ${remedy}" does not say "${says}"`);
        assert.ok(remedy.length > 5);
      }
    });
  }

  it('names every problem of a resource at once', () => {
    const validation = validateResource({
      apiVersion: 'intramuros.dev/v1alpha1',
      kind: 'Model',
      metadata: { name: 'A' },
      spec: { source: { uri: 'x', digest: 'y', foo: 1 }, replicas: 99 },
    });
    assert.deepEqual(validation.ok ? [] : validation.problems.map(({ field }) => field).sort(), [
      'metadata.name',
      'spec.replicas',
      'spec.source.digest',
      'spec.source.foo',
      'spec.source.uri',
    ]);
  });

  it('fills in defaults and leaves out what only the store may write', () => {
    const validation = validateResource({
      apiVersion: 'intramuros.dev/v1alpha1',
      kind: 'PrivacyPolicy',
      metadata: { name: 'p', managedFields: [] },
      spec: {},
      status: { anything: true },
    });
    assert.deepEqual(validation.ok && validation.resource, {
      apiVersion: 'intramuros.dev/v1alpha1',
      kind: 'PrivacyPolicy',
      metadata: { name: 'p' },
      spec: { default: 'pseudonymise', keep: [], minScore: 0.5 },
    });
  });

  it('does not repeat values in its messages', () => {
    const canary = `secret${process.hrtime.bigint()}`;
    const inputs = [
      { apiVersion: canary },
      { apiVersion: 'intramuros.dev/v1alpha1', kind: canary },
      {
        apiVersion: 'intramuros.dev/v1alpha1',
        kind: 'Model',
        metadata: { name: `${canary}!` },
        spec: { source: { uri: canary, digest: canary }, replicas: canary, privacy: { policy: `${canary}!` } },
      },
    ];
    for (const input of inputs) assert.ok(!JSON.stringify(validateResource(input)).includes(canary));
  });
});

describe('findKind', () => {
  it('knows the words that kubectl users type', () => {
    for (const word of ['Model', 'model', 'models', 'mdl']) assert.equal(findKind(word), 'Model');
    for (const word of ['PrivacyPolicy', 'privacypolicies', 'pp']) assert.equal(findKind(word), 'PrivacyPolicy');
    assert.equal(findKind('pods'), undefined);
  });
});
