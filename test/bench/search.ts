// How long the first page of a search takes in a log of a million records, for each filter alone and for the pairs that
// meet rarely or never. `npm run bench -- search [--json FILE]`.

import { createHash } from 'node:crypto';
import { Client } from 'pg';
import type { DatabaseAuditLog } from '../../control-plane/audit/audit-log.ts';
import type { RecordFilter, SearchOptions, SearchPage } from '../../control-plane/audit/search/log-search.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { fillNow, integrate, stageRecords } from '../audit/seed-log.ts';
import type { TemporaryDatabase } from '../database/temporary-database.ts';
import { startBenchDatabase } from './disk.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { barOf, describeMachine, type Report, tell } from './report.ts';
import { percentile } from './samples.ts';

const RECORDS = 1_000_000;
const SMOKE_RECORDS = 5_000;
const LIMIT = 100;
const ROUNDS = 30;
const SMOKE_ROUNDS = 2;
const BAR_MS = 300;

const day = (text: string) => new Date(`${text}T00:00:00Z`);

const FILTERS: Readonly<Record<string, RecordFilter>> = {
  'no filter': {},
  'a kind, common': { kind: 'outcome' },
  'a kind, rare': { kind: 'session' },
  'an action': { action: 'embeddings' },
  'a tenant, half of all': { tenant: 'tenant-0' },
  'a tenant, a few records': { tenant: 'tenant-14' },
  'a tenant that there is not': { tenant: 'tenant-none' },
  'a key': { key: 'key-1-3' },
  'a person': { person: 'person-7' },
  'a model': { model: 'model-2' },
  'a class, rare': { class: 'restricted' },
  'a policy': { policy: 'floor-4' },
  'an outcome, common': { code: 'answered' },
  'an outcome, one in ten thousand': { code: 'engine_timeout' },
  'a status': { status: '502' },
  'an entity type, common': { entity: 'PERSON' },
  'an entity type, one in twenty thousand': { entity: 'CARD' },
  'answered outside': { outside: '*' },
  'a day, five months ago': { from: day('2026-05-20'), to: day('2026-05-21') },
  'two that are common and never meet': { tenant: 'tenant-0', model: 'model-1' },
  'a common kind without outcomes': { kind: 'intent', code: 'answered' },
  'a tenant and a rare outcome': { tenant: 'tenant-1', code: 'engine_timeout' },
  'a tenant in an old month': { tenant: 'tenant-0', from: day('2026-05-01'), to: day('2026-06-01') },
  'an entity type and a class': { entity: 'FR_NIR', class: 'restricted' },
  'a key and a status': { key: 'key-2-1', status: '502' },
  'all at once': {
    ...{ kind: 'outcome', action: 'embeddings', tenant: 'tenant-1', model: 'model-1', class: 'restricted' },
    ...{ code: 'engine_failed', entity: 'EMAIL', from: day('2026-06-01'), to: day('2026-09-01') },
  },
};

export interface SeededLog {
  readonly count: number;
  readonly database: TemporaryDatabase;
  readonly log: DatabaseAuditLog;
  /** Seconds in which the blocks of the search were made, and how many. */
  readonly madeS: number;
  readonly blocks: number;
  /** One request of the beginning. */
  readonly some: { readonly receipt: string; readonly digests: readonly string[] };
}

/** Minutes for a million records; then nothing writes any more. */
export async function seedLog(database: TemporaryDatabase, count: number): Promise<SeededLog> {
  let some: SeededLog['some'] = { receipt: '', digests: [] };
  await stageRecords(database, {
    count,
    onRecord: ({ receipt, request }) => {
      if (request !== undefined) some = some.receipt === '' ? { receipt, digests: (request as Texts).texts } : some;
    },
  });
  const log = await integrate(database, memorySecrets(), { isSearched: false });
  const startedMs = performance.now();
  await log.searchIndex.rebuild();
  const blocks = await fillNow(database);
  const madeS = (performance.now() - startedMs) / 1_000;
  await log.stop();
  await analyse(database.server.url);
  return { count, database, log, madeS, blocks, some };
}

interface Texts {
  readonly texts: readonly string[];
}

export async function measureSearches(
  { count, database, log, madeS, blocks, some }: SeededLog,
  { machine, rounds }: { readonly machine: Report['machine']; readonly rounds: number },
): Promise<Report> {
  const searches: Record<string, Omit<SearchOptions, 'limit'>> = {
    ...Object.fromEntries(Object.entries(FILTERS).map(([what, filter]) => [what, { filter }])),
    'a receipt': { filter: { receipt: some.receipt } },
    'a digest, of the first request': { filter: { digests: some.digests } },
    'a digest that there is not': {
      filter: { digests: [`hmac-sha256:${createHash('sha256').update('none').digest('base64url')}`] },
    },
    'a tenant, a page in the middle': { filter: { tenant: 'tenant-0' }, before: Math.floor(count / 2) },
    'a tenant, onwards from the middle': { filter: { tenant: 'tenant-0' }, after: Math.floor(count / 2) },
  };
  const rows: [string, number, number, number, number][] = [];
  for (const [what, options] of Object.entries(searches)) rows.push([what, ...(await timePages(log, options, rounds))]);
  const fromMs = performance.now();
  await log.search.names();
  const namesMs = performance.now() - fromMs;
  return {
    bench: 'search',
    machine,
    notes: [
      `${count} records of three producers over 180 days; ${blocks} blocks made in ${madeS.toFixed(0)} s (${((madeS / count) * 1e6).toFixed(0)} us a record)`,
      `first page of ${LIMIT}, read from the records and checked against what was hashed, with outcomes; ${rounds} times each`,
      `names to choose from: ${namesMs.toFixed(0)} ms; on disk: ${await sizesOf(database.server.url)}`,
    ],
    tables: [{ title: 'First page', columns: ['filter', 'records', 'first ms', 'p50 ms', 'p99 ms'], rows }],
    bars: [barOf('the slowest first page, p99', Math.max(...rows.map((row) => row[4])), { most: BAR_MS, unit: ' ms' })],
  };
}

export async function benchSearch({ smoke }: Pick<BenchOptions, 'smoke'>): Promise<Report> {
  const machine = describeMachine();
  await using database = await startBenchDatabase();
  const seeded = await seedLog(database, smoke ? SMOKE_RECORDS : RECORDS);
  // Waited for here: the database is gone when this block is left.
  return await measureSearches(seeded, { machine, rounds: smoke ? SMOKE_ROUNDS : ROUNDS });
}

async function timePages(
  log: DatabaseAuditLog,
  options: Omit<SearchOptions, 'limit'>,
  rounds: number,
): Promise<[number, number, number, number]> {
  const times: number[] = [];
  let page: SearchPage | undefined;
  for (let round = 0; round < rounds; round += 1) {
    const fromMs = performance.now();
    page = await log.search.page({ ...options, limit: LIMIT });
    times.push(performance.now() - fromMs);
  }
  return [page?.hits.length ?? 0, times[0] ?? Number.NaN, percentile(times, 0.5), percentile(times, 0.99)];
}

async function analyse(url: string): Promise<void> {
  await withClient(url, (client) =>
    client.query('VACUUM (ANALYZE) audit_search_block, audit_search_term, audit_segment'),
  );
}

async function sizesOf(url: string): Promise<string> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ name: string; mib: string }>(
      `SELECT name, round(pg_total_relation_size(name::regclass) / 1048576.0) AS mib
         FROM unnest(ARRAY['audit_record', 'audit_search_block', 'audit_search_term']) AS t(name)`,
    ),
  );
  return rows.map(({ name, mib }) => `${name} ${mib} MiB`).join(', ');
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

if (import.meta.main) {
  const options = readOptions();
  tell(await benchSearch(options), options.json);
}
