import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { explainRedaction, explainRestoration } from './explain.ts';
import { inspect } from './inspect.ts';
import { type Action, type RedactionPolicy, redact } from './redact.ts';
import { restoreText } from './restore.ts';

const VALUES = ['zoe.martin@example.org', 'M. Jean Dupont', 'FR76 3000 6000 0112 3456 7890 189', '+33 6 12 34 56 78'];
const pieces = fc.array(fc.oneof(fc.constantFrom(...VALUES), fc.constantFrom('le patient', '<', '\n', '&lt;', 'é "')), {
  maxLength: 12,
});
const actions = fc.constantFrom<Action>('allow', 'pseudonymise', 'mask');

function policyOf(byType: readonly Action[], minScore = 0.5): RedactionPolicy {
  return { action: (type) => byType[type.length % byType.length] ?? 'mask', keep: new Set(), minScore };
}

test('every replacement stands where it is said to stand, and nothing else was changed', () => {
  fc.assert(
    fc.property(pieces, fc.array(actions, { minLength: 1, maxLength: 5 }), (words, byType) => {
      const text = words.join(' ');
      const policy = policyOf(byType);
      const inspection = inspect([{ path: 't', text }]);
      const [field] = inspection.fields;
      assert.ok(field !== undefined);
      const { texts, surrogates } = redact(inspection, policy, 'kt');
      const redacted = texts[0] ?? '';
      let rebuilt = '';
      let done = 0;
      for (const { start, end, replacement, action } of explainRedaction(field, policy, redacted)) {
        if (replacement === undefined) continue;
        const put = redacted.slice(replacement.start, replacement.end);
        assert.match(put, action === 'mask' ? /^<[A-Z_]+>$/ : /^<[A-Z_]+_\d+kt(:\w+)?>$/);
        rebuilt += text.slice(done, start) + put;
        done = end;
        if (action === 'pseudonymise') assert.equal(restoreText(surrogates, put, 'text'), text.slice(start, end));
      }
      assert.equal(rebuilt + text.slice(done), redacted);
    }),
    { numRuns: 200 },
  );
});

test('a restored answer is laid beside what the model wrote, also where it is JSON', () => {
  const policy = policyOf(['pseudonymise']);
  const inspection = inspect([{ path: 't', text: 'Écrire à zoe.martin@example.org.' }]);
  const { texts, surrogates } = redact(inspection, policy, 'kt');
  const surrogate = /<[^>]+>/.exec(texts[0] ?? '')?.[0] ?? '';
  for (const answered of [`Vu: ${surrogate}, ${surrogate}.`, `{"a":"${surrogate}","b":"${surrogate}"}`]) {
    const got = restoreText(surrogates, answered, 'text');
    const restored = explainRestoration(answered, got, surrogates);
    assert.equal(restored.length, 2);
    for (const { answered: from, got: to } of restored) {
      assert.equal(answered.slice(from.start, from.end), surrogate);
      assert.equal(got.slice(to.start, to.end), 'zoe.martin@example.org');
    }
  }
});

test('what is blocked, allowed or unsure says so and has no replacement', () => {
  const [field] = inspect([{ path: 't', text: 'zoe.martin@example.org' }]).fields;
  assert.ok(field !== undefined);
  for (const action of ['allow', 'block'] as const) {
    const [span] = explainRedaction(field, policyOf([action]), field.text);
    assert.equal(span?.action, action);
    assert.equal(span?.replacement, undefined);
    assert.ok((span?.recogniser ?? '') !== '' && (span?.score ?? 0) > 0);
  }
  assert.equal(explainRedaction(field, policyOf(['mask'], 1.1), field.text)[0]?.action, 'allow');
});
