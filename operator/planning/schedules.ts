// Which bounds of spec.scaling hold at a moment. Schedules are read on the local clock of their time zone: an hour that
// the clock skips is over at once, one that it repeats is in force twice. Pure; Intl brings the time zones with it.
// Imports operator/api types.
import { type ScalingSchedule, type ScalingSpec, WEEKDAYS, type Weekday } from '../api/v1alpha1/scaling.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Whether schedules made them; else they are those of spec.scaling itself. */
  readonly scheduled: boolean;
  /** What cannot be followed, as a sentence. */
  readonly problem?: string;
}

export function boundsAt(spec: ScalingSpec, now: Date): Bounds {
  const { schedules = [] } = spec;
  const unknown = schedules.findIndex(({ timeZone }) => clockOf(timeZone) === undefined);
  const problem =
    unknown === -1
      ? {}
      : {
          problem: `spec.scaling.schedules[${unknown}].timeZone is not a known time zone, and the schedule is not followed; write for example Europe/Paris.`,
        };
  const inForce = schedules.filter((schedule) => isInForce(schedule, now));
  if (inForce.length === 0) return { min: spec.min, max: spec.max, scheduled: false, ...problem };
  const min = Math.max(...inForce.map((schedule) => schedule.min));
  return { min, max: Math.max(min, ...inForce.map((schedule) => schedule.max)), scheduled: true, ...problem };
}

function isInForce({ days = [], from, to, timeZone }: ScalingSchedule, now: Date): boolean {
  const local = localTime(timeZone, now);
  if (local === undefined) return false;
  const beginsOn = (day: Weekday) => days.length === 0 || days.includes(day);
  const { day, time } = local;
  if (from < to) return time >= from && time < to && beginsOn(day);
  return (time >= from && beginsOn(day)) || (time < to && beginsOn(dayBefore(day)));
}

/** Day and `HH:MM` there; times of one form compare as texts. */
function localTime(timeZone: string, now: Date): { readonly day: Weekday; readonly time: string } | undefined {
  const parts = clockOf(timeZone)?.formatToParts(now);
  const part = (type: string) => parts?.find((each) => each.type === type)?.value ?? '';
  const day = WEEKDAYS.find((each) => each === part('weekday'));
  return day === undefined ? undefined : { day, time: `${part('hour')}:${part('minute')}` };
}

function dayBefore(day: Weekday): Weekday {
  return WEEKDAYS[(WEEKDAYS.indexOf(day) + 6) % 7] ?? day;
}

/** Making one costs a thousand times what using it does. */
const clocks = new Map<string, Intl.DateTimeFormat>();
const MAX_CLOCKS = 1000;

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  try {
    const clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    if (clocks.size >= MAX_CLOCKS) clocks.clear();
    clocks.set(timeZone, clock);
    return clock;
  } catch {
    return undefined;
  }
}
