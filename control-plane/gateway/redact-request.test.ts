import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { effectivePolicy, INTERNAL_POLICY } from '../policy/effective-policy.ts';
import { BUILT_IN_TENANT } from '../policy/tenant-facts.ts';
import { inspect } from '../redaction/inspect.ts';
import { ENDPOINTS, readRequest } from '../wire/endpoint.ts';
import type { ServedModel } from './catalog.ts';
import { lineOf } from './fake-line.ts';
import { previewRedaction } from './preview-redaction.ts';
import { redactBody } from './redact-request.ts';

const surrogateKey = randomBytes(32);
const address = `a${randomBytes(4).toString('hex')}@example.org`;
const model: ServedModel = {
  ...{ namespace: 'default', name: 'm', generation: 1, weightsDigest: undefined, policyName: 'internal' },
  ...{ answerSchema: { type: 'object' }, ready: true, reason: undefined, createdAtS: 0, replicas: [] },
  line: lineOf([]),
};
const target = { name: 'm', model, policy: effectivePolicy([INTERNAL_POLICY]) };

function inspectedBody(body: object) {
  const [endpoint] = ENDPOINTS;
  assert.ok(endpoint !== undefined);
  const parsed = readRequest(endpoint, { model: 'm', messages: [{ role: 'user', content: address }], ...body });
  return { parsed, inspection: inspect(parsed.slots), tenant: 'default' };
}

test('a second attempt sends the same bytes and still knows that its answer is JSON', () => {
  const inspected = inspectedBody({ stream: true });
  const first = redactBody(inspected, target, surrogateKey);
  const second = redactBody(inspected, target, surrogateKey);
  assert.equal(first.answerMode, 'json');
  assert.equal(second.answerMode, 'json');
  assert.equal(second.upstreamBody, first.upstreamBody);
  assert.ok(!first.upstreamBody.includes(address));
  const without = redactBody(inspected, { ...target, model: { ...model, answerSchema: undefined } }, surrogateKey);
  assert.equal(without.answerMode, 'text', 'a fallback without a schema does not inherit one');
  assert.ok(!('response_format' in (JSON.parse(without.upstreamBody) as object)));
});

test('the schema of the model holds only where the caller asks for no format of their own; null is no format', () => {
  for (const [body, applies] of [
    [{ response_format: null }, true],
    [{ response_format: { type: 'text' } }, false],
    [{ response_format: { type: 'json_object' } }, false],
  ] as const) {
    const { upstreamBody } = redactBody(inspectedBody(body), target, surrogateKey);
    assert.equal(upstreamBody.includes('"json_schema"'), applies);
  }
});

test('a preview shows the body that the model would see, and refuses what the gateway refuses', () => {
  const caller = { keyId: 'k', keyName: 'k', tenant: 'default', dataClass: 'internal' } as const;
  const parts = {
    keys: { find: (text: string) => (text === 'good' ? caller : undefined) },
    catalog: {
      model: (_: string, name: string) => (name === 'm' ? model : undefined),
      policy: () => INTERNAL_POLICY,
      tenant: () => BUILT_IN_TENANT,
    },
    surrogateKey,
  };
  const ask = (body: object, key = 'good') => previewRedaction({ body, key }, parts);
  const preview = ask({ model: 'm', messages: [{ role: 'user', content: address }] });
  assert.ok(!JSON.stringify(preview.body).includes(address));
  assert.deepEqual(preview.counts, { EMAIL: 1 });
  assert.equal(preview.policy, 'internal');
  assert.ok(!JSON.stringify(ask({ model: 'm', input: address }).body).includes(address));
  assert.ok(!JSON.stringify(ask({ model: 'm', prompt: address }).body).includes(address));
  assert.throws(() => ask({ model: 'gone', input: 'x' }), { code: 'model_not_found' });
  assert.throws(() => ask({ model: 'm', input: 'x', wish: 1 }), { code: 'unknown_field', param: 'wish' });
  assert.throws(() => ask({ model: 'm', input: 'x' }, 'bad'), { code: 'invalid_api_key' });
});

test('prompts are kept for reuse under a salt of the tenant, where the engine takes one', () => {
  const saltOf = (tenant: string, engine: string | undefined) => {
    const inspected = { ...inspectedBody({}), tenant };
    const salted = { ...target, model: { ...model, engine } };
    return (JSON.parse(redactBody(inspected, salted, surrogateKey).upstreamBody) as { cache_salt?: string }).cache_salt;
  };
  const salt = saltOf('acme', 'llama-worker');
  assert.match(salt ?? '', /^[\w-]{22}$/);
  assert.equal(saltOf('acme', 'llama-worker'), salt);
  assert.notEqual(saltOf('globex', 'llama-worker'), salt);
  assert.equal(saltOf('acme', 'llama-server'), undefined);
  assert.equal(saltOf('acme', undefined), undefined);
});
