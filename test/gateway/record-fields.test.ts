// What the gateway writes against what the page of audit records says of each kind: no field more, none unknown.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { decodeRecord, encodeRecord, hasKnownFacts, RECORD_SCHEMAS } from '../../control-plane/audit/format/record.ts';
import { RECORD_KIND_FACTS } from '../../control-plane/audit/format/reference.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { blocking, type GatewayUnderTest, startGatewayUnderTest, until, whole } from './gateway-under-test.ts';

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
before(async () => {
  engine = await startScriptedEngine();
  engine.answer(() => ({ pieces: [whole('ok')] }));
  gateway = await startGatewayUnderTest({ engines: [engine.url], policies: [blocking('strict')] });
});
after(async () => {
  await gateway.end();
  await engine.stop();
});

test('answered, failed, refused and blocked requests leave records of just the fields that the page lists', async () => {
  const address = `${randomBytes(6).toString('hex')}@example.org`;
  const messages = [{ role: 'user', content: `Write to ${address}, and again to ${address}.` }];
  await gateway.chat({ messages });
  engine.answer(() => ({ status: 500, pieces: ['{}'] }));
  await gateway.chat();
  await gateway.chat({ unknown_field: 1 });
  gateway.setModel({ policy: 'strict' });
  const blocked = await gateway.chat({ messages });
  assert.equal(blocked.status, 400);
  await until(() => gateway.records('outcome').length === 2, 'two outcomes');

  const written = gateway.audit.records.map((record, n) => ({
    ...record,
    v: 1,
    producer: { id: 'test', epoch: 1, n },
  }));
  assert.deepEqual(
    written.map(({ kind }) => kind),
    ['intent', 'outcome', 'intent', 'outcome', 'refusal', 'refusal'],
  );
  const envelope = Object.keys(RECORD_SCHEMAS.envelope.shape);
  for (const record of written) {
    const entry = decodeRecord(encodeRecord(record));
    assert.ok(hasKnownFacts(entry), `a fact of an unknown form in ${record.kind}`);
    const listed: readonly string[] = RECORD_KIND_FACTS[record.kind].facts;
    for (const field of Object.keys(record)) {
      assert.ok(envelope.includes(field) || listed.includes(field), `${field} of ${record.kind} is not on the page`);
    }
  }
  assert.ok(!JSON.stringify(written).includes(address));
});

test('the record of a blocked request says how much of what, under which policy of which model', async () => {
  const refusal = gateway.records('refusal').at(-1);
  assert.deepEqual(refusal?.['outcome'], { ok: false, code: 'content_blocked' });
  assert.deepEqual(refusal?.['blocked'], { EMAIL: 2 });
  assert.equal((refusal?.['model'] as { name: string } | undefined)?.name, 'm');
  assert.match((refusal?.['policy'] as { name: string } | undefined)?.name ?? '', /strict/);
});
