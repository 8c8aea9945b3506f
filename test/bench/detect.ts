// What detection finds and how fast: ours beside the npm redactors, on the same generated texts, one core; and ours
// alone on texts that grow, to show that its time is linear. `npm run bench -- detect [--json FILE]`. CPU time is
// counted, so that a busy machine changes little.

import { fold } from '../../control-plane/redaction/fold.ts';
import { inspect } from '../../control-plane/redaction/inspect.ts';
import { scan } from '../../control-plane/redaction/scan.ts';
import { detectionSet } from './detection-set.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { CORE, startPart } from './part.ts';
import { cachedPeers, fetchPeers, peerVersion } from './peers.ts';
import { OURS, type RedactorResult } from './redactor-part.ts';
import { REDACTORS } from './redactors.ts';
import { barOf, type Cell, describeMachine, type Report, type Table, tell } from './report.ts';
import { median } from './samples.ts';

interface Lengths {
  /** CPU seconds a kind of text, for each redactor. */
  readonly seconds: number;
  /** Values of an entity and language. */
  readonly count: number;
  readonly sizes: readonly number[];
}
const MEASURED: Lengths = { seconds: 0.8, count: 15, sizes: [16, 64, 256, 1_024, 4_096] };
const SMOKE: Lengths = { seconds: 0.02, count: 1, sizes: [1, 4] };

export async function benchDetect({ smoke }: Pick<BenchOptions, 'smoke'>): Promise<Report> {
  const machine = describeMachine();
  const lengths = smoke ? SMOKE : MEASURED;
  const peers = smoke ? cachedPeers('redactors') : fetchPeers('redactors');
  const names = [OURS, ...(peers === undefined ? [] : Object.keys(REDACTORS).slice(0, smoke ? 1 : undefined))];
  const results = new Map<string, RedactorResult | string>();
  for (const name of names) results.set(name, await measureApart(name, peers ?? '', lengths));
  const stages = stageTable(lengths);
  const growth = growthTable(lengths);
  const ours = results.get(OURS);
  const failed = [...results].flatMap(([name, result]) => (typeof result === 'string' ? [`${name}: ${result}`] : []));
  return {
    bench: 'detect',
    machine,
    notes: [
      `${lengths.count} values an entity and language in sentences of their own; a value is found when no word or number of it is left, whatever its type`,
      'texts come from the hands that wrote our recognisers, and names stand behind a cue: read recall as an order, not as a promise',
      'speed: documents of 4,096 characters, redacted whole, CPU seconds of one process',
      ...(peers === undefined ? ['no redactor to compare with: their packages could not be fetched'] : []),
      ...failed,
    ],
    tables: [peerTable(results), stages, growth],
    bars: typeof ours === 'object' ? barsOf(ours, results, stages, growth) : [],
  };
}

/** A redactor that crashes takes its process with it, and nothing else. */
async function measureApart(name: string, folder: string, lengths: Lengths): Promise<RedactorResult | string> {
  try {
    const part = await startPart('./redactor-part.ts', {
      core: CORE.measured,
      args: [name, folder, String(lengths.seconds), String(lengths.count)],
      silent: name !== OURS,
      patienceMs: 120_000,
    });
    try {
      return (await part.ask('measure')) as RedactorResult;
    } finally {
      await part.stop();
    }
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}

function peerTable(results: ReadonlyMap<string, RedactorResult | string>): Table {
  const rows: [string, ...Cell[]][] = [];
  for (const [name, result] of results) {
    if (typeof result === 'string') continue;
    const label = name === OURS ? name : `${name} ${peerVersion('redactors', name)}`;
    const { structured, names, changed, speed, crashes } = result;
    const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
    rows.push([label, percent(structured), percent(names), percent(changed), ...Object.values(speed), crashes]);
  }
  const kinds = [...results.values()].find((result) => typeof result === 'object');
  const columns = typeof kinds === 'object' ? Object.keys(kinds.speed).map((kind) => `${kind}, MB/s`) : [];
  return {
    title: 'Beside the npm redactors',
    columns: ['', 'identifiers gone', 'names gone', 'innocent changed', ...columns, 'crashes'],
    rows,
    chart: { column: columns[0] ?? '', scale: 'log' },
  };
}

/** Millions of UTF-8 bytes a CPU second, the best of several rounds. */
function speed(documents: readonly string[], work: (document: string) => unknown, seconds: number): number {
  const bytes = documents.reduce((sum, document) => sum + Buffer.byteLength(document), 0);
  let best = 0;
  for (let round = 0; round < 3; round += 1) {
    const before = process.cpuUsage();
    let done = 0;
    let spent = 0;
    while (spent < (seconds * 1e6) / 4) {
      for (const document of documents) work(document);
      done += bytes;
      const usage = process.cpuUsage(before);
      spent = usage.user + usage.system;
    }
    best = Math.max(best, done / spent);
  }
  return best;
}

const inspectOne = (text: string) => inspect([{ path: 'text', text }]);

function stageTable({ seconds }: Lengths): Table {
  const { timed } = detectionSet(1, 200_000);
  return {
    title: 'Our own steps',
    columns: ['MB/s', 'fold', 'scan', 'inspect'],
    rows: Object.entries(timed).map(([kind, documents]): [string, ...Cell[]] => {
      const folded = documents.map((document) => fold(document).text);
      return [
        kind,
        speed(documents, fold, seconds),
        speed(folded, scan, seconds),
        speed(documents, inspectOne, seconds),
      ];
    }),
    chart: { column: 'inspect' },
  };
}

/** Texts that mislead a matcher: long runs of what a value begins with. */
const HARD = ['0', '@', '1 ', 'a.', 'Mme ', 'FR76 ', '<', 'é\u0301', 'http://'];

function growthTable({ sizes }: Lengths): Table {
  const { timed } = detectionSet(1, 400_000);
  const texts: Record<string, string> = Object.fromEntries(
    Object.entries(timed).map(([kind, documents]) => [kind, documents.join('')]),
  );
  for (const piece of HARD) texts[`${JSON.stringify(piece)} again and again`] = piece;
  return {
    title: 'One text that grows, MB/s: linear time where a row stays level',
    columns: ['', ...sizes.map((size) => `${size} KB`)],
    rows: Object.entries(texts).map(([kind, unit]): [string, ...Cell[]] => [
      kind,
      ...sizes.map((size) => growthSpeed(unit.repeat(Math.ceil((size * 1024) / unit.length)).slice(0, size * 1024))),
    ]),
  };
}

function growthSpeed(text: string): number {
  const times = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    inspectOne(text);
    const { user, system } = process.cpuUsage(before);
    return Math.max(1, user + system);
  });
  return Buffer.byteLength(text) / median(times);
}

function barsOf(
  ours: RedactorResult,
  results: ReadonlyMap<string, RedactorResult | string>,
  stages: Table,
  growth: Table,
) {
  const peers = [...results]
    .filter(([name]) => name !== OURS)
    .flatMap(([, one]) => (typeof one === 'object' ? [one] : []));
  const slowest = Math.min(...stages.rows.map((row) => Number(row[3])));
  // How much slower the largest text is than one of a sixteenth of its size, at worst.
  const slowing = Math.max(...growth.rows.map((row) => Number(row.at(-3)) / Number(row.at(-1))));
  return [
    barOf('identifiers gone', ours.structured * 100, { least: 99, unit: ' %' }),
    barOf('inspection with fold and offsets, slowest kind of text', slowest, { least: 30, unit: ' MB/s' }),
    barOf(
      'names gone, beyond the best npm redactor',
      (ours.names - Math.max(0, ...peers.map(({ names }) => names))) * 100,
      {
        least: 0,
        unit: ' points',
      },
    ),
    barOf('a text sixteen times as long, time a byte at worst', slowing, { most: 2, unit: ' x' }),
  ];
}

if (import.meta.main) {
  const options = readOptions();
  tell(await benchDetect(options), options.json);
}
