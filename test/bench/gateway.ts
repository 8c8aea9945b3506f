// What a request costs at the gateway, on one core: the upstream itself, the floor of Node, Portkey, and our pipe bare
// and with its stages, side by side in one run. `npm run bench -- gateway [--json FILE]`.

import type { TemporaryDatabase } from '../database/temporary-database.ts';
import { seededRandom } from '../quality/random.ts';
import { chatBody } from './chat-body.ts';
import { closedLoop, type LoopResult } from './closed-loop.ts';
import { startBenchDatabase, timeCommit, timeDisk } from './disk.ts';
import { OURS, PORTKEY, startTargets, type Target, type Targets } from './gateway-targets.ts';
import { LoadConnection } from './load-connection.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { CORE, canPin, pinSelf } from './part.ts';
import { type Bar, barOf, type Cell, describeMachine, type Report, type Table, tell } from './report.ts';
import { median, percentile, shuffled } from './samples.ts';

const CONCURRENCIES = [1, 32, 128] as const;

interface Lengths {
  readonly warmUpMs: number;
  readonly sliceMs: number;
  readonly rounds: number;
  readonly diskMs: number;
}
const MEASURED: Lengths = { warmUpMs: 2_500, sliceMs: 1_500, rounds: 3, diskMs: 2_000 };
const SMOKE: Lengths = { warmUpMs: 50, sliceMs: 50, rounds: 1, diskMs: 50 };

type Slices = Map<string, LoopResult[]>;
const keyOf = (name: string, connections: number) => `${connections} ${name}`;

export async function benchGateway({ smoke }: Pick<BenchOptions, 'smoke'>): Promise<Report> {
  const machine = describeMachine();
  const lengths = smoke ? SMOKE : MEASURED;
  pinSelf(CORE.load);
  await using database = await startBenchDatabase();
  // A second log of its own, which a short run does without.
  await using second = smoke ? undefined : await startBenchDatabase();
  const targets = await startTargets({
    databases: { full: database.server.url, ...(second === undefined ? {} : { recording: second.server.url }) },
    peer: smoke ? 'none' : 'fetched',
    pipes: smoke ? ['bare', 'full'] : ['bare', 'redacting', 'recording', 'full'],
  });
  try {
    for (const target of targets.all) await requireEcho(target);
    return await measure(targets, database, lengths, machine);
  } finally {
    await targets.stop();
  }
}

/** A target that loses or changes the answer is not worth its speed. */
async function requireEcho(target: Target): Promise<void> {
  const body = chatBody();
  const connection = new LoadConnection(target.url);
  const { status, body: text } = await connection.send(target.request(body));
  connection.close();
  const said = status === 200 ? (JSON.parse(text) as { choices: { message: { content: string } }[] }) : undefined;
  if (said?.choices[0]?.message.content !== body.messages.at(-1)?.content) {
    throw new Error(`${target.name} did not give the text back (status ${status})`);
  }
}

async function measure(
  targets: Targets,
  database: TemporaryDatabase,
  lengths: Lengths,
  machine: Report['machine'],
): Promise<Report> {
  const body = chatBody();
  const disk = await timeDisk(database.folder, lengths.diskMs);
  const commits = await timeCommit(database, lengths.diskMs);
  for (const target of targets.all) {
    await closedLoop(target, body, 16, lengths.warmUpMs);
    await target.part.ask('times').catch(() => undefined);
  }
  const slices: Slices = new Map();
  const stages: StageTimes[] = [];
  const random = seededRandom(7);
  for (let round = 0; round < lengths.rounds; round += 1) {
    for (const connections of CONCURRENCIES) {
      for (const target of shuffled(targets.all, random)) {
        const slice = await closedLoop(target, body, connections, lengths.sliceMs);
        const key = keyOf(target.name, connections);
        slices.set(key, [...(slices.get(key) ?? []), slice]);
        if (target.pipe !== undefined && target.pipe !== 'full') {
          const times = (await target.part.ask('times')) as Omit<StageTimes, 'pipe' | 'connections'>;
          stages.push({ ...times, pipe: target.pipe, connections });
        }
      }
    }
  }
  const laterCommits = await timeCommit(database, lengths.diskMs);
  const storage = { disk, commits: [...commits, ...laterCommits] };
  return {
    bench: 'gateway',
    machine,
    notes: [
      canPin()
        ? 'one core for what is measured, the other for load, upstream and PostgreSQL'
        : 'processes could not be kept on cores of their own: read the CPU column',
      `chat of 1 KB with ${body.messages.length} messages and personal data; ${lengths.rounds} rounds of ${lengths.sliceMs / 1000} s each, in shuffled turns; medians of the rounds`,
      `failures: ${[...slices.values()].flat().reduce((sum, slice) => sum + slice.failures, 0)}`,
      ...targets.missing,
    ],
    tables: [
      ...CONCURRENCIES.map((connections) => tableOf(targets, slices, connections)),
      stageTable(stages, storage, slices),
    ],
    bars: barsOf(slices, stages, storage),
  };
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}
interface StageTimes {
  readonly pipe: string;
  readonly connections: number;
  readonly redactMs: Times;
  readonly intentMs: Times;
}
interface Storage {
  readonly disk: readonly number[];
  readonly commits: readonly number[];
}

/** Median over the rounds of something of a slice. */
function over(slices: Slices, name: string, connections: number, pick: (slice: LoopResult) => number): number {
  return median((slices.get(keyOf(name, connections)) ?? []).map(pick));
}
const perSecond = ({ times, seconds }: LoopResult): number => times.length / seconds;

function tableOf(targets: Targets, slices: Slices, connections: number): Table {
  return {
    title: `${connections} connection${connections === 1 ? '' : 's'}`,
    columns: ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/request'],
    rows: targets.all.map(({ name }): [string, ...Cell[]] => [
      name,
      over(slices, name, connections, perSecond),
      over(slices, name, connections, ({ times }) => percentile(times, 0.5)),
      over(slices, name, connections, ({ times }) => percentile(times, 0.99)),
      over(slices, name, connections, ({ cpuUs }) => cpuUs ?? Number.NaN),
    ]),
    ...(connections === 32 ? { chart: { column: 'requests/s' } } : {}),
  };
}

/** The median round of a stage at one connection, where nothing waits for anything else. */
function stageOf(stages: readonly StageTimes[], pipe: string, stage: 'redactMs' | 'intentMs'): Times {
  const alone = stages.filter((times) => times.pipe === pipe && times.connections === 1);
  return { p50: median(alone.map((times) => times[stage].p50)), p99: median(alone.map((times) => times[stage].p99)) };
}

function stageTable(stages: readonly StageTimes[], { disk, commits }: Storage, slices: Slices): Table {
  const redaction = stageOf(stages, 'redacting', 'redactMs');
  const intent = stageOf(stages, 'recording', 'intentMs');
  const bare = (share: number) => over(slices, OURS.bare, 1, ({ times }) => percentile(times, share));
  const added = (pipe: string, share: number) =>
    over(slices, pipe, 1, ({ times }) => percentile(times, share)) - bare(share);
  return {
    title: 'What a stage adds, at 1 connection',
    columns: ['', 'p50 ms', 'p99 ms'],
    rows: [
      ['redaction: the stages themselves', redaction.p50, redaction.p99],
      ['redaction: latency beyond the bare pipe', added(OURS.redacting, 0.5), added(OURS.redacting, 0.99)],
      ['intent: the stage itself', intent.p50, intent.p99],
      ['intent: latency beyond the bare pipe', added(OURS.recording, 0.5), added(OURS.recording, 0.99)],
      ['one durable commit, same database', percentile(commits, 0.5), percentile(commits, 0.99)],
      ['one fdatasync of 8 KB, same disk', percentile(disk, 0.5), percentile(disk, 0.99)],
    ],
    chart: { column: 'p50 ms' },
  };
}

function barsOf(slices: Slices, stages: readonly StageTimes[], { commits }: Storage): Bar[] {
  const rate = (name: string) => (slices.has(keyOf(name, 32)) ? over(slices, name, 32, perSecond) : undefined);
  const [portkey, bare, full] = [rate(PORTKEY), rate(OURS.bare), rate(OURS.full)];
  const ratio = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : a / b;
  const redaction = stageOf(stages, 'redacting', 'redactMs');
  const intent = stageOf(stages, 'recording', 'intentMs');
  return [
    barOf('bare pipe against Portkey, 32 connections', ratio(bare, portkey), { least: 5, unit: ' x' }),
    barOf('whole pipe against Portkey bare, 32 connections', ratio(full, portkey), { least: 2, unit: ' x' }),
    barOf('added by redaction, p50', redaction.p50, { most: 0.5, unit: ' ms' }),
    barOf('added by redaction, p99', redaction.p99, { most: 2, unit: ' ms' }),
    barOf('intent against one durable commit, p50', intent.p50 / percentile(commits, 0.5), { most: 1.5, unit: ' x' }),
  ];
}

if (import.meta.main) {
  const options = readOptions();
  tell(await benchGateway(options), options.json);
}
