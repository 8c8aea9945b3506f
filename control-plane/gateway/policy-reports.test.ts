import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INTERNAL_POLICY, type NamedPolicy } from '../policy/effective-policy.ts';
import { type PolicyReport, type PolicyReportsOptions, startPolicyReports } from './policy-reports.ts';

function bench(options: Partial<PolicyReportsOptions> = {}) {
  const sent: PolicyReport[] = [];
  const errors: unknown[] = [];
  let told = () => {};
  let held: readonly NamedPolicy[] = [INTERNAL_POLICY];
  let beats = 0;
  let left = 0;
  const reports = startPolicyReports({
    catalog: {
      policies: () => held,
      onPolicies: (listener) => {
        told = listener;
      },
    },
    report: async (policies) => void sent.push(policies),
    beat: async () => {
      beats += 1;
      return true;
    },
    leave: async () => {
      left += 1;
    },
    onError: (error) => void errors.push(error),
    beatMs: 5,
    ...options,
  });
  const hold = (policies: readonly NamedPolicy[]) => {
    held = policies;
    told();
  };
  return { reports, sent, errors, hold, beats: () => beats, left: () => left };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const health: NamedPolicy = { name: 'health', spec: { default: 'mask', keep: [], minScore: 0.5 }, generation: 3 };

test('a gateway reports what it holds at its start and at each change, and beats in between', async () => {
  const { reports, sent, hold, beats, left } = bench();
  await until(() => sent.length === 1 && beats() > 2);
  assert.deepEqual(Object.keys(sent[0] ?? {}), ['internal']);
  assert.equal(sent[0]?.['internal']?.generation, 0);
  hold([INTERNAL_POLICY, health]);
  await until(() => sent.length === 2);
  assert.equal(sent[1]?.['health']?.generation, 3);
  assert.match(sent[1]?.['health']?.hash ?? '', /^sha256:[0-9a-f]{64}$/);
  await reports.stop();
  assert.equal(left(), 1);
});

test('a change during a report is reported after it', async () => {
  let release = () => {};
  const sent: PolicyReport[] = [];
  const report = async (policies: PolicyReport) => {
    sent.push(policies);
    if (sent.length === 1) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
  };
  const { reports, hold } = bench({ report });
  await until(() => sent.length === 1);
  hold([INTERNAL_POLICY, health]);
  release();
  await until(() => sent.length === 2);
  assert.equal(sent[1]?.['health']?.generation, 3);
  await reports.stop();
});

test('a lost row is reported anew; a database that is away is told of once, and reported to when it is back', async () => {
  let beat = async () => false;
  const lost = bench({ beat: () => beat() });
  await until(() => lost.sent.length >= 3);
  beat = async () => {
    throw new Error('away');
  };
  await until(() => lost.errors.length === 1);
  const before = lost.sent.length;
  beat = async () => true;
  await until(() => lost.sent.length > before);
  assert.equal(lost.errors.length, 1);
  await lost.reports.stop();
});
