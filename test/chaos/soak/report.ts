// What the soak saw, as tables, and which bars were missed.

import type { OutcomeLog } from './client.ts';
import type { LiveMemory } from './live-memory.ts';
import { median, slopePerHour } from './slope.ts';

/** What the product's own /metrics and /proc say, every few seconds. */
export interface Sample {
  readonly hours: number;
  readonly rssBytes: number;
  readonly productDescriptors: number;
  readonly treeDescriptors: number;
  readonly engineRssBytes: number;
  readonly processes: number;
  /** Over the last ten seconds. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly cpuShare: number;
}

export type CollectedSample = LiveMemory & { readonly hours: number };

export interface SoakResult {
  readonly minutes: number;
  readonly warmUpHours: number;
  readonly samples: readonly Sample[];
  readonly collected: readonly CollectedSample[];
  readonly outcomes: OutcomeLog;
}

export interface Verdict {
  readonly text: string;
  readonly missed: readonly string[];
}

const MIB = 2 ** 20;
const MEMORY_BAR_MIB = 1;
const DESCRIPTORS_BAR = 5;
/** A slope over less says nothing. */
const LEAST_HOURS = 0.25;

export function judge(result: SoakResult): Verdict {
  const { warmUpHours, outcomes } = result;
  const warm = result.samples.filter(({ hours }) => hours >= warmUpHours);
  const collected = result.collected.filter(({ hours }) => hours >= warmUpHours);
  const slopes = {
    live:
      slopePerHour(collected.map((each) => ({ hours: each.hours, value: each.heapBytes + each.externalBytes }))) / MIB,
    collectedRss: slopePerHour(collected.map(({ hours, rssBytes: value }) => ({ hours, value }))) / MIB,
    rss: slopePerHour(warm.map(({ hours, rssBytes: value }) => ({ hours, value }))) / MIB,
    engine:
      slopePerHour(
        warm.map(({ hours, engineRssBytes, processes }) => ({ hours, value: engineRssBytes / Math.max(1, processes) })),
      ) / MIB,
    descriptors: slopePerHour(warm.map(({ hours, productDescriptors: value }) => ({ hours, value }))),
  };
  const quarter = Math.max(1, warm.length >> 2);
  const descriptors = warm.map(({ productDescriptors }) => productDescriptors);
  const grown = median(descriptors.slice(-quarter)) - median(descriptors.slice(0, quarter));
  const span = (warm.at(-1)?.hours ?? 0) - (warm[0]?.hours ?? 0);
  const missed: string[] = [];
  if (outcomes.unexplained > 0) missed.push(`${outcomes.unexplained} unexplained outcomes (bar 0)`);
  if (span >= LEAST_HOURS) {
    if (slopes.live > MEMORY_BAR_MIB)
      missed.push(`live memory grows ${slopes.live.toFixed(2)} MiB/h (bar ${MEMORY_BAR_MIB})`);
    if (slopes.collectedRss > MEMORY_BAR_MIB)
      missed.push(
        `resident memory after a collection grows ${slopes.collectedRss.toFixed(2)} MiB/h (bar ${MEMORY_BAR_MIB})`,
      );
    if (grown > DESCRIPTORS_BAR) missed.push(`descriptors grew by ${grown} (bar ${DESCRIPTORS_BAR})`);
  }
  return {
    text: [...table(result, { slopes, warm, collected, span }), '', ...outcomeTable(outcomes)].join('\n'),
    missed,
  };
}

interface Figures {
  readonly slopes: Readonly<Record<'live' | 'collectedRss' | 'rss' | 'engine' | 'descriptors', number>>;
  readonly warm: readonly Sample[];
  readonly collected: readonly CollectedSample[];
  readonly span: number;
}

function table({ minutes, outcomes }: SoakResult, { slopes, warm, collected, span }: Figures): string[] {
  const ends = (values: readonly number[]) =>
    `${(values[0] ?? 0).toFixed(1)} | ${median(values).toFixed(1)} | ${(values.at(-1) ?? 0).toFixed(1)}`;
  const mib = (values: readonly number[]) => ends(values.map((value) => value / MIB));
  const judged = span >= LEAST_HOURS ? '' : ' (too short to judge)';
  const row = (name: string, values: string, slope: string) => `| ${name} | ${values} | ${slope} |`;
  return [
    `${minutes} minutes, ${outcomes.total} outcomes, ${(span * 60).toFixed(0)} minutes after warm-up${judged}`,
    '',
    '| after warm-up | first | median | last | an hour |',
    '| --- | --- | --- | --- | --- |',
    row(
      'live heap and buffers after a collection, MiB',
      mib(collected.map((each) => each.heapBytes + each.externalBytes)),
      signed(slopes.live),
    ),
    row(
      'resident after a collection, MiB',
      mib(collected.map(({ rssBytes }) => rssBytes)),
      signed(slopes.collectedRss),
    ),
    row('resident, MiB', mib(warm.map(({ rssBytes }) => rssBytes)), signed(slopes.rss)),
    row(
      'resident of an engine process, MiB',
      mib(warm.map((each) => each.engineRssBytes / Math.max(1, each.processes))),
      signed(slopes.engine),
    ),
    row(
      'descriptors of the product',
      ends(warm.map(({ productDescriptors }) => productDescriptors)),
      signed(slopes.descriptors),
    ),
    row('descriptors of all its processes', ends(warm.map(({ treeDescriptors }) => treeDescriptors)), ''),
    row('event loop late, p50, ms', ends(warm.map(({ delayP50Ms }) => delayP50Ms)), ''),
    row('event loop late, p99, ms', ends(warm.map(({ delayP99Ms }) => delayP99Ms)), ''),
    row('event loop late, worst, ms', ends(warm.map(({ delayMaxMs }) => delayMaxMs)), ''),
    row('of one core, %', ends(warm.map(({ cpuShare }) => cpuShare * 100)), ''),
  ];
}

function outcomeTable({ counts }: OutcomeLog): string[] {
  const rows = [...counts].toSorted(([a], [b]) => a.localeCompare(b));
  return [
    '| outcome | times | because |',
    '| --- | --- | --- |',
    ...rows.map(([key, { count, because }]) => `| ${key} | ${count} | ${because ?? 'UNEXPLAINED'} |`),
  ];
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(2)}`;
}
