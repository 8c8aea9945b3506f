// What gateways hold reaches the controller through the database, from whatever process: two connections stand for two.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hearLoads, sendLoad } from '../../control-plane/resources/load-channel.ts';
import { createDemandBoard } from '../../operator/controller/demand-board.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { eventually } from '../runtime/stage.ts';

let database: TemporaryDatabase;
const stopped = new AbortController();
let clockMs = 0;
const board = createDemandBoard(() => clockMs);
const load = (waiting: number, inFlight = 0) => ({ waiting, inFlight, oldestMs: waiting * 10 });

before(async () => {
  database = await startTemporaryDatabase();
  void hearLoads(database, (gateway, reported) => board.report(gateway, reported), stopped.signal);
});
after(async () => {
  stopped.abort();
  await database.stop();
});

async function until(holds: () => boolean, again?: () => Promise<void>): Promise<void> {
  await eventually(
    async () => {
      await again?.();
      return holds() ? true : undefined;
    },
    20_000,
    () => JSON.stringify(board.of('default/a')),
  );
}

test('nothing is known before a gateway reports; two add up; one that is silent is taken to be gone', async () => {
  assert.equal(board.of('default/a'), undefined);
  await until(
    () => board.of('default/a') !== undefined,
    () => sendLoad(database, 'g1', { 'default/a': load(3, 1) }),
  );
  await sendLoad(database, 'g2', { 'default/a': load(5) });
  await until(() => board.of('default/a')?.waiting === 8);
  assert.deepEqual(board.of('default/a'), { waiting: 8, inFlight: 1, oldestMs: 50 });
  assert.deepEqual(board.of('default/b'), { waiting: 0, inFlight: 0, oldestMs: 0 });
  clockMs += 10_000;
  await sendLoad(database, 'g1', {});
  await until(() => board.of('default/a')?.waiting === 5);
  clockMs += 6000;
  assert.equal(board.of('default/a')?.waiting, 0, 'g2 has been silent for 16 s');
  clockMs += 10_000;
  assert.equal(board.of('default/a'), undefined);
});

test('a report on more models than one message holds arrives whole', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`${'n'.repeat(63)}/${'m'.repeat(60)}${at}`, load(at + 1)]),
  );
  await sendLoad(database, 'g3', many);
  const last = Object.keys(many).at(-1) ?? '';
  await until(() => board.of(last)?.waiting === 100);
  for (const [key, { waiting }] of Object.entries(many)) assert.equal(board.of(key)?.waiting, waiting);
});

test('what is not a report is passed over', async () => {
  await database.pool.query("SELECT pg_notify('intramuros_load', 'not json')");
  await database.pool.query(`SELECT pg_notify('intramuros_load', '{"gateway":"x"}')`);
  await sendLoad(database, 'g4', { 'default/c': load(2) });
  await until(() => board.of('default/c')?.waiting === 2);
});
