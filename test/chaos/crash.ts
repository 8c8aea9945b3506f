// Crash: gateway, sequencer and PostgreSQL are killed in turn, in the middle of their work, while callers keep asking.
// Nothing that was acknowledged is lost, and nothing reached an engine that is not on the record. The judge reads the
// exported bundle with code of its own.
//
//   npm run chaos -- crash [--rounds 51] [--acknowledgements 20400] [--seed N] [--json FILE]

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { checkBundle } from '../audit/oracle.ts';
import { AckJournal, startCallers } from './caller.ts';
import { type Installation, openInstallation, type RoleProcess, readBundle, serverProcesses } from './installation.ts';
import { type ResultRow, ranOn, tell } from './ran-on.ts';
import { below, type Random, seeded } from './random.ts';

const CALLERS = 24;
const ROUND_TIMEOUT_MS = 120_000;

export interface CrashOptions {
  readonly rounds: number;
  readonly acknowledgements: number;
  readonly seed: number;
  readonly told?: (line: string) => void;
}

interface Crew {
  readonly gateways: RoleProcess[];
  readonly sequencers: RoleProcess[];
}

/** What happened, as rows; a row that is not ok is a broken promise. */
export async function crash({ rounds, acknowledgements, seed, told = () => {} }: CrashOptions): Promise<ResultRow[]> {
  const random = seeded(seed);
  const installation = await openInstallation();
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-crash-'));
  const journalFile = join(folder, 'acknowledged');
  const journal = await AckJournal.open(journalFile);
  try {
    const durable = await assertDurable(installation);
    await installation.start('admin');
    const crew: Crew = {
      gateways: await Promise.all([installation.start('gateway'), installation.start('gateway')]),
      sequencers: await Promise.all([installation.start('sequencer'), installation.start('sequencer')]),
    };
    const callers = startCallers({
      count: CALLERS,
      key: await installation.intramuros('key', 'create', 'crash'),
      gateways: () => crew.gateways.map(({ address }) => address),
      onAnswer: async ({ status, receipt }) => {
        if (status === 200 && receipt !== undefined) await journal.write(receipt);
      },
    });
    const kills = { gateway: 0, sequencer: 0, database: 0 };
    await acknowledged(journal, 1, told);
    for (let round = 0; round < rounds; round++) {
      const due = journal.count + Math.ceil((acknowledgements - journal.count) / (rounds - round));
      await delay(below(random, 150));
      const victim = (['gateway', 'sequencer', 'database'] as const)[round % 3] ?? 'gateway';
      await strike(victim, installation, crew, random);
      kills[victim] += 1;
      await acknowledged(journal, due, told);
      told(`round ${round + 1} of ${rounds}: ${victim} killed, ${journal.count} acknowledged`);
    }
    await callers.stop();
    await journal.close();
    const rows = [
      { what: 'durability', result: durable },
      {
        what: 'kills',
        result: Object.entries(kills)
          .map(([name, count]) => `${name} ${count}`)
          .join(', '),
      },
      { what: 'answers', result: [...callers.tally].map(([name, count]) => `${name}: ${count}`).join(', ') },
    ];
    return [...rows, ...(await judge(installation, join(folder, 'bundle'), readLines(journalFile)))];
  } finally {
    await installation.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills without warning what does the work, and starts it again as a supervisor would. PostgreSQL restarts by itself. */
async function strike(victim: string, installation: Installation, crew: Crew, random: Random): Promise<void> {
  if (victim === 'database') {
    for (const pid of await serverProcesses(installation.database)) killHard(pid);
    return;
  }
  const group = victim === 'gateway' ? crew.gateways : crew.sequencers;
  const index = below(random, group.length);
  const process = group[index];
  if (process === undefined) return;
  process.child.kill('SIGKILL');
  await process.ended;
  group[index] = await startAgain(installation, process.role);
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile, by the death of another
  }
}

/** A database that is just coming back refuses a start with words; a supervisor tries again. */
async function startAgain(installation: Installation, role: RoleProcess['role']): Promise<RoleProcess> {
  const deadline = performance.now() + ROUND_TIMEOUT_MS;
  for (;;) {
    try {
      return await installation.start(role);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(200);
    }
  }
}

async function acknowledged(journal: AckJournal, count: number, told: (line: string) => void): Promise<void> {
  const deadline = performance.now() + ROUND_TIMEOUT_MS;
  while (journal.count < count) {
    if (performance.now() > deadline) {
      told(`stuck at ${journal.count} of ${count}`);
      throw new Error(`it did not recover: ${journal.count} of ${count} acknowledged after ${ROUND_TIMEOUT_MS} ms`);
    }
    await delay(20);
  }
}

/** Acknowledgements of a server that does not sync would prove nothing. */
async function assertDurable(installation: Installation): Promise<string> {
  const settings: string[] = [];
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const [row] = await installation.asOwner<Record<string, string>>(`SHOW ${name}`);
    if (row?.[name] !== 'on') throw new Error(`${name} is ${row?.[name]}: the run would prove nothing`);
    settings.push(`${name} on`);
  }
  return settings.join(', ');
}

async function judge(installation: Installation, folder: string, journalled: readonly string[]): Promise<ResultRow[]> {
  const upstream = installation.upstream();
  await installation.intramuros('audit', 'export', '--out', folder);
  const verdict = await installation.intramuros('audit', 'verify', folder, '--key', join(folder, 'log-key.pub'));
  const { entries } = checkBundle(await readBundle(folder), readFileSync(join(folder, 'log-key.pub'), 'utf8'));
  const records = entries.map((entry) => JSON.parse(entry.toString('utf8')) as LoggedRecord);
  const intents = new Set(records.filter(({ kind }) => kind === 'intent').map(({ receipt }) => receipt));
  const lost = journalled.filter((receipt) => !intents.has(receipt));
  const unrecorded = upstream.filter((receipt) => !intents.has(receipt));
  const ended = new Set(records.filter(({ kind }) => kind === 'outcome').map(({ intent }) => intent));
  const open = [...intents].filter((receipt) => !ended.has(receipt)).length;
  const gaps = counterGaps(records);
  const reached = new Set(upstream);
  return [
    { what: 'acknowledged and synced by the client', result: String(journalled.length) },
    { what: 'lost', result: String(lost.length), ok: lost.length === 0 },
    // Each acknowledgement is an answer of the engine: fewer would mean that its journal is not what it says.
    {
      what: 'requests that reached the engine',
      result: String(upstream.length),
      ok: journalled.every((receipt) => reached.has(receipt)),
    },
    { what: 'of them not among the intents', result: String(unrecorded.length), ok: unrecorded.length === 0 },
    { what: 'intents without outcome (their gateway was killed)', result: `${open} of ${intents.size}` },
    { what: "gaps in a producer's counter", result: String(gaps), ok: gaps === 0 },
    { what: 'records in the log, twice', result: `${records.length}, ${twice(records)}`, ok: twice(records) === 0 },
    { what: 'audit verify', result: verdict.split('\n')[0] ?? '', ok: verdict.startsWith('verified: ') },
  ];
}

interface LoggedRecord {
  readonly receipt: string;
  readonly kind: string;
  readonly intent?: string;
  readonly producer: { readonly id: string; readonly epoch: number; readonly n: number };
}

function counterGaps(records: readonly LoggedRecord[]): number {
  const next = new Map<string, number>();
  let gaps = 0;
  for (const { producer } of records) {
    const key = `${producer.id} ${producer.epoch}`;
    if (producer.n !== (next.get(key) ?? 0)) gaps += 1;
    next.set(key, producer.n + 1);
  }
  return gaps;
}

function twice(records: readonly LoggedRecord[]): number {
  return records.length - new Set(records.map(({ receipt }) => receipt)).size;
}

function readLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '51' },
      acknowledgements: { type: 'string', default: '20400' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      json: { type: 'string' },
    },
  });
  const seed = Number(values.seed);
  const about = [...ranOn(), { what: 'seed', result: String(seed) }];
  const startedAtMs = performance.now();
  const rows = await crash({
    rounds: Number(values.rounds),
    acknowledgements: Number(values.acknowledgements),
    seed,
    told: (line) => console.log(line),
  });
  const took = { what: 'took', result: `${Math.round((performance.now() - startedAtMs) / 1000)} s` };
  tell('Crash: kill -9 of gateway, sequencer and PostgreSQL in turn', [...about, ...rows, took], values.json);
}
