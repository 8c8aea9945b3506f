import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import * as fc from 'fast-check';
import { type ScalingSpec, scalingSchema } from '../api/v1alpha1/scaling.ts';
import { type Demand, decideScale, type ScaleAnswer, type ScaleMemory, scalingStatus } from './scale.ts';

const spec = (given: object = {}): ScalingSpec => scalingSchema.parse({ max: 4, idleSeconds: 60, ...given });
const demand = (waiting: number, inFlight = 0): Demand => ({ waiting, inFlight, oldestMs: 0 });
const NOON = new Date('2026-01-07T12:00:00Z');

interface Look {
  readonly afterS?: number;
  readonly demand?: Demand | undefined;
  readonly loading?: boolean;
  readonly now?: Date;
  readonly spec?: ScalingSpec;
}

/** Looks one after the other, as the controller does; what was wanted after each. */
function follow(first: ScalingSpec, looks: readonly Look[], from = 0): ScaleAnswer[] {
  let memory: ScaleMemory | undefined;
  let current = from;
  let nowMs = 1_000_000;
  return looks.map((look) => {
    nowMs += (look.afterS ?? 2) * 1000;
    const { loading = false, now = NOON } = look;
    const answer = decideScale({
      ...{ spec: look.spec ?? first, memory, current, loading, nowMs, now },
      demand: 'demand' in look ? look.demand : demand(0),
    });
    memory = answer.memory;
    current = answer.wanted;
    return answer;
  });
}

const wanted = (answers: readonly ScaleAnswer[]) => answers.map((answer) => answer.wanted);
const idle = (looks: number, afterS = 2): Look[] => Array.from({ length: looks }, () => ({ afterS }));

describe('replicas that are wanted', () => {
  const table: readonly [what: string, spec: ScalingSpec, looks: readonly Look[], from: number, to: number[]][] = [
    ['from zero in one step', spec(), [{ demand: demand(13) }], 0, [4]],
    ['one for one request', spec(), [{ demand: demand(1) }], 0, [1]],
    ['never more than max', spec({ max: 2 }), [{ demand: demand(1000) }], 0, [2]],
    ['never fewer than min', spec({ min: 1 }), idle(40, 30), 0, Array(40).fill(1)],
    ['what is in work counts as what waits', spec(), [{ demand: demand(0, 5) }], 1, [2]],
    [
      'down only after idleSeconds',
      spec(),
      [{ demand: demand(5) }, ...idle(29), ...idle(1)],
      0,
      [...Array(30).fill(2), 0],
    ],
    [
      'nothing is known without a gateway',
      spec(),
      [{ demand: undefined }, { demand: undefined, afterS: 9999 }],
      3,
      [3, 3],
    ],
    ['bounds hold without a gateway', spec({ min: 1, max: 2 }), [{ demand: undefined }], 3, [2]],
    ['a restart takes nothing away', spec(), idle(29), 3, Array(29).fill(3)],
  ];
  for (const [what, of, looks, from, to] of table) {
    it(what, () => assert.deepEqual(wanted(follow(of, looks, from)), to));
  }

  it('stay while one of them loads, however long, and idle time counts from then on', () => {
    const looks = [{ demand: demand(1) }, ...idle(100).map((look) => ({ ...look, loading: true })), ...idle(31)];
    const answers = wanted(follow(spec(), looks));
    assert.deepEqual(new Set(answers.slice(0, 130)), new Set([1]));
    assert.equal(answers.at(-1), 0);
  });

  it('are the most of the window, not the average', () => {
    const looks: Look[] = Array.from({ length: 300 }, (_, at) => ({ demand: demand(at % 20 === 0 ? 9 : 0) }));
    assert.deepEqual(new Set(wanted(follow(spec(), looks))), new Set([3]));
  });
});

describe('a clock that jumps', () => {
  for (const hours of [1, -1]) {
    it(`by ${hours} h takes no replica away that idleSeconds would have kept`, () => {
      const looks = [{ demand: demand(5) }, { afterS: hours * 3600 }, { afterS: -hours * 3600 }, ...idle(10)];
      assert.deepEqual(new Set(wanted(follow(spec({ idleSeconds: 300 }), looks))), new Set([2]));
    });
  }

  it('into a schedule and out again is one change up, and one down after idleSeconds', () => {
    const office = { from: '13:00', to: '14:00', timeZone: 'UTC', min: 2, max: 4 };
    const inside = new Date('2026-01-07T13:00:00Z');
    const flips: Look[] = Array.from({ length: 20 }, (_, at) => ({ now: at % 2 === 0 ? inside : NOON }));
    const answers = wanted(follow(spec({ schedules: [office] }), [...flips, ...idle(40)]));
    const changes = answers.filter((each, at) => at > 0 && each !== answers[at - 1]);
    assert.equal(answers[0], 2);
    assert.deepEqual(changes, [0]);
  });
});

describe('reasons', () => {
  const reasonOf = (answer: ScaleAnswer | undefined) => [answer?.change?.reason, answer?.change?.message];

  it('name the requests, the bounds, the schedule and the idle time', () => {
    assert.deepEqual(reasonOf(follow(spec(), [{ demand: demand(3, 2) }])[0]), [
      'Requests',
      '3 waiting and 2 in work, 4 for each replica: 2.',
    ]);
    assert.deepEqual(reasonOf(follow(spec({ max: 1 }), [{ demand: demand(9) }])[0]), [
      'Requests',
      '9 waiting and 0 in work, 4 for each replica: 3, but at most 1.',
    ]);
    assert.equal(reasonOf(follow(spec({ min: 1 }), [{}])[0])[0], 'Bounds');
    assert.equal(reasonOf(follow(spec({ max: 1 }), [{ demand: demand(9) }], 3)[0])[0], 'Bounds');
    const always = { from: '00:00', to: '00:00', timeZone: 'UTC', min: 1, max: 1 };
    assert.equal(reasonOf(follow(spec({ schedules: [always] }), [{}])[0])[0], 'Schedule');
    assert.deepEqual(reasonOf(follow(spec(), [{ demand: demand(1) }, ...idle(31)]).find((each) => each.wanted === 0)), [
      'Idle',
      'No request for 60 s.',
    ]);
  });

  it('stand in the status, newest first and no more than ten', () => {
    let status: ReturnType<typeof scalingStatus> | undefined;
    for (let at = 0; at < 25; at += 1) {
      const [answer] = follow(spec({ max: 16 }), [{ demand: demand(4 * (at + 1)) }], at % 16);
      assert.ok(answer !== undefined);
      status = scalingStatus(status, answer, { current: at % 16, waiting: demand(2), now: NOON });
    }
    assert.equal(status?.decisions.length, 10);
    assert.equal(status?.decisions[0]?.time, '2026-01-07T12:00:00Z');
    assert.deepEqual(status?.coldStart, { queued: 2, oldestSeconds: 0 });
  });
});

test('whatever comes: within bounds, up at once, down only after idleSeconds of less, memory bounded', () => {
  const looks = fc.array(
    fc.record({
      afterS: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(3600, -3600)),
      demand: fc.option(fc.record({ waiting: fc.nat(40), inFlight: fc.nat(8), oldestMs: fc.nat(1000) }), {
        nil: undefined,
      }),
      loading: fc.boolean(),
    }),
    { maxLength: 200 },
  );
  const bounds = fc.record({
    min: fc.nat(3),
    max: fc.integer({ min: 3, max: 16 }),
    idleSeconds: fc.integer({ min: 1, max: 120 }),
  });
  fc.assert(
    fc.property(bounds, looks, fc.nat(16), (given, script, from) => {
      const of = spec(given);
      const answers = follow(of, script, from);
      let current = from;
      for (const [at, answer] of answers.entries()) {
        const look = script[at];
        assert.ok(answer.wanted >= of.min && answer.wanted <= of.max);
        assert.ok(answer.memory.peaks.length <= 18);
        assert.equal(answer.change === undefined, answer.wanted === current);
        if (look?.demand !== undefined) {
          const needed = Math.ceil((look.demand.waiting + look.demand.inFlight) / of.target);
          assert.ok(answer.wanted >= Math.min(needed, of.max));
        }
        if (answer.wanted < Math.min(current, of.max)) {
          assert.ok(look?.demand !== undefined && !look.loading, 'nothing is taken away unseen or while one loads');
          assertLessWasEnough(of, script.slice(0, at + 1), answer.wanted);
        }
        current = answer.wanted;
      }
    }),
    { numRuns: 300 },
  );
});

/** An oracle of its own: going back through time that was watched, nobody needed more than `wanted`. */
function assertLessWasEnough(of: ScalingSpec, looks: readonly Look[], wanted: number): void {
  let backS = 0;
  for (const look of looks.toReversed()) {
    if (look.demand !== undefined) {
      assert.ok(Math.ceil((look.demand.waiting + look.demand.inFlight) / of.target) <= Math.max(wanted, of.min));
      backS += Math.min(Math.max(0, look.afterS ?? 2), 30);
    }
    if (backS >= of.idleSeconds) return;
  }
  assert.fail('it had not watched for idleSeconds');
}
