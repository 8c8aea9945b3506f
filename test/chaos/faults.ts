// Faults: what callers get while a part is gone, slow, stopped or wrong, and whether it comes back by itself. For each: a
// defined status within 2 s, nothing that reaches an engine without its record, no process started again by hand.
//
//   npm run chaos -- faults [--hold SECONDS] [--short] [--only WORD] [--json FILE]
//
// With the system's libfaketime (Debian: libfaketime; else its path in INTRAMUROS_TEST_FAKETIME) the clock of PostgreSQL is
// set with those of the product.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkBundle } from '../audit/oracle.ts';
import { type Answer, startCallers } from './caller.ts';
import { DatabaseProxy } from './faults/database-proxy.ts';
import { fakedPostgres } from './faults/faked-postgres.ts';
import { type Installation, openInstallation, type RoleProcess, readBundle, serverProcesses } from './installation.ts';
import { type ResultRow, ranOn, tell } from './ran-on.ts';

const CALLERS = 12;
/** Of the promise of 2 s; the rest is what a busy machine adds to timers. The slowest answer before the fault comes on top. */
const WITHIN_MS = 2_600;
const HEALTHY_MS = 1_500;
const RECOVERY_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Scene {
  readonly installation: Installation;
  readonly proxy: DatabaseProxy;
  readonly admin: RoleProcess;
  readonly gateway: RoleProcess;
  readonly sequencer: RoleProcess;
  readonly clockFile: string;
  /** Of PostgreSQL, where its clock can be set. */
  readonly databaseClockFile: string | undefined;
}

export interface Fault {
  readonly name: string;
  /** Statuses and codes that callers may get while it lasts. */
  readonly allowed: readonly string[];
  /** What must have come, or begins so, or the fault did not bite. */
  readonly expected: string;
  readonly begin: (scene: Scene) => Promise<void> | void;
  readonly end: (scene: Scene) => Promise<void> | void;
  /** Instead of the usual hold. */
  readonly holdMs?: number;
  /** Longer than 2 s, and why, where the promise cannot be about this. */
  readonly withinMs?: number;
  /** Answers may take their time (they wait for an engine that starts); only refusals are held to the bar. */
  readonly refusalsOnly?: true;
  /** Where nobody needs to be refused: the slowest answer shows that it bit. */
  readonly delaysMs?: number;
  /** Only in the whole run. */
  readonly isLong?: true;
}

const ANSWERED = '200 answered';
const REFUSED = '503 audit_unavailable';

export const FAULTS: readonly Fault[] = [
  {
    name: 'database stopped (SIGSTOP)',
    allowed: [ANSWERED, REFUSED],
    expected: REFUSED,
    begin: ({ installation }) => signalServer(installation, 'SIGSTOP'),
    end: ({ installation }) => signalServer(installation, 'SIGCONT'),
  },
  {
    name: 'database gone: connections cut and refused',
    allowed: [ANSWERED, REFUSED],
    expected: REFUSED,
    begin: ({ proxy }) => proxy.set({ kind: 'cut' }),
    end: ({ proxy }) => proxy.set({ kind: 'clear' }),
  },
  {
    name: 'database silent: packets lost on the way',
    isLong: true,
    allowed: [ANSWERED, REFUSED],
    expected: REFUSED,
    begin: ({ proxy }) => proxy.set({ kind: 'silent' }),
    end: ({ proxy }) => proxy.set({ kind: 'clear' }),
  },
  {
    name: 'database slow: 3 s each way',
    allowed: [ANSWERED, REFUSED],
    expected: REFUSED,
    begin: ({ proxy }) => proxy.set({ kind: 'slow', ms: 3_000 }),
    end: ({ proxy }) => proxy.set({ kind: 'clear' }),
  },
  {
    name: 'database slow: 0.2 s each way',
    isLong: true,
    allowed: [ANSWERED],
    expected: ANSWERED,
    withinMs: 10_000, // not refused: answered, each in its turn for a place in the engine
    begin: ({ proxy }) => proxy.set({ kind: 'slow', ms: 200 }),
    end: ({ proxy }) => proxy.set({ kind: 'clear' }),
  },
  {
    name: 'engine hung (SIGSTOP)',
    allowed: [ANSWERED, '502 engine_failed', '503 model_not_ready'],
    expected: '',
    delaysMs: 1_000,
    // Stopped is told from slow after 3 s; who waits for its answer learns it then, who comes later at once.
    withinMs: 6_000,
    refusalsOnly: true,
    begin: ({ admin }) => signalEngine(admin, 'SIGSTOP'),
    end: () => {}, // the controller ends it and starts another
  },
  { name: 'clock set forward by an hour', ...clockJump(HOUR_MS) },
  { name: 'clock set back by an hour', ...clockJump(-HOUR_MS) },
  {
    name: 'sequencer paused for 2 minutes (SIGSTOP)',
    allowed: [ANSWERED, REFUSED],
    expected: REFUSED,
    holdMs: 120_000,
    isLong: true,
    begin: ({ sequencer }) => void process.kill(sequencer.pid, 'SIGSTOP'),
    end: ({ sequencer }) => void process.kill(sequencer.pid, 'SIGCONT'),
  },
  {
    name: 'sequencer paused for 2 minutes, another stands by',
    allowed: [ANSWERED],
    expected: ANSWERED,
    holdMs: 120_000,
    isLong: true,
    begin: async ({ installation, sequencer }) => {
      await installation.start('sequencer');
      process.kill(sequencer.pid, 'SIGSTOP');
    },
    end: ({ sequencer }) => void process.kill(sequencer.pid, 'SIGCONT'),
  },
];

function clockJump(ms: number): Omit<Fault, 'name'> {
  const set = ({ admin, gateway, sequencer, clockFile, databaseClockFile }: Scene, offsetMs: number) => {
    writeFileSync(clockFile, String(offsetMs));
    if (databaseClockFile !== undefined) {
      writeFileSync(databaseClockFile, `${offsetMs < 0 ? '-' : '+'}${Math.abs(offsetMs) / 1000}`);
    }
    for (const { pid } of [admin, gateway, sequencer]) process.kill(pid, 'SIGUSR2');
  };
  return {
    allowed: [ANSWERED],
    expected: ANSWERED,
    begin: (scene) => set(scene, ms),
    end: (scene) => set(scene, 0),
  };
}

async function signalServer({ database }: Installation, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await serverProcesses(database)) process.kill(pid, signal);
}

async function signalEngine({ pid: parent }: RoleProcess, signal: NodeJS.Signals): Promise<void> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const isOurs = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    if (isOurs && words.includes('journal-engine')) process.kill(Number(name), signal);
  }
}

export interface FaultsOptions {
  readonly holdMs: number;
  /** Leaves out what takes minutes, and one of two that are alike. */
  readonly short: boolean;
  /** Plays those whose name has this word. */
  readonly only?: string;
  readonly told?: (line: string) => void;
}

/** What happened, as rows; a row that is not ok is a broken promise. */
export async function faults({ holdMs, short, only = '', told = () => {} }: FaultsOptions): Promise<ResultRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-faults-'));
  const scene = await setScene(folder);
  try {
    const key = await scene.installation.intramuros('key', 'create', 'faults');
    const rows: ResultRow[] = [];
    for (const fault of FAULTS) {
      if ((short && fault.isLong === true) || !fault.name.includes(only)) continue;
      rows.push(await play(fault, scene, { key, holdMs: fault.holdMs ?? holdMs }));
      told(`${fault.name}: ${rows.at(-1)?.result ?? ''}`);
    }
    const clock = scene.databaseClockFile === undefined ? 'not set: no libfaketime here' : 'set with the others';
    rows.push({ what: "the database's clock", result: clock });
    return [...rows, ...(await judge(scene, join(folder, 'bundle')))];
  } finally {
    await scene.installation.remove();
    await scene.proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function setScene(folder: string): Promise<Scene> {
  let proxy: DatabaseProxy | undefined;
  const clockFile = join(folder, 'clock');
  const databaseClockFile = join(folder, 'database-clock');
  writeFileSync(databaseClockFile, '+0');
  const launcher = await fakedPostgres(databaseClockFile);
  const installation = await openInstallation({
    databaseUrl: async (server) => {
      const socketFolder = new URL(server).searchParams.get('host') ?? '';
      proxy = new DatabaseProxy(join(socketFolder, '.s.PGSQL.5432'));
      return `postgresql://intramuros@127.0.0.1:${await proxy.start()}/intramuros`;
    },
    nodeOptions: ['--import', fileURLToPath(new URL('faults/shift-clock.ts', import.meta.url))],
    environment: { INTRAMUROS_TEST_CLOCK: clockFile },
    ...(launcher === undefined ? {} : { launcher }),
  });
  const admin = await installation.start('admin');
  const [gateway, sequencer] = await Promise.all([installation.start('gateway'), installation.start('sequencer')]);
  if (proxy === undefined) throw new Error('no proxy');
  return {
    installation,
    proxy,
    admin,
    gateway,
    sequencer,
    clockFile,
    databaseClockFile: launcher === undefined ? undefined : databaseClockFile,
  };
}

interface Seen extends Answer {
  readonly startedAt: number;
  readonly endedAt: number;
}

async function play(
  fault: Fault,
  scene: Scene,
  { key, holdMs }: { readonly key: string; readonly holdMs: number },
): Promise<ResultRow> {
  const seen: Seen[] = [];
  const callers = startCallers({
    count: CALLERS,
    key,
    gateways: () => [scene.gateway.address],
    pauseMs: 20,
    onAnswer: (answer, startedAt) => void seen.push({ ...answer, startedAt, endedAt: performance.now() }),
  });
  await answeredAfter(seen, 0);
  const healthyFrom = performance.now();
  await delay(HEALTHY_MS);
  const beganAt = performance.now();
  const before = seen.filter((answer) => answer.startedAt >= healthyFrom);
  await fault.begin(scene);
  await delay(holdMs);
  await fault.end(scene);
  const endedAt = performance.now();
  const recoveredAt = await answeredAfter(seen, endedAt);
  await callers.stop();
  // Those that were on their way when it began, and those that came while it lasted.
  const during = seen.filter((answer) => answer.endedAt >= beganAt && answer.startedAt < endedAt);
  return describe(fault, scene, { before, during, recoveryMs: recoveredAt - endedAt });
}

/** When the first request was answered that began after a moment. */
async function answeredAfter(seen: readonly Seen[], moment: number): Promise<number> {
  const deadline = performance.now() + RECOVERY_MS;
  for (;;) {
    const answered = seen.find(({ status, startedAt }) => status === 200 && startedAt > moment);
    if (answered !== undefined) return answered.endedAt;
    if (performance.now() > deadline) return Number.POSITIVE_INFINITY;
    await delay(20);
  }
}

function describe(
  { name, allowed, expected, withinMs = WITHIN_MS, delaysMs = 0, refusalsOnly }: Fault,
  { admin, gateway, sequencer }: Scene,
  { before, during, recoveryMs }: Record<'before' | 'during', readonly Seen[]> & { readonly recoveryMs: number },
): ResultRow {
  const tally = new Map<string, number>();
  for (const { status, code } of during) {
    tally.set(`${status} ${code}`, (tally.get(`${status} ${code}`) ?? 0) + 1);
  }
  const slowest = slowestOf(during);
  const held = slowestOf(refusalsOnly === true ? during.filter(({ status }) => status !== 200) : during);
  const alive = [admin, gateway, sequencer].every(({ child }) => child.exitCode === null && child.signalCode === null);
  const kinds = [...tally.keys()];
  const ok =
    kinds.every((kind) => allowed.includes(kind)) &&
    kinds.some((kind) => kind.startsWith(expected)) &&
    held < withinMs + slowestOf(before) &&
    slowest >= delaysMs &&
    recoveryMs < RECOVERY_MS &&
    alive;
  const answers = [...tally].map(([kind, count]) => `${kind}: ${count}`).join(', ');
  const result = `${answers}; slowest ${(slowest / 1000).toFixed(2)} s (before: ${(slowestOf(before) / 1000).toFixed(2)} s); answered again after ${(recoveryMs / 1000).toFixed(1)} s${alive ? '' : '; a process ended'}`;
  return { what: name, result, ok };
}

function slowestOf(answers: readonly Seen[]): number {
  return Math.max(0, ...answers.map(({ tookMs }) => tookMs));
}

/** Every request that reached the engine is among the intents, by code that is not the product's. */
async function judge({ installation }: Scene, folder: string): Promise<ResultRow[]> {
  const upstream = installation.upstream();
  await installation.intramuros('audit', 'export', '--out', folder);
  const verdict = await installation.intramuros('audit', 'verify', folder, '--key', join(folder, 'log-key.pub'));
  const { entries } = checkBundle(await readBundle(folder), readFileSync(join(folder, 'log-key.pub'), 'utf8'));
  const intents = new Set(
    entries
      .map((entry) => JSON.parse(entry.toString('utf8')) as { kind: string; receipt: string })
      .filter(({ kind }) => kind === 'intent')
      .map(({ receipt }) => receipt),
  );
  const unrecorded = upstream.filter((receipt) => !intents.has(receipt)).length;
  return [
    { what: 'requests that reached the engine', result: String(upstream.length), ok: upstream.length > 0 },
    { what: 'of them not among the intents', result: String(unrecorded), ok: unrecorded === 0 },
    { what: 'audit verify', result: verdict.split('\n')[0] ?? '', ok: verdict.startsWith('verified: ') },
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      hold: { type: 'string', default: '10' },
      short: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
    },
  });
  const about = ranOn();
  const rows = await faults({
    holdMs: Number(values.hold) * 1000,
    short: values.short,
    only: values.only,
    told: (line) => console.log(line),
  });
  tell('Faults: what callers get, and how it comes back', [...about, ...rows], values.json);
}
