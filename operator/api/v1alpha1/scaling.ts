// spec.scaling: as many replicas as the requests ask for, down to none, within bounds that may follow the clock. And
// status.scaling: what was decided last, and why. Imports zod and the api room.
import * as z from 'zod';
import { atMost, between, field, matches, self } from '../rule.ts';
import { withRules } from '../schema.ts';

export const MAX_REPLICAS = 16;
export const MAX_SCHEDULES = 16;
export const MAX_QUEUED = 10_000;
/** Decisions that the status remembers. */
export const MAX_DECISIONS = 10;

/** What holds where spec.scaling.coldStart says nothing. */
const COLD_START = { maxQueued: 1000, maxWaitSeconds: 300 } as const;

export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A whole number of the spec with its bounds. */
function count(path: string, least: number, most: number, description: string, remedy: string) {
  return withRules(z.int().meta({ description }), {
    holds: between(self, least, most),
    field: '',
    message: `${path} must be between ${least} and ${most}`,
    remedy,
  });
}

function timeOfDay(path: string, description: string) {
  return withRules(z.string().max(5).meta({ description }), {
    holds: matches(self, '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    field: '',
    message: `${path} must be a time of day`,
    remedy: 'write hours and minutes with two digits each, such as 08:00',
  });
}

const timeZone = withRules(
  z.string().max(64).meta({ description: 'Time zone of the IANA database whose clock from, to and days are read on.' }),
  {
    holds: matches(self, '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$'),
    field: '',
    message: 'spec.scaling.schedules.timeZone must be the name of a time zone',
    remedy: 'write for example Europe/Paris, or UTC',
  },
);

const SCHEDULE = 'spec.scaling.schedules';

const schedule = withRules(
  z.strictObject({
    days: z
      .array(z.enum(WEEKDAYS))
      .max(7)
      .optional()
      .meta({ description: 'Days on which it begins. Default: every day.' }),
    from: timeOfDay(`${SCHEDULE}.from`, 'When it begins, on the local clock.'),
    to: timeOfDay(
      `${SCHEDULE}.to`,
      'When it ends; not after from means on the next day. An hour that the clock skips is over at once, one that it repeats is in force twice.',
    ),
    timeZone,
    min: count(`${SCHEDULE}.min`, 0, MAX_REPLICAS, 'Takes the place of spec.scaling.min.', 'write 1 or more'),
    max: count(`${SCHEDULE}.max`, 1, MAX_REPLICAS, 'Takes the place of spec.scaling.max.', 'write 1 or more'),
  }),
  {
    holds: atMost(field('min'), field('max')),
    field: '',
    message: `${SCHEDULE}.min must not be greater than ${SCHEDULE}.max`,
    remedy: 'raise max, or lower min',
  },
);

const coldStart = z.strictObject({
  maxQueued: count(
    'spec.scaling.coldStart.maxQueued',
    0,
    MAX_QUEUED,
    'Requests that may wait at one gateway while no replica answers; one more gets 429 and Retry-After. 0: none waits.',
    'write for example 1000',
  ).default(COLD_START.maxQueued),
  maxWaitSeconds: count(
    'spec.scaling.coldStart.maxWaitSeconds',
    1,
    3600,
    'How long a request may wait for the first replica; then it gets 503 and Retry-After.',
    'write for example 300',
  ).default(COLD_START.maxWaitSeconds),
});

export const scalingSchema = withRules(
  z.strictObject({
    min: count(
      'spec.scaling.min',
      0,
      MAX_REPLICAS,
      'Replicas that run without a request; 0 lets the last one end, and the next request start it again.',
      'write 0 to let the model sleep, 1 to keep one replica ready',
    ).default(0),
    max: count(
      'spec.scaling.max',
      1,
      MAX_REPLICAS,
      'Replicas that run at most.',
      'write 1 or more; to stop the model, remove spec.scaling and write spec.replicas: 0',
    ).default(1),
    target: count(
      'spec.scaling.target',
      1,
      1024,
      'Requests, waiting or in work, that are one replica’s share: with more of them there are more replicas.',
      'write what one replica works on at a time, such as 4',
    ).default(4),
    idleSeconds: count(
      'spec.scaling.idleSeconds',
      1,
      86_400,
      'A replica is taken away when for this long fewer would have done; the last one when no request came.',
      'write for example 300',
    ).default(300),
    schedules: z.array(schedule).max(MAX_SCHEDULES).optional().meta({
      description:
        'Other bounds at certain times. Where several are in force, the largest min and the largest max hold.',
    }),
    coldStart: coldStart.default({ ...COLD_START }).meta({ description: 'What requests do while no replica answers.' }),
  }),
  {
    holds: atMost(field('min'), field('max')),
    field: '',
    message: 'spec.scaling.min must not be greater than spec.scaling.max',
    remedy: 'raise spec.scaling.max, or lower spec.scaling.min',
  },
);

const decision = z.strictObject({
  time: z.string().meta({ description: 'When it was made.', format: 'date-time' }),
  from: z.int().meta({ description: 'Replicas wanted before.' }),
  to: z.int().meta({ description: 'Replicas wanted since.' }),
  reason: z.string().meta({ description: 'Requests, Idle, FewerRequests, Bounds or Schedule.' }),
  message: z.string().meta({ description: 'The same as a sentence.' }),
});

export const scalingStatusSchema = z
  .strictObject({
    wanted: z.int().meta({ description: 'Replicas that are wanted now.' }),
    min: z.int().meta({ description: 'Bound in force.' }),
    max: z.int().meta({ description: 'Bound in force.' }),
    coldStart: z
      .strictObject({
        queued: z.int().meta({ description: 'Requests that wait, at all gateways.' }),
        oldestSeconds: z.int().meta({ description: 'How long the first of them has waited.' }),
      })
      .optional()
      .meta({ description: 'Those that wait while no replica answers.' }),
    problem: z.string().optional().meta({ description: 'What of spec.scaling cannot be followed, and what to write.' }),
    decisions: z
      .array(decision)
      .max(MAX_DECISIONS)
      .meta({ description: `The last ${MAX_DECISIONS} changes, newest first.`, 'x-kubernetes-list-type': 'atomic' }),
  })
  .optional()
  .meta({ description: 'What was decided from the requests. Only with spec.scaling.' });

export type ScalingSpec = z.infer<typeof scalingSchema>;
export type ScalingSchedule = NonNullable<ScalingSpec['schedules']>[number];
export type ScalingStatus = NonNullable<z.infer<typeof scalingStatusSchema>>;
export type ScalingDecision = ScalingStatus['decisions'][number];
