import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { factsOf, termsOf } from './record-facts.ts';

const columns = { receipt: 'imr_0', kind: 'intent', tenant: 'default', stagedAtMs: 1_000 };
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

test('an outcome is found by what its intent says', () => {
  const intent = factsOf(
    bytesOf({
      ...{
        receipt: 'imr_1',
        kind: 'intent',
        time: '2026-11-25T08:00:00.000Z',
        tenant: 'ward',
        action: 'chat.completions',
      },
      ...{ actor: { kind: 'key', id: 'k1' }, model: { name: 'notes' }, dataClass: 'restricted' },
      ...{ policy: { name: 'internal+floor' }, redactions: { PERSON: 2 }, target: { kind: 'local' } },
    }),
    columns,
  );
  const outcome = { receipt: 'imr_2', kind: 'outcome', time: '2026-11-25T08:00:01.000Z', intent: 'imr_1' };
  const said = { outcome: { ok: true, code: 'answered' }, response: { status: 200, texts: [] } };
  const terms = termsOf(factsOf(bytesOf({ ...outcome, ...said, tenant: 'ward' }), columns, intent));
  for (const term of ['kind:outcome', 'model:notes', 'class:restricted', 'policy:floor', 'policy:internal+floor']) {
    assert.ok(terms.includes(term), term);
  }
  for (const term of ['entity:PERSON', 'code:answered', 'status:200', 'tenant:ward'])
    assert.ok(terms.includes(term), term);
  assert.ok(!terms.some((term) => term.startsWith('outside:')));
});

test('whatever the bytes are, there are facts with a time, and short terms without a NUL', () => {
  const entry = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record({ receipt: fc.string(), kind: fc.anything(), time: fc.string(), tenant: fc.string({ maxLength: 2_000 }) })
      .map((value) => bytesOf({ ...value, actor: value, policy: { name: 'a\0b' } })),
  );
  fc.assert(
    fc.property(entry, (bytes) => {
      const facts = factsOf(bytes, columns);
      assert.ok(Number.isFinite(facts.atMs));
      for (const term of termsOf(facts)) assert.ok(term.length <= 265 && !term.includes('\0'), term);
    }),
  );
  const damaged = factsOf(Buffer.from('{"receipt":'), columns);
  assert.deepEqual(termsOf(damaged).toSorted(), ['kind:intent', 'state:unreadable', 'tenant:default']);
});
