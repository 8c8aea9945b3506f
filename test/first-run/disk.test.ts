// The disk of the data folder is full, or turns read-only: defined answers within 2 s, nothing at the engine that is not
// on record, and once there is room it goes on by itself.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { attachEmbeddedPostgres } from '../../control-plane/database/attached-postgres.ts';
import { ask, LAUNCH, ProductFolder, type RunningProduct } from './product.ts';
import { makeSmallDisk, NO_DISK, type SmallDisk } from './small-disk.ts';

/** Of the promise of 2 s; the rest is what a busy machine adds to a timer. What it adds to a way there and back is measured. */
const REFUSED_WITHIN_MS = 2_600;
const RECOVERY_MS = 60_000;
const DISK_MB = 192;

const tools = mkdtempSync(join(tmpdir(), 'intramuros-disk-engine-'));
const journal = join(tools, 'journal');
const server = join(tools, 'recording-server');
const script = fileURLToPath(new URL('recording-engine.ts', import.meta.url));
writeFileSync(journal, '');
writeFileSync(server, `#!/bin/sh\nexec "${process.execPath}" "${script}" --journal "${journal}" "$@"\n`);
chmodSync(server, 0o755);

after(() => rmSync(tools, { recursive: true, force: true }));

interface OnDisk {
  readonly disk: SmallDisk;
  readonly product: ProductFolder;
  readonly running: RunningProduct;
  readonly key: string;
}

async function startOnDisk(work: (scene: OnDisk) => Promise<void>): Promise<void> {
  const disk = makeSmallDisk(DISK_MB);
  const product = new ProductFolder({
    INTRAMUROS_DATA: join(disk.path, 'data'),
    INTRAMUROS_LLAMA_SERVER: server,
    INTRAMUROS_REQUESTS_PER_MINUTE: '1000000',
  });
  try {
    const running = await product.start();
    const key = await product.intramuros('key', 'create', 'disk');
    await work({ disk, product, running, key });
  } finally {
    try {
      product.remove();
    } catch {
      // a disk that is read-only keeps its folder: it goes with the disk
    }
    disk.remove();
  }
}

interface Answer {
  /** Stands in the request, and so in the engine's journal if the engine saw it. */
  readonly word: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly tookMs: number;
  /** What an answer takes that needs nothing. */
  readonly lagMs: number;
}

async function askOnce({ running, key }: OnDisk): Promise<Answer> {
  const word = `w${randomBytes(6).toString('hex')}`;
  const body = {
    model: 'clinical-extraction',
    messages: [{ role: 'user', content: `note ${word}` }],
    response_format: { type: 'text' },
  };
  const idleAtMs = performance.now();
  await fetch(`${running.gateway}/absent`).then((answer) => answer.text());
  const beganAtMs = performance.now();
  const response = await ask(running.gateway, key, body);
  const { error } = (await response.json()) as { error?: { code: string } };
  return {
    word,
    status: response.status,
    code: error?.code,
    tookMs: performance.now() - beganAtMs,
    lagMs: beganAtMs - idleAtMs,
  };
}

/** Asks until a request is refused, and then for a while longer. */
async function askUntilRefused(scene: OnDisk, more: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  const endAtMs = performance.now() + 120_000;
  while (!answers.some(({ status }) => status !== 200)) {
    answers.push(...(await Promise.all(Array.from({ length: 8 }, () => askOnce(scene)))));
    assert.ok(performance.now() < endAtMs, 'the full disk was never felt');
  }
  for (let index = 0; index < more; index++) answers.push(await askOnce(scene));
  return answers;
}

function assertDefined(answers: readonly Answer[]): void {
  const seen = readFileSync(journal, 'utf8');
  const times = answers.flatMap(({ status, tookMs }) => (status === 503 ? tookMs : [])).toSorted((a, b) => a - b);
  const longest = times.at(-1) ?? 0;
  const lagMs = Math.max(...answers.map((answer) => answer.lagMs));
  assert.ok(
    longest - 3 * lagMs < REFUSED_WITHIN_MS,
    `refused after ${Math.round(longest)} ms, lag ${Math.round(lagMs)} ms`,
  );
  for (const { word, status, code } of answers) {
    assert.ok(status === 200 || (status === 503 && code === 'audit_unavailable'), `${status} ${code}`);
    assert.equal(seen.includes(word), status === 200, `${status}: the engine must have seen it, or not`);
  }
}

async function recovers(scene: OnDisk): Promise<void> {
  const endAtMs = performance.now() + RECOVERY_MS;
  for (;;) {
    const { status, code } = await askOnce(scene);
    if (status === 200) return;
    assert.equal(`${status} ${code}`, '503 audit_unavailable');
    assert.ok(performance.now() < endAtMs, 'it did not come back by itself');
    await delay(500);
  }
}

test('a full disk: 503 audit_unavailable within 2 s, nothing at the engine, and it goes on once there is room', {
  skip: NO_DISK,
}, async () => {
  await startOnDisk(async (scene) => {
    const { disk, product, running } = scene;
    assert.equal((await askOnce(scene)).status, 200);
    disk.fill();
    const first = await askUntilRefused(scene, 5);
    assertDefined(first);
    disk.free();
    await recovers(scene);

    // The harder way: no room for the next segment of its log, which makes PostgreSQL end itself.
    disk.fill();
    await needNewSegment(product.environment['INTRAMUROS_DATA'] ?? '');
    const second = await askUntilRefused(scene, 5);
    assertDefined(second);
    disk.free();
    await recovers(scene);
    assert.equal(running.child.exitCode, null, 'the same process all the time');

    const bundle = join(tools, 'bundle');
    await product.intramuros('audit', 'export', '--out', bundle);
    assert.match(
      await product.intramuros('audit', 'verify', bundle, '--key', join(bundle, 'log-key.pub')),
      /^verified: /,
    );
    const records = spawnSync('grep', ['-rhoac', '"kind":"intent"', join(bundle, 'tile/entries')], {
      encoding: 'utf8',
    });
    assert.equal(records.status, 0);
    const ended = await product.stop(running);
    assert.equal(ended.code, 0);
    assert.deepEqual(product.leftOver(), []);
  });
});

async function needNewSegment(dataFolder: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    try {
      const client = new Client({ connectionString: await attachEmbeddedPostgres(dataFolder), query_timeout: 5_000 });
      client.on('error', () => {});
      await client.connect();
      try {
        await client.query(`SELECT pg_logical_emit_message(true, 'x', repeat('y', 1000)), pg_switch_wal()`);
      } finally {
        await client.end().catch(() => {});
      }
    } catch {
      return; // it has ended itself
    }
  }
  assert.fail('it always found room for another segment');
}

test('a disk that turns read-only under way: 503 audit_unavailable within 2 s, and the product ends when told to', {
  skip: NO_DISK,
}, async () => {
  await startOnDisk(async (scene) => {
    assert.equal((await askOnce(scene)).status, 200);
    scene.disk.failReadOnly();
    const answers = await askUntilRefused(scene, 5);
    assertDefined(answers);
    assert.equal(scene.running.child.exitCode, null, scene.running.logged().slice(-3000));
    const ended = await scene.product.stop(scene.running);
    assert.ok(ended.tookMs < 30_000);
    assert.deepEqual(scene.product.leftOver(), []);
  });
});

test('a read-only data folder is refused at the start, with what to do', { skip: NO_DISK }, () => {
  const disk = makeSmallDisk(16);
  try {
    const folder = join(disk.path, 'data');
    mkdirSync(folder);
    disk.failReadOnly();
    for (const path of [folder, join(disk.path, 'new')]) {
      const { status, stderr } = spawnSync(process.execPath, [LAUNCH, 'serve'], {
        env: {
          PATH: process.env['PATH'] ?? '',
          INTRAMUROS_DATA: path,
          INTRAMUROS_PORT: '0',
          INTRAMUROS_GATEWAY_PORT: '0',
        },
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 1, stderr);
      assert.match(
        stderr,
        /INTRAMUROS_DATA: The data folder .* is read-only \(EROFS\)\. Mount its file system for writing/,
      );
    }
  } finally {
    disk.remove();
  }
});
