// Prove it, on the real parts: an answer's receipt leads to its record, this browser verifies it, the evidence is downloaded
// and verified offline by the command line; then the superuser of the database edits the record, the health of the log
// turns red within a minute and names it, and the record itself can no longer be verified.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createChangeFeed } from '../../control-plane/admin/events/change-feed.ts';
import { fakeLogHealth } from '../../control-plane/admin/fake-dependencies.ts';
import type { LogHealth } from '../../control-plane/admin/log/health-routes.ts';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { createLogHealth } from '../../control-plane/cli/log-health.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { whole } from '../gateway/gateway-under-test.ts';
import { type GatewayOnPostgres, serveModel, startGatewayOnPostgres } from '../gateway/gateways-on-postgres.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, type OpenConsole, VIEWS } from './console-harness.ts';

const LAUNCH = new URL('../../control-plane/launch.js', import.meta.url).pathname;
const runner = new ConsoleRunner();
const changes = createChangeFeed();
let database: TemporaryDatabase;
let audit: DatabaseAuditLog;
let store: PostgresResourceStore;
let engine: ScriptedEngine;
let gateway: GatewayOnPostgres;
let folder: string;
let opened: OpenConsole;
let receipt = '';

before(async () => {
  if (noBrowser !== false) return;
  folder = await mkdtemp(join(tmpdir(), 'intramuros-evidence-'));
  database = await startTemporaryDatabase();
  audit = await openAuditLog({ database, secrets: memorySecrets(), producer: 'test', reverifies: true });
  await audit.start();
  audit.onFinding(() => changes.tell('records'));
  store = new PostgresResourceStore({ database });
  store.start();
  engine = await startScriptedEngine();
  engine.answer(() => ({ headers: { 'content-type': 'application/json' }, pieces: [whole('ok')] }));
  await serveModel(store, engine.url, 'internal');
  gateway = await startGatewayOnPostgres({ database, audit, surrogateKey: randomBytes(32) });
  await runner.start();
  const parts = { audit, records: audit.records, bundle: audit, changes };
  opened = await runner.open(await runner.serve({ ...parts, logHealth: createLogHealth({ database, audit }) }));
});

after(async () => {
  await runner.stop();
  await gateway?.stop();
  await engine?.stop();
  store?.stop();
  await audit?.stop();
  await database?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe('prove it', { skip: noBrowser }, () => {
  test('the receipt of an answer leads to its record, which this browser verifies', async () => {
    const answer = await gateway.chat('hello');
    assert.equal(answer.status, 200);
    receipt = answer.receipt;
    await untilProven(receipt);
    const { page, admin } = opened;
    await page.goto(`${admin.address}/records/${receipt}`);
    await page.getByRole('heading', { name: 'Request: it stands in the log, proven here' }).waitFor();
    assert.equal(await page.locator('.panel.proven').count(), 2, 'the record and its outcome');
    await keepPicture(page, 'prove-it-record');
    await assertSound(opened, 'a record that is proven');
  });

  test('a genuine outcome of another request is not taken for the outcome of this one', async () => {
    const other = await gateway.chat('another');
    await untilProven(other.receipt);
    const records = {
      async find(wanted: string) {
        const [own, swapped] = [await audit.records.find(wanted), await audit.records.find(other.receipt)];
        const { outcome, outcomeEntry, outcomeProof } = swapped ?? {};
        return own === undefined ? undefined : { ...own, outcome, outcomeEntry, outcomeProof };
      },
    };
    const { page, admin } = await runner.open(await runner.serve({ records }));
    await page.goto(`${admin.address}/records/${receipt}`);
    await page.getByRole('heading', { name: 'Request: its proof does not hold' }).waitFor();
    await page.getByRole('alert').getByText('This outcome is not that of this record').waitFor();
  });

  test('the evidence is downloaded here and verified offline, with a key that came another way', async () => {
    const { page, admin } = opened;
    await page.goto(`${admin.address}/log-health`);
    await page.getByRole('heading', { name: 'The log holds what was signed' }).waitFor({ timeout: 60_000 });
    await keepPicture(page, 'log-health-sound');
    await assertSound(opened, 'a log in good health');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the evidence' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'evidence.tar');
    await download.saveAs(join(folder, 'evidence.tar'));
    execFileSync('tar', ['xf', 'evidence.tar'], { cwd: folder });
    const key = (await audit.records.find(receipt))?.keys.first ?? '';
    await writeFile(join(folder, 'log-key.pub'), `${key}\n`);
    const verify = ['audit', 'verify', 'evidence', '--key', 'log-key.pub'];
    const { stdout } = await promisify(execFile)(process.execPath, [LAUNCH, ...verify], { cwd: folder });
    assert.match(stdout, /^verified:/);
    assert.match(await readFile(join(folder, 'evidence/checkpoint'), 'utf8'), /^intramuros\.dev\/log\//);
  });

  test('a record that the superuser edits turns the health red within a minute, and is named', async (t) => {
    const { page, admin } = opened;
    const superuser = new Client({ connectionString: database.server.url });
    await superuser.connect();
    t.after(() => superuser.end());
    await superuser.query('SET session_replication_role = replica');
    const { rows } = await superuser.query<{ entry: Buffer }>('SELECT entry FROM audit_record WHERE receipt = $1', [
      receipt,
    ]);
    const edited = Buffer.from((rows[0]?.entry ?? Buffer.alloc(0)).toString().replace('"internal"', '"public"'));
    const editedAtMs = performance.now();
    await superuser.query('UPDATE audit_record SET entry = $2 WHERE receipt = $1', [receipt, edited]);
    await page.getByRole('heading', { name: 'The log does not hold what was signed' }).waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: receipt }).first().waitFor();
    t.diagnostic(`red after ${Math.round(performance.now() - editedAtMs)} ms`);
    await keepPicture(page, 'log-health-broken');
    await assertSound(opened, 'a log that was edited');
    await page.getByRole('link', { name: receipt }).first().click();
    await page.reload();
    await page.getByRole('heading', { name: 'Request: its proof does not hold' }).waitFor();
    await page.getByRole('alert').getByText('The record is not the one that was put in the log').waitFor();
    await keepPicture(page, 'prove-it-edited');
    await assertSound(opened, 'a record that was edited');
    assert.equal(new URL(page.url()).origin, admin.address);
  });
});

const STATES: Readonly<Record<string, LogHealth>> = {
  sound: fakeLogHealth(),
  unread: fakeLogHealth({
    ...{ state: 'unknown', checkpoint: null, size: 0 },
    reading: { checked: 0, size: 0, lastWhole: null, problem: 'Error' },
  }),
  broken: fakeLogHealth({
    ...{ state: 'broken', gaps: 2, closed: 'Records have not been put in order for 70 s.' },
    findings: (['changed', 'missing', 'tile', 'root'] as const).map((kind, index) => ({
      ...{ kind, index, foundAt: '2026-11-25T08:00:00.000Z' },
      receipt: kind === 'changed' ? `imr_${'0'.repeat(26)}` : null,
    })),
    orphans: [{ receipt: `imr_${'1'.repeat(26)}`, tenant: 'default', at: '2026-11-25T08:00:00.000Z' }],
  }),
};

describe('the health of the log', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    const name = `${view.language}-${view.theme}-${view.width}`;
    test(`has nothing to complain of in any state: ${name}`, async () => {
      let state = STATES['sound'] ?? fakeLogHealth();
      const seen = await runner.open(await runner.serve({ logHealth: async () => state }), view);
      for (const [what, health] of Object.entries(STATES)) {
        state = health;
        await seen.page.goto(`${seen.admin.address}/log-health`);
        await seen.page.locator('.panels').waitFor();
        await keepPicture(seen.page, `log-health-${what}-${name}`);
        await assertSound(seen, `${what} ${name}`);
      }
    });
  }
});

async function untilProven(of: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await audit.records.find(of);
    if (found?.proof !== undefined && found.outcomeProof !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('the record does not enter the log');
}
