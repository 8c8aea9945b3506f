// The search of the log on a real PostgreSQL, held against a plain reading of every record: the oracle below parses the
// bytes itself and shares nothing with what it judges.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { DatabaseAuditLog } from '../../control-plane/audit/audit-log.ts';
import type { RecordFilter, SearchHit } from '../../control-plane/audit/search/log-search.ts';
import { makeBlock, writeBlock } from '../../control-plane/audit/search/search-block.ts';
import { SearchIndex } from '../../control-plane/audit/search/search-index.ts';
import { connectSequencer } from '../../control-plane/audit/sequencer-session.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { below, seeded } from '../chaos/random.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { fillNow, integrate, stageRecords } from './seed-log.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const RECORDS = LONG ? 40_000 : 4_700;
const FILTERS = LONG ? 400 : 18;

let database: TemporaryDatabase;
let log: DatabaseAuditLog;
let records: Plain[];

before(async () => {
  database = await startTemporaryDatabase();
  await stageRecords(database, { count: RECORDS });
  log = await integrate(database, memorySecrets(), { isSearched: false });
  await log.stop(); // nothing is written from now on: what is there can be read once
  await indexOf(() => true).rebuild();
  records = await readPlainly();
});
after(() => database.stop());

interface Plain {
  readonly index: number;
  readonly json: unknown;
  readonly intent: unknown;
}

/** What stands at a path of a record, or undefined. */
function at(json: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], json);
}

function textAt(json: unknown, ...path: readonly string[]): string | undefined {
  const value = at(json, ...path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

async function asOwner<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new Client({ connectionString: database.server.url });
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

async function readPlainly(): Promise<Plain[]> {
  const segments = await asOwner<{
    first_index: string;
    producer: string;
    epoch: string;
    first_n: string;
    length: number;
  }>('SELECT first_index, producer, epoch, first_n, length FROM audit_segment');
  const rows = await asOwner<{ producer: string; epoch: string; n: string; entry: Buffer }>(
    'SELECT producer, epoch, n, entry FROM audit_record',
  );
  const entries = new Map(rows.map(({ producer, epoch, n, entry }) => [`${producer} ${epoch} ${n}`, entry]));
  const inOrder = segments
    .toSorted((a, b) => Number(a.first_index) - Number(b.first_index))
    .flatMap(({ producer, epoch, first_n: first, length }) =>
      Array.from(
        { length },
        (_, at) => entries.get(`${producer} ${epoch} ${Number(first) + at}`)?.toString('utf8') ?? '',
      ),
    )
    .map((text): unknown => JSON.parse(text));
  const byReceipt = new Map(inOrder.map((json) => [at(json, 'receipt'), json]));
  return inOrder.map((json, index) => ({ index, json, intent: byReceipt.get(at(json, 'intent')) }));
}

/** Whether a record is meant, by the words of the reference page. */
function isMeant({ json, intent }: Plain, filter: RecordFilter): boolean {
  const both = (...path: string[]) => textAt(json, ...path) ?? textAt(intent, ...path);
  const actor = (...kinds: string[]) =>
    kinds.includes(textAt(json, 'actor', 'kind') ?? '') ? textAt(json, 'actor', 'id') : undefined;
  const policy = both('policy', 'name') ?? '';
  const entities = [json, intent].flatMap((each) =>
    ['redactions', 'blocked'].flatMap((part) => Object.keys(at(each, part) ?? {})),
  );
  const target = both('target', 'kind');
  const outside = target === undefined || target === 'local' ? undefined : (both('target', 'name') ?? target);
  const digests = ['request', 'response'].flatMap((part) => [
    textAt(json, part, 'digest'),
    ...((at(json, part, 'texts') as string[] | undefined) ?? []),
  ]);
  const time = Date.parse(textAt(json, 'time') ?? '');
  const checks: Record<string, boolean> = {
    kind: [filter.kind].flat().includes(textAt(json, 'kind')),
    action: filter.action === at(json, 'action'),
    tenant: filter.tenant === at(json, 'tenant'),
    key: filter.key === actor('key'),
    person: filter.person === actor('account', 'cli'),
    process: filter.process === actor('system'),
    model: filter.model === both('model', 'name'),
    class: filter.class === both('dataClass'),
    policy: [policy, ...policy.split('+')].includes(String(filter.policy)),
    code: filter.code === at(json, 'outcome', 'code'),
    status: filter.status === textAt(json, 'response', 'status'),
    entity: entities.includes(String(filter.entity)),
    outside: outside !== undefined && (filter.outside === '*' || filter.outside === outside),
    object: filter.object === both('object', 'kind'),
    from: time >= (filter.from?.getTime() ?? 0),
    to: time < (filter.to?.getTime() ?? 0),
    receipt: at(json, 'receipt') === filter.receipt || at(json, 'intent') === filter.receipt,
    digests: digests.some((digest) => filter.digests?.includes(digest ?? '')),
  };
  return Object.entries(filter).every(([name, value]) => value === undefined || checks[name] === true);
}

function meant(filter: RecordFilter): number[] {
  return records
    .filter((each) => isMeant(each, filter))
    .map(({ index }) => index)
    .toReversed();
}

/** All pages of a search, one after the other; each shows at most `limit`. */
async function allPages(filter: RecordFilter, limit: number): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  let before: number | undefined;
  do {
    const page = await log.search.page({ filter, limit, before });
    assert.ok(page.hits.length <= limit);
    assert.ok(page.older === undefined || before === undefined || page.older < before, 'a page leads further');
    hits.push(...page.hits);
    before = page.older;
  } while (before !== undefined);
  return hits;
}

async function assertFinds(filter: RecordFilter, limit = 1_000): Promise<void> {
  const found = await allPages(filter, limit);
  assert.deepEqual(
    found.map(({ index }) => index),
    meant(filter),
    JSON.stringify(filter),
  );
  assert.ok(found.every(({ state }) => state === 'intact'));
}

/** Up to four conditions, taken from records that there are, or from two of them, so that none may say both. */
function someFilter(random: () => number): RecordFilter {
  const pick = () => records[below(random, records.length)] as Plain;
  const values: Record<string, (plain: Plain) => unknown> = {
    kind: ({ json }) => at(json, 'kind'),
    action: ({ json }) => at(json, 'action'),
    tenant: ({ json }) => at(json, 'tenant'),
    key: ({ json }) => (at(json, 'actor', 'kind') === 'key' ? at(json, 'actor', 'id') : undefined),
    person: ({ json }) => (at(json, 'actor', 'kind') === 'account' ? at(json, 'actor', 'id') : undefined),
    model: ({ json, intent }) => at(json, 'model', 'name') ?? at(intent, 'model', 'name'),
    class: ({ json, intent }) => at(json, 'dataClass') ?? at(intent, 'dataClass'),
    policy: ({ json }) => textAt(json, 'policy', 'name')?.split('+').at(-1),
    code: ({ json }) => at(json, 'outcome', 'code'),
    status: ({ json }) => textAt(json, 'response', 'status'),
    entity: ({ json, intent }) => Object.keys(at(json, 'redactions') ?? at(intent, 'redactions') ?? {})[0],
    from: ({ json }) => new Date(textAt(json, 'time') ?? ''),
    to: ({ json }) => new Date(textAt(json, 'time') ?? ''),
    receipt: ({ json }) => (random() < 0.1 ? at(json, 'receipt') : undefined),
    digests: ({ json }) => (random() < 0.2 ? at(json, 'request', 'texts') : undefined),
  };
  const names = Object.keys(values);
  const first = pick();
  const chosen = Array.from({ length: 1 + below(random, 4) }, () => names[below(random, names.length)] ?? 'kind');
  return Object.fromEntries(
    chosen.flatMap((name) => {
      const value = values[name]?.(random() < 0.7 ? first : pick());
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

test('without a block every filter finds what a plain reading finds, and with all of them too', async () => {
  const filters = Array.from(
    { length: FILTERS },
    (
      (random) => () =>
        someFilter(random)
    )(seeded(7)),
  );
  for (const filter of filters.slice(0, FILTERS / 6)) await assertFinds(filter);
  assert.equal(await fillNow(database), Math.floor(records.length / 2_048));
  assert.ok(filters.filter((filter) => meant(filter).length > 0).length > filters.length / 3, 'many find something');
  for (const filter of [{}, { outside: '*' }, { kind: ['change', 'session'], person: 'person-1' }, ...filters])
    await assertFinds(filter);
});

test('pages of any size follow one another without a gap, back and onwards', async () => {
  const filter = { tenant: 'tenant-1', code: 'answered' };
  for (const limit of [1, 7, 100]) {
    const few = limit === 1 ? { ...filter, from: new Date('2026-10-25T00:00:00Z') } : filter;
    await assertFinds(few, limit);
  }
  const wanted = meant(filter).toReversed();
  const onwards: number[] = [];
  let after = -1;
  for (;;) {
    const page = await log.search.page({ filter, limit: 50, after });
    onwards.push(...page.hits.map(({ index }) => index).toReversed());
    if (page.newer >= page.size - 1) break;
    assert.ok(page.newer > after);
    after = page.newer;
  }
  assert.deepEqual(onwards, wanted);
});

test('a hit says what the record says, and of an intent how it ended', async () => {
  const { hits } = await log.search.page({ filter: { kind: 'intent', entity: 'PERSON' }, limit: 20 });
  for (const { index, facts, code } of hits) {
    const { json } = records[index] as Plain;
    const receipt = at(json, 'receipt');
    assert.equal(facts?.receipt, receipt);
    assert.deepEqual(facts?.entities, at(json, 'redactions'));
    const outcome = records.find((each) => at(each.json, 'intent') === receipt);
    assert.equal(code, at(outcome?.json, 'outcome', 'code'));
  }
});

test('names to choose from are those that occur, in the blocks and behind them', async () => {
  const names = await log.search.names();
  const wanted = (read: (each: Plain) => string | undefined) =>
    [...new Set(records.flatMap((each) => read(each) ?? []))].toSorted();
  assert.deepEqual(
    names.tenant,
    wanted(({ json }) => textAt(json, 'tenant')),
  );
  assert.deepEqual(
    names.model,
    wanted(({ json }) => textAt(json, 'model', 'name')),
  );
  assert.deepEqual(
    names.code,
    wanted(({ json }) => textAt(json, 'outcome', 'code')),
  );
});

test('a block that was edited shows no record that does not say what was asked for, and a rebuild undoes it', async () => {
  const filter = { tenant: 'tenant-3' };
  const lie = Buffer.alloc(256, 0xff);
  await asOwner('UPDATE audit_search_term SET records = $1 WHERE term = $2', [lie, 'tenant:tenant-3']);
  await assertFinds(filter);
  await asOwner("DELETE FROM audit_search_term WHERE term = 'tenant:tenant-3'");
  assert.notDeepEqual(
    (await allPages(filter, 1_000)).map(({ index }) => index),
    meant(filter),
  );
  await indexOf(() => true).rebuild();
  await assertFinds(filter);
  await fillNow(database);
  await assertFinds(filter);
});

test('nothing is shown or left out for what changed bytes of a partner say: of an intent that was edited or is gone, of an outcome that was edited', async () => {
  const outcome = records.find(
    ({ json, intent, index }) =>
      index < 2_048 && at(json, 'kind') === 'outcome' && at(intent, 'model', 'name') !== undefined,
  ) as Plain;
  const [receipt, own] = [String(at(outcome.json, 'intent')), String(at(outcome.json, 'receipt'))];
  const model = String(at(outcome.intent, 'model', 'name'));
  const code = textAt(outcome.json, 'outcome', 'code');
  const hitsOf = async (filter: RecordFilter) => {
    const hits = await allPages(filter, 1_000);
    const find = (wanted: string) => hits.find(({ facts }) => facts?.receipt === wanted);
    return { intent: find(receipt), outcome: find(own) };
  };
  const before = await hitsOf({ model });
  assert.deepEqual([before.outcome?.facts?.model, before.intent?.code], [model, code]);
  const edit = (row: string, from: string, to: string) =>
    asOwner(
      `UPDATE audit_record SET entry = convert_to(replace(convert_from(entry, 'UTF8'), $2, $3), 'UTF8') WHERE receipt = $1`,
      [row, from, to],
    );
  const editedAndBack = async (row: string, from: string, to: string, look: () => Promise<void>) => {
    await edit(row, from, to);
    await look();
    await edit(row, to, from);
  };
  await editedAndBack(receipt, `"name":"${model}"`, '"name":"forged-model"', async () => {
    const { outcome: hit, intent } = await hitsOf({ model });
    assert.deepEqual([hit?.state, hit?.facts?.model, intent?.state], ['intact', undefined, 'changed']);
    assert.equal((await hitsOf({ model: 'forged-model' })).outcome, undefined);
  });
  await editedAndBack(own, `"code":"${code}"`, '"code":"forged_code"', async () => {
    const { intent, outcome: hit } = await hitsOf({ model });
    assert.deepEqual([intent?.state, intent?.code, hit?.state], ['intact', undefined, 'changed']);
  });
  const [row] = await asOwner<Record<string, unknown>>('SELECT * FROM audit_record WHERE receipt = $1', [receipt]);
  await asOwner('DELETE FROM audit_record WHERE receipt = $1', [receipt]);
  assert.deepEqual((await hitsOf({ model })).outcome?.facts?.model, undefined);
  assert.equal((await hitsOf({ model })).outcome?.state, 'intact');
  const columns = Object.keys(row ?? {});
  await asOwner(
    `INSERT INTO audit_record (${columns.map((name) => `"${name}"`).join(', ')}) VALUES (${columns.map((_, n) => `$${n + 1}`).join(', ')})`,
    Object.values(row ?? {}),
  );
  await assertFinds({ model });
});

function indexOf(isLeader: () => boolean, share = 1): SearchIndex {
  const clocks = { pollMs: 20, share, shareBehind: share };
  return new SearchIndex({ connect: () => connectSequencer(database.address), isLeader, clocks });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, 'in time');
    await delay(50);
  }
}

async function blocks(): Promise<number> {
  return (await asOwner<{ n: number }>('SELECT count(*)::int AS n FROM audit_search_block'))[0]?.n ?? 0;
}

test('what is missing after a crash is made by the next one that is elected; two at once make each block once', async () => {
  const all = Math.floor(records.length / 2_048);
  await indexOf(() => true).rebuild();
  // Integrated, one block made, then the process was gone; a hole in the middle is found as well.
  const session = await connectSequencer(database.address);
  await writeBlock(session, await makeBlock(session, 1));
  const late = await makeBlock(session, 0);
  let isFirst = true;
  const both = [indexOf(() => isFirst), indexOf(() => !isFirst), indexOf(() => true)];
  for (const each of both) each.start();
  await until(async () => (await blocks()) > 1);
  isFirst = false;
  await until(async () => (await blocks()) === all);
  for (const each of both) await each.stop();
  await writeBlock(session, late); // by one that was no longer elected, and did not know
  session.close();
  const doubles = await asOwner('SELECT term FROM audit_search_term GROUP BY term, block HAVING count(*) > 1');
  assert.deepEqual([await blocks(), doubles], [all, []]);
  for (const filter of [{}, { tenant: 'tenant-0' }, { code: 'engine_failed' }]) await assertFinds(filter);
});

test('a record that somebody changed or removed is shown under what it was found by, and says so', async () => {
  const [changed = 0, gone = 0] = meant({ tenant: 'tenant-2', kind: 'outcome' }).slice(60);
  const receiptAt = (index: number) => textAt(records[index]?.json, 'receipt');
  const text = Buffer.from(JSON.stringify({ ...(records[changed]?.json as object), tenant: 'tenant-0' }));
  await asOwner('UPDATE audit_record SET entry = $1 WHERE receipt = $2', [text, receiptAt(changed)]);
  await asOwner('DELETE FROM audit_record WHERE receipt = $1', [receiptAt(gone)]);
  const hits = await allPages({ tenant: 'tenant-2', kind: 'outcome' }, 1_000);
  const states = new Map(hits.map(({ index, state }) => [index, state]));
  assert.deepEqual([states.get(changed), states.get(gone)], ['changed', 'gone']);
  assert.equal([...states.values()].filter((state) => state !== 'intact').length, 2);
  // Made anew from what is there now, the search knows it as gone.
  await indexOf(() => true).rebuild();
  for (const isMade of [false, true]) {
    if (isMade) await fillNow(database);
    assert.deepEqual(
      (await allPages({ state: 'gone' }, 10)).map(({ index }) => index),
      [gone],
      String(isMade),
    );
  }
});
