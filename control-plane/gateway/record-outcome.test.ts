import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryAuditLog } from '../audit/memory-audit-log.ts';
import { type ErrorCode, fail } from '../errors.ts';
import type { Caller } from './exchange.ts';
import { createRefusalLog } from './record-outcome.ts';

function refusal(code: ErrorCode, keyId?: string, origin = '10.0.0.1') {
  const caller: Caller | undefined =
    keyId === undefined ? undefined : { keyId, keyName: keyId, tenant: 'default', dataClass: 'internal' };
  return { error: fail(code, { detail: 'x', param: 'a[secret]' }), action: 'chat.completions', caller, origin };
}

test('each refusal of a known caller has a record of its own, without the path at fault', () => {
  const audit = new MemoryAuditLog();
  const log = createRefusalLog(audit, () => 0);
  const receipts = [log.refuse(refusal('unknown_field', 'k')), log.refuse(refusal('unknown_field', 'k'))];
  assert.deepEqual(
    audit.records.map(({ receipt }) => receipt),
    receipts,
  );
  assert.equal(new Set(receipts).size, 2);
  assert.doesNotMatch(JSON.stringify(audit.records), /secret/);
});

test('what can be caused without limit shares a record a minute: by key, or by origin of an unknown caller', () => {
  const audit = new MemoryAuditLog();
  let nowMs = 0;
  const log = createRefusalLog(audit, () => nowMs);
  const first = log.refuse(refusal('rate_limited', 'k'));
  assert.equal(log.refuse(refusal('rate_limited', 'k')), first);
  assert.notEqual(log.refuse(refusal('rate_limited', 'other')), first);
  const unknown = log.refuse(refusal('invalid_api_key'));
  assert.equal(log.refuse(refusal('invalid_api_key')), unknown);
  assert.notEqual(log.refuse(refusal('invalid_api_key', undefined, '10.0.0.2')), unknown);
  assert.notEqual(log.refuse(refusal('body_too_large')), unknown);
  assert.equal(audit.records.length, 5);
  assert.doesNotMatch(JSON.stringify(audit.records), /10\.0\.0/, 'where a caller came from is not recorded');
  nowMs = 60_001;
  assert.notEqual(log.refuse(refusal('rate_limited', 'k')), first);
});
