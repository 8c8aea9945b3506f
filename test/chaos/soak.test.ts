// A few seconds of the soak, so that it still runs on the day that somebody needs it, and the arithmetic of its verdict.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OutcomeLog } from './soak/client.ts';
import { judge, type Sample } from './soak/report.ts';
import { median, slopePerHour } from './soak/slope.ts';

const SOAK = fileURLToPath(new URL('./soak.ts', import.meta.url));
const MIB = 2 ** 20;

if (process.env['INTRAMUROS_TEST_LONG'] === '1')
  test('a few seconds of every kind of traffic: all of it explained, memory and event loop told', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [SOAK, '--minutes', '0.1', '--cpu', '60']);
    assert.match(stdout, /too short to judge/);
    assert.match(stdout, /\| live heap and buffers after a collection, MiB \| [1-9]/);
    assert.match(stdout, /\| descriptors of the product \| [1-9]/);
    assert.match(stdout, /\| event loop late, p99, ms \| \d/);
    assert.match(stdout, /\| (?:whole|stream): 200 \| [1-9]/);
    assert.doesNotMatch(stdout, /UNEXPLAINED|missed/);
  });

test('the slope is that of most points, whatever a few of them do', () => {
  const points = Array.from({ length: 60 }, (_, at) => ({
    hours: at / 60,
    value: 100 + 3 * (at / 60) + (at % 20 === 0 ? 500 : 0),
  }));
  assert.ok(Math.abs(slopePerHour(points) - 3) < 0.5);
  assert.equal(slopePerHour([]), 0);
  assert.equal(median([3, 1, 2]), 2);
});

test('a leak, growing descriptors and an unexplained outcome are each missed', () => {
  const outcomes = new OutcomeLog();
  outcomes.add('whole', '200', [{ outcome: '200', because: '' }]);
  const result = (growth: number, descriptors: number, log = outcomes) => {
    const hours = Array.from({ length: 60 }, (_, at) => at / 60);
    const samples = hours.map(
      (at): Sample => ({
        ...{ hours: at, rssBytes: 1, treeDescriptors: 1, engineRssBytes: 1, processes: 1 },
        ...{ delayP50Ms: 0, delayP99Ms: 0, delayMaxMs: 0, cpuShare: 0 },
        productDescriptors: 50 + at * descriptors,
      }),
    );
    const collected = hours.map((at) => ({
      hours: at,
      heapBytes: 30 * MIB + at * growth * MIB,
      externalBytes: 0,
      rssBytes: MIB,
    }));
    return judge({ minutes: 60, warmUpHours: 0.2, samples, collected, outcomes: log }).missed;
  };
  assert.deepEqual(result(0.5, 1), []);
  assert.match(result(5, 1).join(), /live memory grows 5\.00 MiB\/h/);
  assert.match(result(0, 100).join(), /descriptors grew/);
  outcomes.add('whole', '500 internal', []);
  assert.match(result(0, 0).join(), /1 unexplained/);
});
