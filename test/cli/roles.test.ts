// Roles as processes of their own: joined to a running product, and refused in words where something is missing.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startTemporaryDatabase } from '../database/temporary-database.ts';
import { ask, LAUNCH, ProductFolder } from '../first-run/product.ts';

const product = new ProductFolder();
after(() => product.remove());

interface Started {
  readonly child: ChildProcess;
  /** The word behind `ready `, or undefined when it ended before. */
  readonly ready: string | undefined;
  readonly logged: string;
  readonly code: number | null;
}

async function start(role: string, environment: Readonly<Record<string, string>>): Promise<Started> {
  const child = spawn(process.execPath, [LAUNCH, 'serve', '--role', role], {
    env: { ...product.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let logged = '';
  child.stderr.on('data', (chunk: Buffer) => {
    logged += chunk.toString();
  });
  let printed = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    printed += chunk.toString();
    const ready = /^ready (\S+)/m.exec(printed)?.[1];
    if (ready !== undefined) return { child, ready, logged, code: null };
  }
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('exit', resolve)));
  return { child, ready: undefined, logged, code };
}

async function stop({ child }: Started): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}

test('a gateway and a sequencer join a running product by its data folder, serve with it, and end cleanly', async () => {
  const running = await product.start();
  const key = await product.intramuros('key', 'create', 'joined');
  const gateway = await start('gateway', {});
  const sequencer = await start('sequencer', {});
  assert.equal(sequencer.ready, 'sequencer', sequencer.logged);
  assert.notEqual(gateway.ready, running.gateway);
  const policies = () => product.intramuros('get', 'privacypolicies');
  while (!/internal.* 2\/2/.test(await policies())) await delay(50);
  const answer = await ask(gateway.ready ?? '', key, {
    model: 'clinical-extraction',
    messages: [{ role: 'user', content: 'Patient de 60 ans.' }],
    max_tokens: 8,
  });
  assert.equal(answer.status, 200, await answer.text());
  const receipt = answer.headers.get('x-intramuros-receipt') ?? '';
  assert.match(await product.intramuros('audit', 'prove', receipt), /c2sp.org\/tlog-proof@v1/);

  const bundle = join(product.path, 'bundle');
  assert.equal(await stop(gateway), 0);
  assert.match(await policies(), /internal.* 1\/1/, 'a gateway that ends leaves the count');
  assert.equal(await stop(sequencer), 0);
  await product.intramuros('audit', 'export', '--out', bundle);
  const report = JSON.parse(
    await product.intramuros('audit', 'verify', bundle, '--key', join(bundle, 'log-key.pub'), '-o', 'json'),
  ) as { ok: boolean; producers: { id: string }[] };
  assert.equal(report.ok, true);
  assert.deepEqual(report.producers.map(({ id }) => id.replace(/-[0-9a-f]{8}$/, '')).toSorted(), [
    'all',
    'gateway',
    'sequencer',
  ]);
  await product.stop(running);
});

test('a role without a database, without keys or with other keys is refused, with what it needs', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'intramuros-role-'));
  const database = await startTemporaryDatabase();
  try {
    const alone = await start('gateway', { INTRAMUROS_DATA: empty });
    assert.equal(alone.code, 1);
    assert.match(alone.logged, /DATABASE_URL is not set.*Set DATABASE_URL/s);
    const url = { DATABASE_URL: database.server.url };
    const keyless = await start('sequencer', { ...url, INTRAMUROS_DATA: empty });
    assert.equal(keyless.code, 1);
    assert.match(keyless.logged, /sealing-key is missing.*INTRAMUROS_DATA/s);
    await database.pool.query('SELECT 1');
    // Keys of another installation, on a database that has a log already.
    const own = await start('admin', { ...url, INTRAMUROS_DATA: empty });
    assert.ok(own.ready);
    const sequencer = await start('sequencer', { ...url, INTRAMUROS_DATA: empty });
    assert.equal(sequencer.ready, 'sequencer');
    await untilSigned(database);
    assert.equal(await stop(sequencer), 0);
    const foreign = await start('sequencer', { ...url, INTRAMUROS_DATA: product.path });
    assert.equal(foreign.code, 1);
    assert.match(foreign.logged, /another key/);
    assert.equal(await stop(own), 0);
  } finally {
    await database.stop();
    rmSync(empty, { recursive: true, force: true });
  }
});

async function untilSigned({ pool }: { pool: { query: (sql: string) => Promise<{ rowCount: number | null }> } }) {
  const deadline = performance.now() + 20_000;
  while ((await pool.query('SELECT 1 FROM audit_checkpoint LIMIT 1')).rowCount !== 1) {
    assert.ok(performance.now() < deadline, 'no checkpoint was signed');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
