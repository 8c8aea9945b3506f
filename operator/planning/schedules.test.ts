import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scalingSchema } from '../api/v1alpha1/scaling.ts';
import { boundsAt } from './schedules.ts';

const base = { timeZone: 'Europe/Paris', min: 2, max: 3 };

function isInForce(schedule: object, at: string): boolean {
  const spec = scalingSchema.parse({ schedules: [{ ...base, ...schedule }] });
  return boundsAt(spec, new Date(at)).scheduled;
}

describe('a schedule', () => {
  const table: readonly [what: string, schedule: object, at: string, inForce: boolean][] = [
    ['begins at from, on the clock of its zone', { from: '08:00', to: '18:00' }, '2026-01-07T07:00:00Z', true],
    ['is not in force a minute before', { from: '08:00', to: '18:00' }, '2026-01-07T06:59:59Z', false],
    ['is over at to', { from: '08:00', to: '18:00' }, '2026-01-07T17:00:00Z', false],
    ['moves with summer time', { from: '08:00', to: '18:00' }, '2026-07-08T06:00:00Z', true],
    ['and back', { from: '08:00', to: '18:00' }, '2026-07-08T16:00:00Z', false],
    ['holds on its days', { from: '08:00', to: '18:00', days: ['Wed'] }, '2026-01-07T12:00:00Z', true],
    ['and on no other', { from: '08:00', to: '18:00', days: ['Tue', 'Thu'] }, '2026-01-07T12:00:00Z', false],
    ['over midnight before it', { from: '22:00', to: '06:00', days: ['Tue'] }, '2026-01-06T23:30:00Z', true],
    [
      'over midnight belongs to the day it began',
      { from: '22:00', to: '06:00', days: ['Tue'] },
      '2026-01-07T04:00:00Z',
      true,
    ],
    ['and not to the next', { from: '22:00', to: '06:00', days: ['Wed'] }, '2026-01-07T04:00:00Z', false],
    ['whose from is its to lasts all day', { from: '00:00', to: '00:00' }, '2026-01-07T15:00:00Z', true],
    // 29 March 2026: Paris goes from 02:00 to 03:00 at 01:00 UTC.
    ['that the clock skips is over at once', { from: '02:00', to: '03:00' }, '2026-03-29T01:00:00Z', false],
    ['that begins in the skipped hour begins after it', { from: '02:30', to: '04:00' }, '2026-03-29T01:00:00Z', true],
    // 25 October 2026: Paris goes from 03:00 to 02:00 at 01:00 UTC.
    ['in the hour that comes twice is in force first', { from: '02:00', to: '02:30' }, '2026-10-25T00:10:00Z', true],
    ['is over between', { from: '02:00', to: '02:30' }, '2026-10-25T00:40:00Z', false],
    ['and in force again', { from: '02:00', to: '02:30' }, '2026-10-25T01:10:00Z', true],
  ];
  for (const [what, schedule, at, inForce] of table) it(what, () => assert.equal(isInForce(schedule, at), inForce));

  it('of 24 hours of every day lasts through both changes of the clock', () => {
    for (let minute = 0; minute < 366 * 24 * 60; minute += 10) {
      const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
      assert.ok(isInForce({ from: '00:00', to: '00:00' }, at), at);
    }
  });

  it('gives its bounds; of several the largest hold', () => {
    const all = { from: '00:00', to: '00:00', timeZone: 'UTC' };
    const schedules = [
      { ...all, min: 1, max: 5 },
      { ...all, min: 3, max: 4 },
    ];
    const { min, max, scheduled } = boundsAt(scalingSchema.parse({ schedules }), new Date());
    assert.deepEqual({ min, max, scheduled }, { min: 3, max: 5, scheduled: true });
  });

  it('of a zone that does not exist is not followed, and the status says which', () => {
    const spec = scalingSchema.parse({
      schedules: [{ ...base, from: '00:00', to: '00:00', timeZone: 'Europe/Nowhere' }],
    });
    const bounds = boundsAt(spec, new Date());
    assert.equal(bounds.min, 0);
    assert.match(bounds.problem ?? '', /schedules\[0\]\.timeZone .* Europe\/Paris/);
  });
});
