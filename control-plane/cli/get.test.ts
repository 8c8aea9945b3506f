import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { formatTroubles } from './get.ts';

type Condition = NonNullable<NonNullable<Model['status']>['conditions']>[number];

function modelWith(
  ...conditions: readonly Pick<Condition, 'type' | 'status' | 'reason' | 'message' | 'remedy'>[]
): Model {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: 'notes', namespace: 'default', generation: 1 },
    spec: { source: { uri: 'file:///notes.gguf' }, replicas: 1 },
    status: {
      conditions: conditions.map((condition) => ({
        ...condition,
        lastTransitionTime: '2026-01-01T00:00:00Z',
        observedGeneration: 1,
      })),
    },
  };
}

test('under a single model stands each condition that does not hold, with its cause and remedy', () => {
  const missing = {
    status: 'False',
    reason: 'MissingFile',
    message: 'There is no file.',
    remedy: 'Put one there.',
  } as const;
  const told = formatTroubles(
    modelWith(
      { type: 'SourceVerified', ...missing },
      { type: 'Fits', status: 'True', reason: 'EnoughMemory', message: 'It fits.' },
      { type: 'Ready', ...missing },
    ),
  );
  assert.equal(told, '  SourceVerified: MissingFile. There is no file. Put one there.\n');
});

test('of a model that is Ready there is nothing to tell, and of a cause that only Ready knows there is', () => {
  const serving = { type: 'Ready', status: 'True', reason: 'Serving', message: 'It answers.' } as const;
  assert.equal(formatTroubles(modelWith(serving)), '');
  const unknown = { type: 'Ready', status: 'False', reason: 'PolicyNotFound', message: 'No policy.' } as const;
  assert.equal(formatTroubles(modelWith(unknown)), '  Ready: PolicyNotFound. No policy.\n');
});
