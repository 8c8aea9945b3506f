// What a gateway adds to a stream: time to the first token, and time a token on its way, against the upstream itself,
// the floor of Node and Portkey. `npm run bench -- stream [--json FILE]`. The intent, which is a commit on the disk and
// stands before any first token, is told apart.

import { seededRandom } from '../quality/random.ts';
import { chatBody } from './chat-body.ts';
import { startBenchDatabase, timeCommit } from './disk.ts';
import { DIRECT, OURS, PORTKEY, startTargets, type Target, type Targets } from './gateway-targets.ts';
import { LoadConnection } from './load-connection.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { CORE, pinSelf } from './part.ts';
import { barOf, type Cell, describeMachine, type Report, type Table, tell } from './report.ts';
import { median, percentile, shuffled } from './samples.ts';

/** Streams without pauses, one at a time: for the first token. Streams with pauses, many at a time: for every token. */
const FIRST = { connections: 1, tokens: 16, pauseMs: 0 } as const;
const PACED = { connections: 40, tokens: 40, pauseMs: 20 } as const;

const MEASURED = { warmUpMs: 2_000, firstMs: 2_000, pacedMs: 2_500, rounds: 3, commitMs: 1_000 };
const SMOKE = { warmUpMs: 30, firstMs: 30, pacedMs: 30, rounds: 1, commitMs: 20 };

interface StreamSlice {
  /** Milliseconds from the request to the first token, a stream each. */
  readonly first: number[];
  /** Milliseconds from the upstream's writing to our reading, a token each. */
  readonly tokens: number[];
  readonly failures: number;
  readonly cpuUsPerToken: number | undefined;
}

export async function benchStream({ smoke }: Pick<BenchOptions, 'smoke'>): Promise<Report> {
  const machine = describeMachine();
  const lengths = smoke ? SMOKE : MEASURED;
  pinSelf(CORE.load);
  await using database = await startBenchDatabase();
  const targets = await startTargets({
    databases: { full: database.server.url },
    peer: smoke ? 'none' : 'fetched',
    pipes: smoke ? ['full'] : ['bare', 'redacting', 'full'],
  });
  try {
    const commits = await timeCommit(database, lengths.commitMs);
    const slices = await measure(targets, lengths);
    return {
      bench: 'stream',
      machine,
      notes: [
        'one core for what is measured, the other for load, upstream and PostgreSQL',
        `chat of 1 KB with personal data; first token: ${FIRST.tokens} tokens without a pause, 1 stream at a time; every token: ${PACED.connections} streams of ${PACED.tokens} tokens, ${PACED.pauseMs} ms apart`,
        `${lengths.rounds} rounds in shuffled turns, medians of the rounds; one durable commit: p50 ${percentile(commits, 0.5).toFixed(2)} ms, p99 ${percentile(commits, 0.99).toFixed(2)} ms`,
        `failures: ${[...slices.values()].flat().reduce((sum, slice) => sum + slice.failures, 0)}`,
        ...targets.missing,
      ],
      tables: [firstTable(targets, slices), tokenTable(targets, slices)],
      bars: barsOf(slices),
    };
  } finally {
    await targets.stop();
  }
}

type Slices = Map<string, StreamSlice[]>;

async function measure(targets: Targets, lengths: typeof MEASURED): Promise<Slices> {
  const slices: Slices = new Map();
  const random = seededRandom(7);
  for (const target of targets.all) await run(target, FIRST, lengths.warmUpMs);
  for (let round = 0; round < lengths.rounds; round += 1) {
    for (const shape of [FIRST, PACED]) {
      for (const target of shuffled(targets.all, random)) {
        const slice = await run(target, shape, shape === FIRST ? lengths.firstMs : lengths.pacedMs);
        const key = keyOf(target.name, shape);
        slices.set(key, [...(slices.get(key) ?? []), slice]);
      }
    }
  }
  return slices;
}

type Shape = typeof FIRST | typeof PACED;
const keyOf = (name: string, shape: Shape) => `${shape.connections} ${name}`;

async function run(target: Target, shape: Shape, ms: number): Promise<StreamSlice> {
  const request = target.request({ ...chatBody(), stream: true, max_tokens: shape.tokens, seed: shape.pauseMs });
  const first: number[] = [];
  const tokens: number[] = [];
  let failures = 0;
  const cpuBefore = target.part.cpuS();
  const endMs = performance.now() + ms;
  const open = Array.from({ length: shape.connections }, () => new LoadConnection(target.url));
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() < endMs) {
        const fromMs = performance.now();
        let seen = 0;
        const { status } = await connection.send(request, (piece) => {
          const nowUs = Number(process.hrtime.bigint() / 1000n);
          for (const writtenUs of momentsIn(piece)) {
            if (seen === 0) first.push(performance.now() - fromMs);
            seen += 1;
            tokens.push((nowUs - writtenUs) / 1000);
          }
        });
        if (status !== 200 || seen !== shape.tokens) failures += 1;
      }
    }),
  );
  const cpuAfter = target.part.cpuS();
  for (const connection of open) connection.close();
  const cpuUsPerToken =
    cpuBefore === undefined || cpuAfter === undefined ? undefined : ((cpuAfter - cpuBefore) / tokens.length) * 1e6;
  return { first, tokens, failures, cpuUsPerToken };
}

/** The moments that the upstream wrote into its tokens, microseconds (upstream.ts). */
function* momentsIn(piece: Buffer): Generator<number> {
  for (const [, letters = ''] of piece.toString('latin1').matchAll(/"@([a-j]+) "/g)) {
    yield Number(letters.replaceAll(/[a-j]/g, (letter) => String('abcdefghij'.indexOf(letter))));
  }
}

function over(slices: Slices, name: string, shape: Shape, pick: (slice: StreamSlice) => number): number {
  return median((slices.get(keyOf(name, shape)) ?? []).map(pick));
}
const firstAt = (share: number) => (slice: StreamSlice) => percentile(slice.first, share);
const tokenAt = (share: number) => (slice: StreamSlice) => percentile(slice.tokens, share);

function firstTable({ all }: Targets, slices: Slices): Table {
  const at = (name: string, share: number) => over(slices, name, FIRST, firstAt(share));
  return {
    title: 'Time to the first token, one stream at a time',
    columns: ['', 'p50 ms', 'p99 ms', 'added p50 ms', 'added p99 ms'],
    rows: all.map(({ name }): [string, ...Cell[]] => [
      name,
      at(name, 0.5),
      at(name, 0.99),
      name === DIRECT ? undefined : at(name, 0.5) - at(DIRECT, 0.5),
      name === DIRECT ? undefined : at(name, 0.99) - at(DIRECT, 0.99),
    ]),
    chart: { column: 'p50 ms', scale: 'log' },
  };
}

function tokenTable({ all }: Targets, slices: Slices): Table {
  const at = (name: string, share: number) => over(slices, name, PACED, tokenAt(share));
  return {
    title: `A token on its way, ${PACED.connections} streams at a time`,
    columns: ['', 'p50 ms', 'p99 ms', 'added p50 ms', 'CPU us/token'],
    rows: all.map(({ name }): [string, ...Cell[]] => [
      name,
      at(name, 0.5),
      at(name, 0.99),
      name === DIRECT ? undefined : at(name, 0.5) - at(DIRECT, 0.5),
      over(slices, name, PACED, ({ cpuUsPerToken }) => cpuUsPerToken ?? Number.NaN),
    ]),
  };
}

function barsOf(slices: Slices) {
  const added = (name: string, share: number) =>
    over(slices, name, FIRST, firstAt(share)) - over(slices, DIRECT, FIRST, firstAt(share));
  return [
    barOf('added time to the first token, intent aside, p50', added(OURS.redacting, 0.5), { most: 2, unit: ' ms' }),
    barOf('added time to the first token, intent aside, p99', added(OURS.redacting, 0.99), { most: 10, unit: ' ms' }),
    barOf('added by the whole pipe against Portkey, p50', added(OURS.full, 0.5) / added(PORTKEY, 0.5), {
      most: 1,
      unit: ' x',
    }),
  ];
}

if (import.meta.main) {
  const options = readOptions();
  tell(await benchStream(options), options.json);
}
