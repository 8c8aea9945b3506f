// The first run as a newcomer has it: the product in one process tree on an empty folder, asked over HTTP.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { REPOSITORY } from '../house/sources.ts';

const LAUNCH = join(REPOSITORY, 'control-plane/launch.js');
const FIRST_ANSWER_MS = 30_000;
const STOP_MS = 15_000;

const folder = mkdtempSync(join(tmpdir(), 'intramuros-first-run-'));
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  INTRAMUROS_DATA: folder,
  INTRAMUROS_PORT: '0',
  INTRAMUROS_GATEWAY_PORT: '0',
};
const started = new Set<ChildProcess>();

after(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Product {
  readonly child: ChildProcess;
  readonly gateway: string;
  readonly admin: string;
  readonly printed: string;
}

async function start(): Promise<Product> {
  const child = spawn(process.execPath, [LAUNCH, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  started.add(child);
  let printed = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    printed += chunk.toString();
    const ready = /^ready (\S+) (\S+)$/m.exec(printed);
    if (ready !== null) return { child, admin: ready[1] ?? '', gateway: ready[2] ?? '', printed };
  }
  throw new Error('it ended before it was ready');
}

async function stop({ child }: Product): Promise<{ code: number | null; tookMs: number }> {
  const beganAtMs = performance.now();
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  const code = await ended;
  started.delete(child);
  return { code, tookMs: performance.now() - beganAtMs };
}

function intramuros(...words: string[]): string {
  return execFileSync(process.execPath, [LAUNCH, ...words], { env: environment, encoding: 'utf8' }).trim();
}

/** Processes whose command line names the folder, or that serve from it. */
function leftOver(): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(folder));
}

function report(): { name: string; text: string } {
  const name = `${'BCDFGLMNPRST'.charAt(randomInt(12))}${['avier', 'orval', 'assin', 'uvret'][randomInt(4)]}${randomInt(2) ? 'e' : ''}`;
  const text = `Mme ${name}, née le ${randomInt(10, 28)}/0${randomInt(1, 9)}/19${randomInt(40, 99)}, est admise pour dyspnée.`;
  return { name, text };
}

test('an empty folder becomes a product that answers, records, stops cleanly and starts again with its data', async () => {
  const beganAtMs = performance.now();
  const first = await start();
  assert.match(first.printed, /^first password of account admin, shown this once: \S{12,}$/m);
  for (const address of [first.admin, first.gateway]) assert.equal((await fetch(`${address}/readyz`)).status, 200);

  const key = intramuros('key', 'create', 'first-run');
  assert.match(key, /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/);
  const { name, text } = report();
  const body = { model: 'clinical-extraction', messages: [{ role: 'user', content: text }] };
  const ask = (address: string) =>
    fetch(`${address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const answer = await ask(first.gateway);
  assert.equal(answer.status, 200);
  assert.ok(performance.now() - beganAtMs < FIRST_ANSWER_MS);
  const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
  const extracted = JSON.parse(choices[0]?.message.content ?? '') as object;
  const schema = JSON.parse(
    readFileSync(join(REPOSITORY, 'control-plane/models/clinical-extraction.schema.json'), 'utf8'),
  ) as { properties: object };
  assert.deepEqual(Object.keys(extracted), Object.keys(schema.properties), 'in the order of the schema');

  const receipt = answer.headers.get('x-intramuros-receipt') ?? '';
  assert.match(receipt, /^imr_[0-9A-HJKMNP-TV-Z]{26}$/);
  const requestFile = join(folder, 'request.json');
  writeFileSync(requestFile, JSON.stringify(body));
  const seen = intramuros('redact', '--request', requestFile, '--key', key);
  assert.match(seen, /<PERSON_1[a-z]{2}>/);
  assert.ok(!seen.includes(name));
  assert.match(intramuros('audit', 'match', receipt, '--text', requestFile), /request\.digest/);

  const bundle = join(folder, 'bundle');
  intramuros('audit', 'export', '--out', bundle);
  const keptKey = join(folder, 'kept.pub');
  copyFileSync(join(bundle, 'log-key.pub'), keptKey);
  const verdict = intramuros('audit', 'verify', bundle, '--key', keptKey);
  assert.match(verdict, /^verified: /);
  assert.doesNotMatch(verdict, /does not know/);
  const entries = readdirSync(join(bundle, 'tile/entries'), { recursive: true, encoding: 'utf8' }).at(-1) ?? '';
  const tampered = join(bundle, 'tile/entries', entries);
  const bytes = readFileSync(tampered);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(tampered, bytes);
  assert.throws(
    () => intramuros('audit', 'verify', bundle, '--key', keptKey),
    (error: { status: number; stdout: string }) => error.status === 1 && /first bad record: 0/.test(error.stdout),
  );

  // A second start on the same folder says who has it, and leaves the first alone.
  assert.throws(
    () => execFileSync(process.execPath, [LAUNCH, 'serve'], { env: environment, stdio: 'pipe' }),
    (error: { status: number; stderr: Buffer }) =>
      error.status === 1 && /in use by process \d+/.test(error.stderr.toString()),
  );

  const ended = await stop(first);
  assert.equal(ended.code, 0);
  assert.ok(ended.tookMs < STOP_MS);
  assert.deepEqual(leftOver(), []);
  assert.ok(!existsSync(join(folder, 'admin.json')));

  const second = await start();
  assert.doesNotMatch(second.printed, /first password/);
  assert.equal((await ask(second.gateway)).status, 200, 'the key of the first run holds');
  await stop(second);
});
